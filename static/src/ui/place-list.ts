// The places that a name may mean, below the field it is typed in: as one types, a moment after the
// last letter. Enter takes the first; arrows and Enter, or a click, another.

import type { NamedPlace } from "../page/place-search.ts";
import { h, setText } from "./dom.ts";
import { peopleText } from "./fleet-words.ts";
import { words } from "../words/words.ts";

const DEBOUNCE_MS = 250;
const LEAST_LETTERS = 2;

export interface PlaceListHost {
  find(text: string): Promise<NamedPlace[]>;
  onGo(place: NamedPlace): void;
  /** Something is to be said, or nothing any more. */
  onNote(text: string): void;
}

export class PlaceList {
  readonly element = h("ul", { class: "place-list", "aria-label": words.placeSearch.results, hidden: "" });
  #host: PlaceListHost;
  #text = "";
  #found: readonly NamedPlace[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: PlaceListHost) {
    this.#host = host;
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Looks for what is typed; empty looks for nothing. */
  search(text: string): void {
    clearTimeout(this.#timer);
    this.#text = text.trim();
    this.#show([]);
    if (this.#text.length >= LEAST_LETTERS) this.#timer = setTimeout(() => void this.#find(false), DEBOUNCE_MS);
  }

  /** Goes to the first that fits, as soon as it is known. */
  async goToFirst(text: string): Promise<void> {
    clearTimeout(this.#timer);
    this.#text = text.trim();
    if (this.#text !== "") await this.#find(true);
  }

  /** Brings the keyboard to the first of them. */
  focus(): void {
    this.element.querySelector("button")?.focus();
  }

  async #find(goes: boolean): Promise<void> {
    const text = this.#text;
    this.#host.onNote(words.placeSearch.searching);
    const found = await this.#host.find(text).catch(() => []);
    if (text !== this.#text) return;
    this.#host.onNote(found.length === 0 ? words.placeSearch.none : "");
    const [first] = found;
    if (goes && first !== undefined) this.#go(first);
    else this.#show(found);
  }

  #show(found: readonly NamedPlace[]): void {
    this.#found = found;
    this.element.hidden = found.length === 0;
    this.element.replaceChildren(...found.map((place, i) => this.#line(place, i)));
  }

  #line(place: NamedPlace, i: number): HTMLElement {
    const people = h("span", { class: "muted" });
    setText(people, place.population > 0 ? peopleText(place.population) : "");
    const button = h("button", { type: "button", class: "place-line", "data-place": String(i) }, h("span", {}, place.name), " ", people);
    button.addEventListener("click", () => this.#go(place));
    return h("li", {}, button);
  }

  #go(place: NamedPlace): void {
    this.#show([]);
    this.#host.onGo(place);
  }

  #key(event: KeyboardEvent): void {
    const at = Number((event.target as HTMLElement).dataset["place"] ?? NaN);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || Number.isNaN(at)) return;
    event.preventDefault();
    const to = Math.min(this.#found.length - 1, Math.max(0, at + step));
    this.element.querySelectorAll("button")[to]?.focus();
  }
}
