// The wall's clock, with its zone, by the server's time. It moves each second, which also proves
// that the page itself is not frozen. Before the server has told the time there is none: a machine
// without a battery believes anything after a power cut.

import { setText } from "./dom.ts";
import { clockText, dayText, zoneText } from "./words.ts";

export class Clock {
  #time: HTMLElement;
  #zone: HTMLElement;

  constructor(time: HTMLElement, zone: HTMLElement) {
    this.#time = time;
    this.#zone = zone;
  }

  /** For as long as nobody knows what time it is. */
  unset(text: string): void {
    setText(this.#time, text);
    setText(this.#zone, "");
  }

  tick(nowMs: number): void {
    setText(this.#time, clockText(nowMs));
    setText(this.#zone, `${dayText(nowMs)} · ${zoneText(nowMs)}`);
  }
}
