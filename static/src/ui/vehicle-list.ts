// The list of vehicles: only the rows in view exist, so that 100,000 cost as much as thirty. It is
// a grid, steered from the search field, which keeps the focus while arrows move the mark, or from
// itself, where the arrows go from cell to cell too (`list-keys.ts`).

import type { ListSort } from "../live/messages.ts";
import type { Column } from "../page/column-choice.ts";
import { lineKey } from "../words/direction.ts";
import { h } from "./dom.ts";
import { ListHead } from "./list-head.ts";
import type { ListOrder } from "./list-head.ts";
import { actOf } from "./list-keys.ts";
import type { ListAct } from "./list-keys.ts";
import { RowElement, cellId, rowId } from "./list-row.ts";
import type { Severity } from "../protocol.ts";
import type { ListRows, ListedVehicle } from "./list-rows.ts";

const CARD_PX = 52;
const LINE_PX = 34;
const HEAD_PX = 32;
const ROWS_BEYOND = 6;
/** A longer stretch is not chosen at once. */
const MOST_STRETCHED = 1_000;

export interface ListEvents {
  onSelect(vehicle: ListedVehicle): void;
  /** These are to be chosen too; `isToggle`: or no longer, where they are. */
  onChoose(ids: readonly string[], isToggle: boolean): void;
  /** All that are listed are to be chosen. */
  onChooseAll(): void;
  onSort(sort: ListSort): void;
}

export class VehicleList {
  #rows: ListRows;
  #nowMs: () => number;
  #scroller: HTMLElement;
  #body = h("div", { class: "list-body", role: "rowgroup" });
  #head: ListHead;
  #field: HTMLInputElement;
  #events: ListEvents;
  #elements: RowElement[] = [];
  #columns: readonly Column[] = [];
  #isTable = false;
  /** Place in the order that the keyboard's mark is at; -1 is none. */
  #mark = -1;
  #markedId: string | undefined;
  /** The cell of the marked row; -1 is all of it. */
  #cell = -1;
  /** Where choosing a stretch of rows begins. */
  #anchorId: string | undefined;
  #selectedId: string | undefined;
  #chosen: ReadonlySet<string> = new Set();
  #alarms: ReadonlyMap<string, Severity> = new Map();
  #typed = "";

  /** `nowMs` is the server's time. */
  constructor(rows: ListRows, nowMs: () => number, scroller: HTMLElement, field: HTMLInputElement, events: ListEvents) {
    this.#rows = rows;
    this.#nowMs = nowMs;
    this.#scroller = scroller;
    this.#field = field;
    this.#events = events;
    this.#head = new ListHead((sort) => events.onSort(sort));
    scroller.append(this.#head.element, this.#body);
    scroller.addEventListener("scroll", () => this.render(), { passive: true });
    new ResizeObserver(() => this.render()).observe(scroller);
    // Shift would mark text.
    this.#body.addEventListener("mousedown", (event) => {
      if (isMore(event)) event.preventDefault();
    });
    this.#body.addEventListener("click", (event) => this.#click(event));
    for (const element of [field, scroller]) element.addEventListener("keydown", (event) => this.#key(event));
  }

  get length(): number {
    return this.#rows.length;
  }

  select(id: string | undefined): void {
    this.#selectedId = id;
    this.render();
  }

  /** Marks those that are chosen together. */
  showChosen(chosen: ReadonlySet<string>): void {
    this.#chosen = chosen;
    this.render();
  }

  /** Marks those with an open alarm. */
  showAlarms(alarms: ReadonlyMap<string, Severity>): void {
    this.#alarms = alarms;
    this.render();
  }

  /** What is searched for, to be marked. */
  setTyped(typed: string): void {
    this.#typed = typed;
  }

  /** As cards of two lines, or as a table. */
  setColumns(columns: readonly Column[], isTable: boolean): void {
    this.#columns = columns;
    this.#isTable = isTable;
    this.#cell = -1;
    this.#elements = [];
    this.#body.replaceChildren();
    this.#head.setColumns(columns, isTable);
    this.#scroller.classList.toggle("is-table", isTable);
    this.#scroller.style.setProperty("--columns", columns.map((column) => `var(--col-${column})`).join(" "));
    this.#scroller.style.setProperty("--least", `calc(${columns.map((column) => `var(--least-${column})`).join(" + ")})`);
    this.#scroller.setAttribute("aria-colcount", String(columns.length));
    if (this.#mark >= 0) this.#markPlace(this.#mark);
    this.render();
  }

  setOrder(order: ListOrder): void {
    this.#head.setOrder(order);
  }

  /** Shows other rows from now on. */
  setRows(rows: ListRows): void {
    if (rows === this.#rows) return;
    this.#rows = rows;
    this.update();
  }

  /** Takes a new order of the rows. */
  update(): void {
    this.#mark = this.#markedId === undefined ? -1 : this.#rows.placeOf(this.#markedId);
    this.render();
  }

  clearMark(): void {
    this.#mark = -1;
    this.#markedId = undefined;
    this.#scroller.scrollTop = 0;
  }

  /** Draws the rows in view, ages included. */
  render(): void {
    const { length } = this.#rows;
    const rowPx = this.#rowPx;
    this.#body.style.height = `${length * rowPx}px`;
    this.#scroller.setAttribute("aria-rowcount", String(length + 1));
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / rowPx) - ROWS_BEYOND);
    const end = Math.min(length, Math.ceil((this.#scroller.scrollTop + this.#heightPx) / rowPx) + ROWS_BEYOND);
    while (this.#elements.length < end - first) this.#addRow();
    this.#elements.forEach((element, i) => {
      if (first + i < end) this.#fillRow(element, first + i);
      else element.root.hidden = true;
    });
    this.#announceMark(first, end);
    this.#rows.reach(first, end);
  }

  get #rowPx(): number {
    return this.#isTable ? LINE_PX : CARD_PX;
  }

  /** What is left for rows below the heads. */
  get #heightPx(): number {
    return this.#scroller.clientHeight - (this.#isTable ? HEAD_PX : 0);
  }

