// The list of vehicles: only the rows in view exist, so that 10,000 cost as much as thirty. It is
// a listbox steered from the search field: the field keeps the focus, arrows move the mark, Enter
// selects.

import { h, setText } from "./dom.ts";
import { stateIcon } from "./icons.ts";
import type { ListRows, ListedVehicle } from "./list-rows.ts";
import { setMarked } from "./marks.ts";
import { ageText, durationText, foundInText, speedText, stateWords } from "./words.ts";
import { FRESHNESSES, LATE, LIVE, MOVING } from "../codes.ts";

const ROW_PX = 52;
const ROWS_BEYOND = 6;

interface RowElement {
  root: HTMLElement;
  icon: SVGElement;
  iconKey: string;
  name: HTMLElement;
  age: HTMLElement;
  state: HTMLElement;
  found: HTMLElement;
  registration: HTMLElement;
}

export interface ListEvents {
  onSelect(vehicle: ListedVehicle): void;
}

export class VehicleList {
  #rows: ListRows;
  #nowMs: () => number;
  #scroller: HTMLElement;
  #body: HTMLElement;
  #field: HTMLInputElement;
  #events: ListEvents;
  #elements: RowElement[] = [];
  /** Place in the order that the keyboard's mark is at; -1 is none. */
  #mark = -1;
  #markedId: string | undefined;
  #selectedId: string | undefined;
  #typed = "";

  /** `nowMs` is the server's time. */
  constructor(rows: ListRows, nowMs: () => number, scroller: HTMLElement, field: HTMLInputElement, events: ListEvents) {
    this.#rows = rows;
    this.#nowMs = nowMs;
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

  get length(): number {
    return this.#rows.length;
  }

  select(id: string | undefined): void {
    this.#selectedId = id;
    this.render();
  }

  /** What is searched for, to be marked. */
  setTyped(typed: string): void {
    this.#typed = typed;
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
    const heightPx = this.#scroller.clientHeight;
    this.#body.style.height = `${length * ROW_PX}px`;
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / ROW_PX) - ROWS_BEYOND);
    const end = Math.min(length, Math.ceil((this.#scroller.scrollTop + heightPx) / ROW_PX) + ROWS_BEYOND);
    while (this.#elements.length < end - first) this.#elements.push(this.#createRow());
    this.#elements.forEach((element, i) => {
      const place = first + i;
      element.root.hidden = place >= end;
      if (place < end) this.#fillRow(element, place);
    });
    this.#announceMark(first, end);
    this.#rows.reach(first, end);
  }

  #fillRow(element: RowElement, place: number): void {
    const vehicle = this.#rows.at(place);
    const { root } = element;
    root.hidden = vehicle === null;
    if (vehicle === null) return;
    const { id, name, registration, motion, freshness, fixedAtMs, isFeedDown } = vehicle;
    root.style.transform = `translateY(${place * ROW_PX}px)`;
    root.id = `vehicle-option-${place}`;
    root.dataset["place"] = String(place);
    root.dataset["freshness"] = FRESHNESSES[freshness] ?? "never";
    root.setAttribute("aria-posinset", String(place + 1));
    root.setAttribute("aria-setsize", String(this.#rows.length));
    root.setAttribute("aria-selected", String(id === this.#selectedId));
    root.classList.toggle("is-marked", place === this.#mark);
    const iconKey = `${motion}/${freshness}/${isFeedDown}`;
    if (element.iconKey !== iconKey) {
      const icon = stateIcon(motion, freshness, isFeedDown);
      element.icon.replaceWith(icon);
      element.icon = icon;
      element.iconKey = iconKey;
    }
    setMarked(element.name, name, this.#typed);
    setMarked(element.registration, registration === name ? "" : registration, this.#typed);
    setText(element.state, stateText(vehicle, this.#nowMs()));
    setText(element.age, Number.isNaN(fixedAtMs) ? "" : ageText(this.#nowMs() - fixedAtMs));
    this.#fillFound(element, place);
  }

  /** Why it was found, in place of its state, which the picture beside it says too. */
  #fillFound({ found, state }: RowElement, place: number): void {
    const foundIn = this.#typed === "" ? null : this.#rows.foundIn(place);
    found.hidden = foundIn === null;
    state.classList.toggle("visually-hidden", foundIn !== null);
    if (foundIn !== null) setMarked(found, foundInText(foundIn), this.#typed);
  }

  #createRow(): RowElement {
    const icon = stateIcon(4, 4);
    const name = h("span", { class: "row-name" });
    const age = h("span", { class: "row-age" });
    const state = h("span", { class: "row-state" });
    const found = h("span", { class: "row-found", hidden: "" });
    const registration = h("span", { class: "row-registration" });
    const root = h("div", { class: "row", role: "option" }, icon, name, age, state, found, registration);
    this.#body.append(root);
    return { root, icon, iconKey: "", name, age, state, found, registration };
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
      this.#markPlace(Math.min(this.#rows.length - 1, Math.max(0, this.#mark + step)));
    } else if (event.key === "Enter" && this.#rows.length > 0) {
      if (this.#mark < 0) this.#markPlace(0);
      this.#selectMarked();
    } else {
      return;
    }
    event.preventDefault();
  }

  #markPlace(place: number): void {
    this.#mark = place;
    this.#markedId = this.#rows.at(place)?.id;
    const topPx = place * ROW_PX;
    const scroller = this.#scroller;
    if (topPx < scroller.scrollTop) scroller.scrollTop = topPx;
    const overPx = topPx + ROW_PX - (scroller.scrollTop + scroller.clientHeight);
    if (overPx > 0) scroller.scrollTop += overPx;
    this.render();
  }

  #selectMarked(): void {
    const vehicle = this.#rows.at(this.#mark);
    if (vehicle !== null) this.#events.onSelect(vehicle);
  }

  #announceMark(first: number, end: number): void {
    if (this.#mark >= first && this.#mark < end) {
      this.#field.setAttribute("aria-activedescendant", `vehicle-option-${this.#mark}`);
    } else {
      this.#field.removeAttribute("aria-activedescendant");
    }
  }
}

/** "Stopped 2 h 10", "Moving 12 min · 63 km/h". Of one that is silent nobody knows for how long. */
function stateText({ motion, freshness, speedMps, isFeedDown, since }: ListedVehicle, nowMs: number): string {
  const words = stateWords(motion, freshness, isFeedDown);
  if (isFeedDown || (freshness !== LIVE && freshness !== LATE)) return words;
  const duration = since === null ? "" : durationText(nowMs - since.sinceMs, since.isAtLeast);
  const lasting = duration === "" ? words : `${words} ${duration}`;
  const showsSpeed = motion === MOVING && freshness === LIVE && !Number.isNaN(speedMps);
  return showsSpeed ? `${lasting} · ${speedText(speedMps)}` : lasting;
}
