// How many vehicles are in each state, on the wall. The desk has its own, which filters:
// `glance.ts`.

import { STANDINGS } from "../codes.ts";
import type { Standing, StandingCounts } from "../codes.ts";
import { h, setText } from "./dom.ts";
import { standingIcon } from "./icons.ts";
import { numberText } from "./words.ts";
import { words } from "../words/words.ts";

/** States that are only worth a place while they occur. */
const ONLY_IF_ANY = new Set<Standing>(["parked", "unknown", "never", "off_duty", "idling"]);

export class Counts {
  #items = new Map<Standing, { item: HTMLElement; number: HTMLElement }>();

  constructor(list: HTMLElement, named: Record<Standing, string> = words.standing) {
    for (const standing of STANDINGS) {
      const number = h("span", { class: "count-number" }, "0");
      const word = h("span", { class: "count-word" }, named[standing]);
      const item = h("li", {}, h("span", { class: "count" }, standingIcon(standing), number, word));
      item.dataset["standing"] = standing;
      list.append(item);
      this.#items.set(standing, { item, number });
    }
  }

  show(counts: StandingCounts): void {
    for (const [standing, { item, number }] of this.#items) {
      setText(number, numberText(counts[standing]));
      item.hidden = counts[standing] === 0 && ONLY_IF_ANY.has(standing);
      item.classList.toggle("is-zero", counts[standing] === 0);
    }
  }
}
