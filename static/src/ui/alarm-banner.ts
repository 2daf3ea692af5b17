// The worst open alarm that nobody took note of, large; for screens that are looked at from afar.
// Whoever mounts it calls `show` with all open alarms, each second and whenever they change. With a
// sound it sounds as well.

import { inOrder, isWaiting } from "../page/alarm-order.ts";
import type { AlarmObject } from "../protocol.ts";
import { severityIcon } from "./alarm-icons.ts";
import type { AlarmSound } from "./alarm-sound.ts";
import { detailText, subjectText, timeText } from "./alarm-words.ts";
import { h, setText } from "./dom.ts";
import { words } from "../words/words.ts";

export class AlarmBanner {
  readonly element = h("div", { class: "alarm-banner", hidden: "" });
  #sound: AlarmSound | null;
  #icon = h("span", { class: "alarm-banner-icon" });
  #title = h("p", { class: "alarm-banner-title" });
  #text = h("p", { class: "alarm-banner-text" });
  #more = h("p", { class: "alarm-banner-more" });
  /** Only what is new is read out, not each second of it. */
  #spoken = h("p", { class: "visually-hidden", role: "alert" });
  #shownId: string | null = null;

  constructor(sound: AlarmSound | null) {
    this.#sound = sound;
    this.element.append(this.#icon, h("div", { class: "alarm-banner-body", "aria-hidden": "true" }, this.#title, this.#text), this.#more, this.#spoken);
  }

  show(alarms: readonly AlarmObject[], nowMs: number): void {
    this.#sound?.tick(alarms, nowMs);
    const waiting = inOrder(alarms.filter(isWaiting));
    const [worst] = waiting;
    this.element.hidden = worst === undefined;
    if (worst === undefined) {
      this.#shownId = null;
      return;
    }
    this.element.dataset["severity"] = worst.severity;
    setText(this.#title, [worst.rule.name, subjectText(worst)].filter((part) => part !== "").join(" · "));
    setText(this.#text, [detailText(worst), timeText(worst, nowMs)].filter((part) => part !== "").join(" · "));
    setText(this.#more, waiting.length > 1 ? `+${waiting.length - 1}` : "");
    if (worst.id === this.#shownId) return;
    this.#shownId = worst.id;
    this.#icon.replaceChildren(severityIcon(worst.severity));
    setText(this.#spoken, worst.severity === "alarm" ? `${words.severity.alarm}: ${this.#title.textContent}` : "");
  }
}
