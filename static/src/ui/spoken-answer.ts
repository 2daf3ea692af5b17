// Has a text read out where it answers somebody. A number that changes by itself stands on the page
// for whoever wants it; read out each time it would leave no word between.

import { h, setText } from "./dom.ts";

const ANSWERED_WITHIN_MS = 3_000;
/** A reader that goes through the page would else meet it twice. */
const GONE_AFTER_MS = 8_000;

export class SpokenAnswer {
  readonly element = h("span", { class: "visually-hidden", role: "status" });
  #untilMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Somebody asked: what is shown next answers that. */
  asked(): void {
    this.#untilMs = performance.now() + ANSWERED_WITHIN_MS;
  }

  /** What stands there now; read out only where it answers. */
  show(text: string): void {
    if (performance.now() < this.#untilMs) this.say(text);
  }

  say(text: string): void {
    setText(this.element, text);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => setText(this.element, ""), GONE_AFTER_MS);
  }
}
