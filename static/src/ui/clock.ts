// The wall's clock, with its zone, by the server's time. It moves each second, which also proves
// that the page itself is not frozen. Before the server has told the time there is none: a machine
// without a battery believes anything after a power cut.

import { h, setText } from "./dom.ts";
import { clockText, dayText, zoneText } from "./words.ts";

export class Clock {
  #time: HTMLElement;
  #day = h("span", { class: "clock-day" });
  #zone = h("span");

  constructor(time: HTMLElement, zone: HTMLElement) {
    this.#time = time;
    zone.replaceChildren(this.#day, this.#zone);
  }

  /** For as long as nobody knows what time it is. */
  unset(text: string): void {
    setText(this.#time, text);
    for (const part of [this.#day, this.#zone]) setText(part, "");
  }

  tick(nowMs: number): void {
    setText(this.#time, clockText(nowMs));
    setText(this.#day, `${dayText(nowMs)} · `);
    setText(this.#zone, zoneText(nowMs));
  }
}
