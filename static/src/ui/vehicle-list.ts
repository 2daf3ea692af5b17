// The list of vehicles: only the rows in view exist, so that 10,000 cost as much as thirty. It is
// a listbox steered from the search field: the field keeps the focus, arrows move the mark, Enter
// selects.

import type { Store } from "../page/store.ts";
import { h, setText } from "./dom.ts";
import { stateIcon } from "./icons.ts";
import { ageText, speedText, stateWords } from "./words.ts";
import { FRESHNESSES, MOVING } from "../codes.ts";

const ROW_PX = 52;
const ROWS_BEYOND = 6;

interface RowElement {
  root: HTMLElement;
  icon: SVGElement;
  iconKey: string;
  name: HTMLElement;
  age: HTMLElement;
  state: HTMLElement;
  registration: HTMLElement;
}

export interface ListEvents {
  onSelect(row: number): void;
}

export class VehicleList {
  #store: Store;
  #scroller: HTMLElement;
  #body: HTMLElement;
  #field: HTMLInputElement;
  #events: ListEvents;
  #elements: RowElement[] = [];
  /** Place in the order that the keyboard's mark is at; -1 is none. */
  #mark = -1;
  #markedId: string | undefined;
  #selectedId: string | undefined;

  constructor(store: Store, scroller: HTMLElement, field: HTMLInputElement, events: ListEvents) {
    this.#store = store;
    this.#scroller = scroller;
    this.#field = field;
    this.#events = events;
    this.#body = h("div", { class: "list-body", role: "presentation" });
    scroller.append(this.#body);
    scroller.addEventListener("scroll", () => this.render(), { passive: true });
    new ResizeObserver(() => this.render()).observe(scroller);
    this.#body.addEventListener("click", (event) => this.#click(event));
    field.addEventListener("keydown", (event) => this.#key(event));
  }

  select(id: string | undefined): void {
    this.#selectedId = id;
    this.render();
  }

  /** Takes the store's new order. */
  update(): void {
    this.#mark = this.#markedId === undefined ? -1 : this.#placeOf(this.#markedId);
    this.render();
  }

  clearMark(): void {
    this.#mark = -1;
    this.#markedId = undefined;
    this.#scroller.scrollTop = 0;
  }

  /** Draws the rows in view, ages included. */
  render(): void {
    const { order } = this.#store;
    const heightPx = this.#scroller.clientHeight;
    this.#body.style.height = `${order.length * ROW_PX}px`;
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / ROW_PX) - ROWS_BEYOND);
    const end = Math.min(order.length, Math.ceil((this.#scroller.scrollTop + heightPx) / ROW_PX) + ROWS_BEYOND);
    while (this.#elements.length < end - first) this.#elements.push(this.#createRow());
    this.#elements.forEach((element, i) => {
      const place = first + i;
      element.root.hidden = place >= end;
      if (place < end) this.#fillRow(element, place);
    });
    this.#announceMark(first, end);
  }

  #fillRow(element: RowElement, place: number): void {
    const { table, order } = this.#store;
    const row = order[place]!;
    const id = table.ids[row];
    const motion = table.motion(row);
    const freshness = table.freshness(row);
    const { root } = element;
    root.style.transform = `translateY(${place * ROW_PX}px)`;
    root.id = `vehicle-option-${place}`;
    root.dataset["place"] = String(place);
    root.dataset["freshness"] = FRESHNESSES[freshness] ?? "never";
    root.setAttribute("aria-posinset", String(place + 1));
    root.setAttribute("aria-setsize", String(order.length));
    root.setAttribute("aria-selected", String(id !== undefined && id === this.#selectedId));
    root.classList.toggle("is-marked", place === this.#mark);
    const iconKey = `${motion}/${freshness}`;
    if (element.iconKey !== iconKey) {
      const icon = stateIcon(motion, freshness);
      element.icon.replaceWith(icon);
      element.icon = icon;
      element.iconKey = iconKey;
    }
    const name = table.names[row] ?? "";
    const registration = table.registrations[row] ?? "";
    setText(element.name, name);
    setText(element.registration, registration === name ? "" : registration);
    setText(element.state, this.#stateText(row, motion, freshness));
    const fixedAtMs = table.fixedAtMs(row);
    setText(element.age, Number.isNaN(fixedAtMs) ? "" : ageText(this.#store.serverNowMs() - fixedAtMs));
  }

  #stateText(row: number, motion: number, freshness: number): string {
    const words = stateWords(motion, freshness);
    const speedMps = this.#store.table.speedMps(row);
    const showsSpeed = motion === MOVING && freshness === 0 && !Number.isNaN(speedMps);
    return showsSpeed ? `${words} · ${speedText(speedMps)}` : words;
  }

  #createRow(): RowElement {
    const icon = stateIcon(4, 4);
    const name = h("span", { class: "row-name" });
    const age = h("span", { class: "row-age" });
    const state = h("span", { class: "row-state" });
    const registration = h("span", { class: "row-registration" });
    const root = h("div", { class: "row", role: "option" }, icon, name, age, state, registration);
    this.#body.append(root);
    return { root, icon, iconKey: "", name, age, state, registration };
  }

  #click(event: MouseEvent): void {
    const place = Number((event.target as Element).closest<HTMLElement>(".row")?.dataset["place"] ?? NaN);
    if (Number.isNaN(place)) return;
    this.#markPlace(place);
    this.#selectMarked();
  }

  #key(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.#scroller.clientHeight / ROW_PX) - 1);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = steps[event.key];
    if (step !== undefined) {
      this.#markPlace(Math.min(this.#store.order.length - 1, Math.max(0, this.#mark + step)));
    } else if (event.key === "Enter" && this.#store.order.length > 0) {
      if (this.#mark < 0) this.#markPlace(0);
      this.#selectMarked();
    } else {
      return;
    }
    event.preventDefault();
  }

  #markPlace(place: number): void {
    this.#mark = place;
    this.#markedId = this.#store.table.ids[this.#store.order[place] ?? -1];
    const topPx = place * ROW_PX;
    const scroller = this.#scroller;
    if (topPx < scroller.scrollTop) scroller.scrollTop = topPx;
    const overPx = topPx + ROW_PX - (scroller.scrollTop + scroller.clientHeight);
    if (overPx > 0) scroller.scrollTop += overPx;
    this.render();
  }

  #selectMarked(): void {
    const row = this.#store.order[this.#mark];
    if (row !== undefined) this.#events.onSelect(row);
  }

  #announceMark(first: number, end: number): void {
    if (this.#mark >= first && this.#mark < end) {
      this.#field.setAttribute("aria-activedescendant", `vehicle-option-${this.#mark}`);
    } else {
      this.#field.removeAttribute("aria-activedescendant");
    }
  }

  #placeOf(id: string): number {
    const row = this.#store.table.row(id);
    return row === undefined ? -1 : this.#store.order.indexOf(row);
  }
}
