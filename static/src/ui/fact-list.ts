// A list of named facts that is brought up to date in place: a fact that did not change is not
// touched, so that text can be selected and read out while data flows in.

import { words } from "../words/words.ts";
import { h, setText } from "./dom.ts";

export interface FactContent {
  label: string;
  value: string;
  /** Where and when from, in small type. */
  note?: string;
  title?: string;
  /** It may be so no more. */
  isOld?: boolean;
  /** Stands out, as the one that counts. */
  isMarked?: boolean;
}

export class FactList {
  readonly element = h("dl", { class: "facts" });
  #facts = new Map<string, { term: HTMLElement; value: HTMLElement; note: HTMLElement; body: HTMLElement }>();

  /** Shows exactly these facts, in this order. */
  show(facts: Map<string, FactContent>): void {
    for (const [key, { term, body }] of this.#facts) {
      if (facts.has(key)) continue;
      term.remove();
      body.remove();
      this.#facts.delete(key);
    }
    for (const [key, content] of facts) this.#put(key, content);
  }

  #put(key: string, content: FactContent): void {
    let fact = this.#facts.get(key);
    if (fact === undefined) {
      const value = h("span", { class: "fact-value" });
      const note = h("span", { class: "fact-note" });
      fact = { term: h("dt"), value, note, body: h("dd", {}, value, note) };
      this.#facts.set(key, fact);
      this.element.append(fact.term, fact.body);
    }
    setText(fact.term, content.label);
    setText(fact.value, content.value);
    setText(fact.note, content.note ?? "");
    fact.term.classList.toggle("is-marked", content.isMarked === true);
    fact.term.dataset["mark"] = words.why.onMap;
    fact.body.classList.toggle("is-old", content.isOld === true);
    if (content.title === undefined) fact.body.removeAttribute("title");
    else if (fact.body.title !== content.title) fact.body.title = content.title;
  }
}
