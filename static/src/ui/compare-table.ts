// Several vehicles side by side: what each does, how old that is, and how far they are from each
// other. It is built anew only where it is about others, so that what is focused stays so.

import { distanceM } from "../map/great-circle.ts";
import { h, setText } from "./dom.ts";
import { comparedText } from "./fleet-words.ts";
import type { ListedVehicle } from "./list-rows.ts";
import { cellText } from "./list-words.ts";
import { distanceText } from "./words.ts";
import { words } from "../words/words.ts";

/** More stand beside each other on no screen. */
export const MOST_COMPARED = 8;

const LINES = ["state", "age", "speed", "driver"] as const;

export class CompareTable {
  readonly element = h("section", { class: "several-card card", "aria-label": words.compare.title, hidden: "" });
  #note = h("p", { class: "muted" });
  #place = h("div", { class: "several-scroll", tabindex: "0", role: "group", "aria-label": words.compare.title });
  #onOpen: (id: string) => void;
  #key = "";
  #cells: HTMLElement[][] = [];
  #heads: HTMLElement[][] = [];

  constructor(onOpen: (id: string) => void, onClose: () => void) {
    this.#onOpen = onOpen;
    const close = h("button", { type: "button", class: "close", "aria-label": words.compare.close }, "×");
    close.addEventListener("click", onClose);
    this.element.append(h("div", { class: "several-head" }, h("h2", {}, words.compare.title), this.#note, close), this.#place);
  }

  /** Shows these; a vehicle of which nothing is known has its name alone. */
  show(ids: readonly string[], nameOf: (id: string) => string, vehicleOf: (id: string) => ListedVehicle | null, nowMs: number): void {
    const shown = ids.slice(0, MOST_COMPARED);
    if (this.#key !== shown.join("\n")) this.#build(shown);
    setText(this.#note, comparedText(shown.length, ids.length));
    const vehicles = shown.map(vehicleOf);
    shown.forEach((id, i) => {
      for (const head of this.#heads[i]!) setText(head, head.dataset["to"] === undefined ? nameOf(id) : words.compare.to(nameOf(id)));
      const vehicle = vehicles[i] ?? null;
      const texts = LINES.map((line) => (vehicle === null ? "" : cellText(line, vehicle, nowMs, false)));
      const distances = vehicles.map((other) => distanceBetween(vehicle, other));
      [...texts, ...distances].forEach((text, line) => setText(this.#cells[line]![i]!, text || words.compare.unknown));
    });
  }

  #build(ids: readonly string[]): void {
    this.#key = ids.join("\n");
    const names = ids.map((id) => {
      const button = h("button", { type: "button", class: "several-name" });
      button.addEventListener("click", () => this.#onOpen(id));
      return button;
    });
    const tos = ids.map(() => h("th", { scope: "row", "data-to": "" }));
    this.#heads = ids.map((_, i) => [names[i]!, tos[i]!]);
    const lineHeads = [...LINES.map((line) => h("th", { scope: "row" }, words.compare[line])), ...tos];
    this.#cells = lineHeads.map(() => ids.map(() => h("td")));
    const head = h("tr", {}, h("td"), ...names.map((name) => h("th", { scope: "col" }, name)));
    const lines = lineHeads.map((lineHead, line) => h("tr", {}, lineHead, ...this.#cells[line]!));
    this.#place.replaceChildren(h("table", { class: "several-table" }, h("thead", {}, head), h("tbody", {}, ...lines)));
  }
}

/** Empty where one has no place; "0 m" of one to itself says nothing. */
function distanceBetween(a: ListedVehicle | null, b: ListedVehicle | null): string {
  if (a === null || b === null || a.id === b.id || a.lngLatDeg === null || b.lngLatDeg === null) return "";
  return distanceText(distanceM(a.lngLatDeg, b.lngLatDeg));
}
