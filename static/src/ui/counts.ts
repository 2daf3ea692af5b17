// How many vehicles are in each state. On the desk each count is also a filter of the list.

import { FRESHNESSES, MOTIONS, STANDINGS } from "../codes.ts";
import type { Standing, StandingCounts } from "../codes.ts";
import { h, setText } from "./dom.ts";
import { stateIcon } from "./icons.ts";
import { STANDING_WORDS, numberText } from "./words.ts";

/** States that are only worth a place while they occur. */
const ONLY_IF_ANY = new Set<Standing>(["parked", "unknown", "never", "off_duty", "idling"]);

export class Counts {
  #items = new Map<Standing, { item: HTMLElement; number: HTMLElement }>();

  /** `onToggle` makes each count a filter; it is given the standings that are on. */
  constructor(list: HTMLElement, onToggle?: (standings: Standing[]) => void) {
    const on = new Set<Standing>();
    for (const standing of STANDINGS) {
      const number = h("span", { class: "count-number" }, "0");
      const word = h("span", { class: "count-word" }, STANDING_WORDS[standing]);
      const content = [standingIcon(standing), number, word];
      const inner = onToggle
        ? h("button", { type: "button", class: "count", "aria-pressed": "false" }, ...content)
        : h("span", { class: "count" }, ...content);
      inner.addEventListener("click", () => {
        if (!onToggle) return;
        if (!on.delete(standing)) on.add(standing);
        inner.setAttribute("aria-pressed", String(on.has(standing)));
        onToggle([...on]);
      });
      const item = h("li", {}, inner);
      item.dataset["standing"] = standing;
      list.append(item);
      this.#items.set(standing, { item, number });
    }
  }

  show(counts: StandingCounts): void {
    for (const [standing, { item, number }] of this.#items) {
      setText(number, numberText(counts[standing]));
      const isPressed = item.firstElementChild?.getAttribute("aria-pressed") === "true";
      item.hidden = counts[standing] === 0 && ONLY_IF_ANY.has(standing) && !isPressed;
      item.classList.toggle("is-zero", counts[standing] === 0);
    }
  }
}

export function standingIcon(standing: Standing): SVGSVGElement {
  if (standing === "overdue") return stateIcon(MOTIONS.indexOf("unknown"), FRESHNESSES.indexOf("stale"));
  if (standing === "never") return stateIcon(MOTIONS.indexOf("unknown"), FRESHNESSES.indexOf("never"));
  if (standing === "off_duty") return stateIcon(MOTIONS.indexOf("unknown"), FRESHNESSES.indexOf("off_duty"));
  return stateIcon(MOTIONS.indexOf(standing), FRESHNESSES.indexOf("live"));
}
