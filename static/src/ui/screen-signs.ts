// Says whether this very screen is live: a small badge always, and over the map a veil that can be
// read from across the room once the screen is dead.

import type { Store } from "../page/store.ts";
import { setText } from "./dom.ts";
import { badgeText, sinceText, zonedClockText } from "./words.ts";
import { words } from "../words/words.ts";

export class ScreenSigns {
  #store: Store;
  #badge: HTMLElement;
  #veil: HTMLElement;
  #veilSince: HTMLElement;

  constructor(store: Store, badge: HTMLElement, veil: HTMLElement) {
    this.#store = store;
    this.#badge = badge;
    this.#veil = veil;
    this.#veilSince = veil.querySelector(".veil-since") ?? veil;
  }

  tick(): void {
    const state = this.#store.screen();
    document.documentElement.dataset["screen"] = state;
    setText(this.#badge, badgeText(this.#store.status, state, document.documentElement.dataset["time"] === "past"));
    setText(this.#veilSince, this.#sinceText());
    this.#veil.hidden = state !== "dead";
  }

  #sinceText(): string {
    const lastMs = this.#store.lastFrameServerMs;
    if (lastMs === null) return words.screen.waitingForServer;
    const isToday = new Date(lastMs).toDateString() === new Date(this.#store.serverNowMs()).toDateString();
    const time = isToday ? zonedClockText(lastMs) : sinceText(lastMs, this.#store.serverNowMs());
    return words.screen.lastData(time);
  }
}
