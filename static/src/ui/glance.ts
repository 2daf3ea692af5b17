// The fleet at a glance: a small block for each state, with how many are in it, that is a filter of
// the list at the same time. What vehicles do and what needs a look are two questions, each with a
// row of blocks: within a row any of those that are on fits, and both rows must fit.

import { ATTENTIONS } from "../codes.ts";
import type { Attention, AttentionCounts, Standing, StandingCounts } from "../codes.ts";
import { h, setText } from "./dom.ts";
import { attentionIcon, standingIcon } from "./icons.ts";
import { numberText } from "./words.ts";
import { words } from "../words/words.ts";

const DOING: readonly Standing[] = ["moving", "idling", "stopped", "parked"];
/** States that are only worth a place while they occur. */
const NOTHING_KNOWN: readonly Standing[] = ["unknown", "never", "off_duty"];
/** The others are what is looked for first. */
const SMALL = new Set<Standing | Attention>([...NOTHING_KNOWN, "late", "stale", "offline", "diverging"]);

export class Glance {
  #doing: Row<Standing>;
  #attention: Row<Attention>;
  /** Goes on with the first one. */
  #nothingKnown: Row<Standing>;

  /** `onFilter` is given what is on: of what vehicles do, and of what needs a look. */
  constructor(root: HTMLElement, onFilter: (standings: Standing[], attention: Attention[]) => void) {
    const tell = () => onFilter([...this.#doing.chosen, ...this.#nothingKnown.chosen], this.#attention.chosen);
    const lookOf = (standing: Standing) => ({ icon: standingIcon(standing), word: words.standing[standing] });
    this.#doing = new Row(DOING, words.glance.doing, lookOf, tell);
    this.#attention = new Row(ATTENTIONS, words.glance.attention, (one) => ({ icon: attentionIcon(one), word: words.attention[one] }), tell);
    this.#nothingKnown = new Row(NOTHING_KNOWN, words.glance.nothingKnown, lookOf, tell);
    this.#attention.list.classList.add("is-attention");
    this.#nothingKnown.list.classList.add("is-line");
    root.append(this.#doing.list, this.#attention.list, this.#nothingKnown.list);
  }

  /** Presses what was not pressed here, and tells nobody. */
  press(standings: readonly string[], attention: readonly Attention[]): void {
    this.#doing.press(standings);
    this.#nothingKnown.press(standings);
    this.#attention.press(attention);
  }

  /** What is absent of `attention` is not known, and not shown. */
  show(counts: StandingCounts, attention: Partial<AttentionCounts>): void {
    this.#doing.show((standing) => counts[standing]);
    this.#attention.show((one) => attention[one]);
    this.#nothingKnown.show((standing) => counts[standing], true);
  }
}

interface Block {
  item: HTMLElement;
  button: HTMLElement;
  number: HTMLElement;
}

class Row<Key extends Standing | Attention> {
  readonly list = h("ul", { class: "blocks" });
  #blocks = new Map<Key, Block>();
  #on = new Set<Key>();

  constructor(keys: readonly Key[], label: string, look: (key: Key) => { icon: SVGElement; word: string }, onToggle: () => void) {
    this.list.setAttribute("aria-label", label);
    for (const key of keys) {
      const { icon, word } = look(key);
      const number = h("span", { class: "block-number" }, "0");
      const button = h("button", { type: "button", class: "block", "aria-pressed": "false" }, icon, number, h("span", { class: "block-word" }, word));
      const item = h("li", { "data-standing": key, ...(SMALL.has(key) && { class: "is-small" }) }, button);
      button.addEventListener("click", () => {
        if (!this.#on.delete(key)) this.#on.add(key);
        button.setAttribute("aria-pressed", String(this.#on.has(key)));
        onToggle();
      });
      this.list.append(item);
      this.#blocks.set(key, { item, button, number });
    }
  }

  get chosen(): Key[] {
    return [...this.#on];
  }

  press(keys: readonly string[]): void {
    for (const [key, { button }] of this.#blocks) {
      if (keys.includes(key)) this.#on.add(key);
      else this.#on.delete(key);
      button.setAttribute("aria-pressed", String(this.#on.has(key)));
    }
  }

  /** A block of which nothing is known is not shown, unless it is on: then it can still be taken off. */
  show(countOf: (key: Key) => number | undefined, isOnlyIfAny = false): void {
    for (const [key, { item, number }] of this.#blocks) {
      const count = countOf(key);
      setText(number, count === undefined ? words.glance.unknownCount : numberText(count));
      item.hidden = !this.#on.has(key) && (count === undefined || (isOnlyIfAny && count === 0));
      item.classList.toggle("is-zero", (count ?? 0) === 0);
    }
    this.list.hidden = [...this.#blocks.values()].every(({ item }) => item.hidden);
  }
}
