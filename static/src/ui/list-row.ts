// One row of the list: a card of two lines for the usual columns, or a line of a table for others.
// It is made once and filled anew as the list is scrolled.

import type { FoundIn } from "../live/search.ts";
import type { Column } from "../page/column-choice.ts";
import { h, setText } from "./dom.ts";
import type { Severity } from "../protocol.ts";
import { severityIcon } from "./alarm-icons.ts";
import { markText } from "./alarm-words.ts";
import { stateIcon } from "./icons.ts";
import type { ListedVehicle } from "./list-rows.ts";
import { cellText } from "./list-words.ts";
import { setMarked } from "./marks.ts";
import { foundInText } from "./words.ts";
import { words } from "../words/words.ts";
import { FRESHNESSES } from "../codes.ts";

/** In which what is typed is marked. */
const SEARCHED = new Set<Column>(["name", "registration", "driver", "group", "address"]);

export interface RowLook {
  /** Its place in the list, from 0. */
  place: number;
  heightPx: number;
  typed: string;
  foundIn: FoundIn;
  nowMs: number;
  isOpen: boolean;
  isChosen: boolean;
  isMarked: boolean;
  /** Of its worst open alarm; null where there is none. */
  alarm: Severity | null;
  /** Which cell the keyboard is at; -1 is the whole row. */
  markedCell: number;
}

export class RowElement {
  readonly root: HTMLElement;
  #icon = stateIcon(4, 4);
  #iconKey = "";
  #columns: readonly Column[];
  #isTable: boolean;
  #cells: { cell: HTMLElement; text: HTMLElement }[];
  #found = h("span", { class: "row-found", hidden: "" });
  #alarm = h("span", { class: "row-alarm", hidden: "" });

  constructor(columns: readonly Column[], isTable: boolean) {
    this.#columns = columns;
    this.#isTable = isTable;
    this.#cells = columns.map((column, i) => {
      const text = h("span", { class: `row-${column}` });
      const cell = h("div", { class: "cell", role: "gridcell", "aria-colindex": String(i + 1), "data-column": column }, text);
      if (column === "name") cell.prepend(this.#icon);
      if (column === "name") cell.append(this.#alarm);
      if (column === "state") cell.append(this.#found);
      if (column === "age") cell.append(h("span", { class: "visually-hidden" }, ` ${words.list.old}`));
      return { cell, text };
    });
    this.root = h("div", { class: isTable ? "row is-line" : "row", role: "row" }, ...this.#cells.map(({ cell }) => cell));
  }

  /** Shows a vehicle, or nothing where it left a moment ago. */
  fill(vehicle: ListedVehicle | null, look: RowLook): void {
    const { root } = this;
    root.hidden = vehicle === null;
    if (vehicle === null) return;
    const { place } = look;
    root.style.transform = `translateY(${place * look.heightPx}px)`;
    root.id = rowId(place);
    root.dataset["place"] = String(place);
    root.dataset["freshness"] = FRESHNESSES[vehicle.freshness] ?? "never";
    // The line of the heads is the first.
    root.setAttribute("aria-rowindex", String(place + 2));
    root.setAttribute("aria-selected", String(look.isOpen || look.isChosen));
    root.classList.toggle("is-open", look.isOpen);
    root.classList.toggle("is-chosen", look.isChosen);
    root.classList.toggle("is-marked", look.isMarked && look.markedCell < 0);
    this.#fillIcon(vehicle);
    this.#fillAlarm(look.alarm);
    this.#columns.forEach((column, i) => this.#fillCell(column, i, vehicle, look));
    this.#fillFound(look);
  }

  #fillCell(column: Column, i: number, vehicle: ListedVehicle, { place, typed, nowMs, isMarked, markedCell }: RowLook): void {
    const { cell, text } = this.#cells[i]!;
    cell.id = cellId(place, i);
    cell.classList.toggle("is-marked", isMarked && markedCell === i);
    const said = cellText(column, vehicle, nowMs, !this.#columns.includes("speed"));
    // On a card it would be said twice.
    const isTwice = column === "registration" && !this.#isTable && said === vehicle.name;
    if (SEARCHED.has(column)) setMarked(text, isTwice ? "" : said, typed);
    else setText(text, said);
    if (this.#isTable && cell.title !== said) cell.title = said;
  }

  #fillIcon({ motion, freshness, isFeedDown }: ListedVehicle): void {
    const key = `${motion}/${freshness}/${isFeedDown}`;
    if (this.#iconKey === key) return;
    this.#iconKey = key;
    const icon = stateIcon(motion, freshness, isFeedDown);
    this.#icon.replaceWith(icon);
    this.#icon = icon;
  }

  #fillAlarm(alarm: Severity | null): void {
    if ((this.#alarm.dataset["severity"] ?? "") === (alarm ?? "")) return;
    this.#alarm.dataset["severity"] = alarm ?? "";
    this.#alarm.hidden = alarm === null;
    this.#alarm.replaceChildren(...(alarm === null ? [] : [severityIcon(alarm), h("span", { class: "visually-hidden" }, markText(alarm))]));
  }

  /** Why it was found, in place of its state, which the picture beside it says too. */
  #fillFound({ typed, foundIn }: RowLook): void {
    const state = this.#cells[this.#columns.indexOf("state")];
    if (state === undefined) return;
    const isShown = typed !== "" && foundIn !== null && !this.#isTable;
    this.#found.hidden = !isShown;
    state.text.classList.toggle("visually-hidden", isShown);
    if (isShown) setMarked(this.#found, foundInText(foundIn), typed);
  }
}

export function rowId(place: number): string {
  return `vehicle-option-${place}`;
}

export function cellId(place: number, column: number): string {
  return `vehicle-cell-${place}-${column}`;
}
