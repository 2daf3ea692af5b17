// Chooses what somebody may see: all vehicles or those of some groups, and which facts are hidden.

import { h } from "../ui/dom.ts";
import type { Fact, Sight } from "./model.ts";
import { uniqueId } from "./parts.ts";
import { FACTS } from "./words.ts";
import { words } from "../words/words.ts";

export class SightEditor {
  readonly element: HTMLElement;
  #all: HTMLInputElement;
  #groups = new Map<string, HTMLInputElement>();
  #facts = new Map<Fact, HTMLInputElement>();

  /** `groups` are those there are; a group that is chosen already stays on offer when it is gone. */
  constructor(groups: readonly string[], sight: Sight = { groups: "all" }) {
    const chosen = sight.groups === "all" ? [] : sight.groups;
    const name = uniqueId("sight");
    this.#all = h("input", { type: "radio", name });
    const some = h("input", { type: "radio", name });
    this.#all.checked = sight.groups === "all";
    some.checked = !this.#all.checked;
    const offered = [...new Set([...groups, ...chosen])].sort((a, b) => a.localeCompare(b));
    const boxes = offered.map((group) => checkBox(group, chosen.includes(group), (box) => this.#groups.set(group, box)));
    const list = h("div", { class: "choices indented" }, ...(boxes.length === 0 ? [h("p", { class: "note" }, words.sight.noGroups)] : boxes));
    const follow = () => (list.hidden = this.#all.checked);
    for (const radio of [this.#all, some]) radio.addEventListener("change", follow);
    follow();
    const hidden = FACTS.map((fact) => checkBox(words.sightFacts[fact], sight.hide?.includes(fact) === true, (box) => this.#facts.set(fact, box)));
    this.element = h(
      "div",
      { class: "sight" },
      h("fieldset", {}, h("legend", {}, words.access.sees), choice(this.#all, words.sight.all), choice(some, words.sight.onlyGroups), list),
      h("fieldset", {}, h("legend", {}, words.sight.hide), h("div", { class: "choices in-row" }, ...hidden)),
    );
  }

  get sight(): Sight {
    const hide = [...this.#facts].filter(([, box]) => box.checked).map(([fact]) => fact);
    const groups = [...this.#groups].filter(([, box]) => box.checked).map(([group]) => group);
    return { groups: this.#all.checked ? "all" : groups, hide };
  }

  /** Whether it lets nothing be seen at all, which is hardly meant. */
  get isEmpty(): boolean {
    const { groups } = this.sight;
    return groups !== "all" && groups.length === 0;
  }
}

function checkBox(text: string, isChecked: boolean, keep: (box: HTMLInputElement) => void): HTMLElement {
  const box = h("input", { type: "checkbox" });
  box.checked = isChecked;
  keep(box);
  return choice(box, text);
}

function choice(input: HTMLInputElement, text: string): HTMLElement {
  return h("label", { class: "choice" }, input, h("span", {}, text));
}
