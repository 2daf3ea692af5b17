// What a display can be told from a desk. How it is told is not known here: whoever hears it calls
// `obey` of `wall-map.ts`.

import { setText } from "../ui/dom.ts";

export type DisplayCommand =
  /** Scenes as `scene.ts` reads them, in place of all before. */
  | { do: "scenes"; scenes: unknown }
  | { do: "scene"; name: string }
  | { do: "dim"; pct: number }
  /** Large over the map, for so long: also its own name, so that it can be told from its neighbour. */
  | { do: "message"; text: string; forS: number }
  | { do: "reload" };

/** A few words over the map, which go by themselves. */
export class LargeMessage {
  #place: HTMLElement;
  #untilMs = -Infinity;

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  show(text: string, untilMs: number): void {
    this.#untilMs = untilMs;
    setText(this.#place, text);
    this.#place.hidden = text === "";
  }

  tick(nowMs: number): void {
    if (!this.#place.hidden && nowMs >= this.#untilMs) this.#place.hidden = true;
  }
}
