// Quiet hours in a form: from, to, on which days, in which zone, by its name.

import { DAYS } from "../page/rules.ts";
import type { Day, Quiet } from "../page/rules.ts";
import { h } from "./dom.ts";
import { Boxes, labelled, tickBox, uniqueId } from "./form-parts.ts";
import { words } from "../words/words.ts";

const FIRST = { from: "22:00", to: "06:00" };

export class QuietFields {
  readonly element = h("fieldset", { class: "setting" });
  #isOn: ReturnType<typeof tickBox>;
  #from = h("input", { type: "time" });
  #to = h("input", { type: "time" });
  #zone = h("input", { type: "text", autocomplete: "off", spellcheck: "false" });
  #days: Boxes;

  constructor(quiet: Quiet | undefined) {
    const own = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.#isOn = tickBox(words.rules.quiet, quiet !== undefined);
    this.#from.value = quiet?.from ?? FIRST.from;
    this.#to.value = quiet?.to ?? FIRST.to;
    this.#zone.value = quiet?.timezone ?? own;
    this.#days = new Boxes(words.rules.days, DAYS.map((day) => [day, words.days[day]] as const), quiet?.days ?? [], words.rules.daysNote);
    const zones = h("datalist", { id: uniqueId("zones") }, ...Intl.supportedValuesOf("timeZone").map((zone) => h("option", { value: zone })));
    this.#zone.setAttribute("list", zones.id);
    const more = h("div", { class: "quiet-more" }, h("div", { class: "side-pair" }, labelled(words.rules.from, this.#from), labelled(words.rules.to, this.#to)), this.#days.element, labelled(words.rules.zone, this.#zone), zones);
    const show = () => (more.hidden = !this.#isOn.input.checked);
    this.#isOn.input.addEventListener("change", show);
    this.element.append(h("legend", { class: "visually-hidden" }, words.rules.quiet), this.#isOn.element, more);
    show();
  }

  problem(): [string, HTMLElement] | null {
    if (!this.#isOn.input.checked) return null;
    if (this.#from.value === "" || this.#to.value === "" || this.#from.value === this.#to.value) return [words.rules.badTimes, this.#from];
    return isZone(this.#zone.value.trim()) ? null : [words.rules.badZone, this.#zone];
  }

  read(): Quiet | undefined {
    if (!this.#isOn.input.checked) return undefined;
    const days = this.#days.chosen as Day[];
    return { from: this.#from.value.slice(0, 5), to: this.#to.value.slice(0, 5), ...(days.length > 0 && { days }), timezone: this.#zone.value.trim() };
  }
}

function isZone(name: string): boolean {
  try {
    return name !== "" && new Intl.DateTimeFormat("en", { timeZone: name }) !== null;
  } catch {
    return false;
  }
}