  #addRow(): void {
    const row = new RowElement(this.#columns, this.#isTable);
    this.#elements.push(row);
    this.#body.append(row.root);
  }

  #fillRow(element: RowElement, place: number): void {
    const vehicle = this.#rows.at(place);
    element.fill(vehicle, {
      place,
      heightPx: this.#rowPx,
      typed: this.#typed,
      foundIn: this.#rows.foundIn(place),
      nowMs: this.#nowMs(),
      isOpen: vehicle?.id === this.#selectedId,
      isChosen: vehicle !== null && this.#chosen.has(vehicle.id),
      isMarked: place === this.#mark,
      alarm: (vehicle !== null && this.#alarms.get(vehicle.id)) || null,
      markedCell: this.#cell,
    });
  }

  #click(event: MouseEvent): void {
    const place = Number((event.target as Element).closest<HTMLElement>(".row")?.dataset["place"] ?? NaN);
    if (Number.isNaN(place)) return;
    this.#cell = -1;
    if (event.shiftKey) this.#chooseTo(place);
    else {
      this.#markPlace(place);
      this.#anchorId = this.#markedId;
      if (isMore(event)) this.#toggleMarked();
      else this.#selectMarked();
    }
  }

  #key(event: KeyboardEvent): void {
    // The buttons of the heads are pressed as buttons.
    if (event.target !== this.#field && event.target !== this.#scroller) return;
    const { shiftKey, ctrlKey, metaKey, altKey } = event;
    const key = lineKey(event.key);
    const act = actOf({ key, shiftKey, ctrlKey, metaKey, altKey }, event.target === this.#field, Math.max(1, Math.floor(this.#heightPx / this.#rowPx) - 1));
    if (act === null || this.#rows.length === 0) return;
    event.preventDefault();
    this.#act(act);
  }

  #act(act: ListAct): void {
    const last = this.#rows.length - 1;
    switch (act.kind) {
      case "move": {
        const place = Math.min(last, Math.max(0, act.to === "first" ? 0 : act.to === "last" ? last : this.#mark + act.to));
        if (act.isStretching && this.#mark >= 0) this.#chooseTo(place);
        else {
          this.#markPlace(place);
          this.#anchorId = this.#markedId;
        }
        break;
      }
      case "cell":
        if (this.#mark < 0) this.#markPlace(0);
        this.#cell = Math.min(this.#columns.length - 1, Math.max(-1, this.#cell + act.step));
        this.render();
        this.#scrollToCell();
        break;
      case "select":
        if (this.#mark < 0) this.#markPlace(0);
        this.#selectMarked();
        break;
      case "toggle":
        if (this.#mark < 0) this.#markPlace(0);
        this.#toggleMarked();
        break;
      case "all":
        this.#events.onChooseAll();
        break;
    }
  }

  /** Chooses all from where the stretch begins to `place`, and goes there. */
  #chooseTo(place: number): void {
    const anchor = this.#anchorId === undefined ? -1 : this.#rows.placeOf(this.#anchorId);
    const from = anchor < 0 ? place : anchor;
    const ids: string[] = [];
    for (let at = from; ; at += Math.sign(place - from)) {
      const vehicle = this.#rows.at(at);
      if (vehicle !== null) ids.push(vehicle.id);
      if (at === place || ids.length === MOST_STRETCHED) break;
    }
    this.#markPlace(place);
    if (anchor < 0) this.#anchorId = this.#markedId;
    this.#events.onChoose(ids, ids.length === 1);
  }

  #toggleMarked(): void {
    this.#anchorId = this.#markedId;
    if (this.#markedId !== undefined) this.#events.onChoose([this.#markedId], true);
  }

  #markPlace(place: number): void {
    this.#mark = place;
    this.#markedId = this.#rows.at(place)?.id;
    const topPx = place * this.#rowPx;
    const scroller = this.#scroller;
    if (topPx < scroller.scrollTop) scroller.scrollTop = topPx;
    const overPx = topPx + this.#rowPx - (scroller.scrollTop + this.#heightPx);
    if (overPx > 0) scroller.scrollTop += overPx;
    this.render();
  }

  #scrollToCell(): void {
    if (this.#cell >= 0) document.getElementById(cellId(this.#mark, this.#cell))?.scrollIntoView({ block: "nearest", inline: "nearest" });
    else this.#scroller.scrollLeft = 0;
  }

  #selectMarked(): void {
    const vehicle = this.#rows.at(this.#mark);
    if (vehicle !== null) this.#events.onSelect(vehicle);
  }

  #announceMark(first: number, end: number): void {
    const id = this.#cell < 0 ? rowId(this.#mark) : cellId(this.#mark, this.#cell);
    for (const element of [this.#field, this.#scroller]) {
      if (this.#mark >= first && this.#mark < end) element.setAttribute("aria-activedescendant", id);
      else element.removeAttribute("aria-activedescendant");
    }
  }
}

function isMore({ shiftKey, ctrlKey, metaKey }: MouseEvent): boolean {
  return shiftKey || ctrlKey || metaKey;
}
