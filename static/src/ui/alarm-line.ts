// One alarm as a line of the feed: how bad, what, whom, where, since when, and what can be done.
// It is made once and brought up to date in place, so that a button keeps the focus.

import { isOver, isWaiting } from "../page/alarm-order.ts";
import type { AlarmObject } from "../protocol.ts";
import { severityIcon } from "./alarm-icons.ts";
import { acknowledgedText, detailText, subjectText, timeText } from "./alarm-words.ts";
import { h, setText } from "./dom.ts";
import { fullTimeText } from "./words.ts";
import { words } from "../words/words.ts";

export interface LineActs {
  mayAcknowledge(): boolean;
  onAcknowledge(id: string): void;
  onShow(alarm: AlarmObject): void;
}

export class AlarmLine {
  readonly element = h("li", { class: "alarm-line" });
  #alarm: AlarmObject;
  #acts: LineActs;
  #icon = h("span");
  #severity = "";
  #title = h("strong");
  #subject = h("button", { type: "button", class: "several-name", title: words.alarms.show });
  #detail = h("p", { class: "alarm-detail" });
  #time = h("time", { class: "muted" });
  #noted = h("span", { class: "muted" });
  #acknowledge = h("button", { type: "button", class: "bar-button alarm-acknowledge" }, words.alarms.acknowledge);

  constructor(alarm: AlarmObject, acts: LineActs) {
    this.#alarm = alarm;
    this.#acts = acts;
    this.element.dataset["id"] = alarm.id;
    const head = h("p", { class: "alarm-head" }, this.#title, " ", this.#subject);
    this.element.append(this.#icon, h("div", { class: "alarm-body" }, head, this.#detail, h("p", { class: "alarm-times" }, this.#time, this.#noted)), this.#acknowledge);
    this.#subject.addEventListener("click", () => acts.onShow(this.#alarm));
    this.#acknowledge.addEventListener("click", () => acts.onAcknowledge(this.#alarm.id));
  }

  show(alarm: AlarmObject, nowMs: number): void {
    this.#alarm = alarm;
    const { element } = this;
    element.dataset["severity"] = alarm.severity;
    element.classList.toggle("is-waiting", isWaiting(alarm));
    element.classList.toggle("is-over", isOver(alarm));
    if (this.#severity !== alarm.severity) {
      this.#severity = alarm.severity;
      this.#icon.replaceChildren(severityIcon(alarm.severity), h("span", { class: "visually-hidden" }, `${words.severity[alarm.severity]}:`));
    }
    const subject = subjectText(alarm);
    setText(this.#title, alarm.rule.name);
    setText(this.#subject, subject);
    this.#subject.disabled = alarm.vehicle === undefined && alarm.position === undefined;
    const kind = alarm.rule.name === words.alarmKinds[alarm.kind] ? "" : words.alarmKinds[alarm.kind];
    setText(this.#detail, [kind, detailText(alarm), alarm.quiet === true ? words.alarms.quiet : ""].filter((part) => part !== "").join("; "));
    setText(this.#time, timeText(alarm, nowMs));
    const full = fullTimeText(Date.parse(alarm.began_at));
    if (this.#time.title !== full) this.#time.title = full;
    const noted = acknowledgedText(alarm, nowMs);
    setText(this.#noted, noted === "" ? "" : ` · ${noted}`);
    this.#acknowledge.hidden = !isWaiting(alarm) || !this.#acts.mayAcknowledge();
    this.#acknowledge.setAttribute("aria-label", `${words.alarms.acknowledge}: ${alarm.rule.name}, ${subject}`);
  }
}
