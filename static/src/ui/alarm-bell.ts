// The bell in the bar: how many alarms wait, and the worst of them by form and colour. It also puts
// the number into the page's title, and has new alarms of the worst kind read out, several at once
// as one. It swings as they come and then hangs still: what swings for as long as an alarm is open has
// the browser draw its whole page sixty times a second, and nobody can read beside it.

import { isWaiting, worstOf } from "../page/alarm-order.ts";
import type { AlarmObject } from "../protocol.ts";
import { bellIcon, severityIcon } from "./alarm-icons.ts";
import { bellText, spokenText } from "./alarm-words.ts";
import { h, setText } from "./dom.ts";

const SPOKEN_EVERY_MS = 3_000;
const MOST_COUNTED = 99;
/** Of a page that opens all is new, and it has enough to draw. */
const STILL_FOR_MS = 5_000;
const SWING: Keyframe[] = [{ rotate: "0deg" }, { rotate: "-14deg", offset: 0.27 }, { rotate: "12deg", offset: 0.53 }, { rotate: "-6deg", offset: 0.77 }, { rotate: "0deg" }];
const SWINGS: KeyframeAnimationOptions = { duration: 800, easing: "ease-in-out", iterations: 3 };

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

export class AlarmBell {
  readonly button = h("button", { type: "button", class: "bell", "aria-keyshortcuts": "a", "aria-pressed": "false" });
  #picture = h("span", { class: "bell-picture" }, bellIcon());
  #count = h("span", { class: "bell-count", "aria-hidden": "true" });
  #spoken = h("p", { class: "visually-hidden", role: "alert" });
  #title = document.title;
  #worst = "";
  #known: Set<string> | null = null;
  #unspoken: AlarmObject[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(place: HTMLElement, onPress: () => void) {
    this.button.append(this.#picture, this.#count);
    this.button.addEventListener("click", onPress);
    place.append(this.button, this.#spoken);
    this.show([]);
    // Those that are open as the page opens are news, too.
    this.#known = new Set();
  }

  show(alarms: readonly AlarmObject[]): void {
    const waiting = alarms.filter(isWaiting);
    const worst = worstOf(waiting) ?? "";
    if (worst !== this.#worst) {
      this.#worst = worst;
      this.#picture.replaceChildren(worst === "" ? bellIcon() : severityIcon(worst as AlarmObject["severity"]));
    }
    this.button.dataset["severity"] = worst;
    setText(this.#count, waiting.length === 0 ? "" : waiting.length > MOST_COUNTED ? `${MOST_COUNTED}+` : String(waiting.length));
    const text = bellText(alarms);
    this.button.setAttribute("aria-label", text);
    this.button.title = text;
    const title = waiting.length === 0 ? this.#title : `(${waiting.length}) ${this.#title}`;
    if (document.title !== title) document.title = title;
    this.#speak(alarms);
  }

  #speak(alarms: readonly AlarmObject[]): void {
    if (this.#known === null) return;
    for (const alarm of alarms) if (!this.#known.has(alarm.id) && alarm.severity === "alarm" && alarm.quiet !== true && isWaiting(alarm)) this.#unspoken.push(alarm);
    this.#known = new Set(alarms.map(({ id }) => id));
    this.#speakNext();
  }

  /** The next ones wait a little, so that a shower of alarms is said in a few sentences. */
  #speakNext(): void {
    if (this.#unspoken.length === 0 || this.#timer !== undefined) return;
    setText(this.#spoken, spokenText(this.#unspoken.splice(0)));
    if (!reducedMotion.matches && performance.now() > STILL_FOR_MS) this.#picture.animate(SWING, SWINGS);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#speakNext();
    }, SPOKEN_EVERY_MS);
  }
}
