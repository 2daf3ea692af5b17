// The tab with the places: finding them, drawing new ones, changing and deleting them, import and
// export. Who may not change them only finds them.

import { fetchGroups } from "../access/list-page.ts";
import { EXPORT_PATH, boundsOf } from "../page/places.ts";
import type { Place, PlaceBook, Point, Shape } from "../page/places.ts";
import { newId } from "../page/kept-list.ts";
import { fold } from "../live/names.ts";
import { h, replaceLines, setText } from "./dom.ts";
import { barButton, buttonOf, say, troubleText } from "./form-parts.ts";
import type { PlaceDrawing } from "./place-drawing.ts";
import { PlaceForm } from "./place-form.ts";
import { firstText, reportText, shapeText, skippedText } from "./place-words.ts";
import { words } from "../words/words.ts";

const MOST_LINES = 100;
const MOST_SKIPPED = 20;
const FIRST_RADIUS_M = 200;

export interface PlacesHost {
  book: PlaceBook;
  mayChange(): boolean;
  drawing: PlaceDrawing;
  onShow(bounds: [Point, Point]): void;
  /** Drawn by the sketch, so not as a place; or none. */
  onEdit(id: string): void;
}

export class PlacesTab {
  readonly element = h("section", { class: "side-tab places-tab" });
  #host: PlacesHost;
  #search = h("input", { type: "search", id: "places-search", class: "side-search", placeholder: words.places.search, "aria-label": words.places.search, autocomplete: "off" });
  #list = h("ul", { class: "side-list" });
  #summary = h("p", { class: "muted", role: "status" });
  #note = h("p", { class: "side-note", role: "status" });
  #skipped = h("ul", { class: "side-skipped" });
  #main: HTMLElement;
  #acts: HTMLElement;
  #file = h("input", { type: "file", accept: ".geojson,.json,application/geo+json,application/json", class: "visually-hidden", tabindex: "-1", "aria-hidden": "true" });
  #form: PlaceForm | null = null;
  #askedId = "";

  constructor(host: PlacesHost) {
    this.#host = host;
    this.#acts = h(
      "div",
      { class: "side-row" },
      barButton(words.places.circle, () => void this.#draw({ kind: "circle", lat_deg: 0, lng_deg: 0, radius_m: FIRST_RADIUS_M })),
      barButton(words.places.polygon, () => void this.#draw({ kind: "polygon", rings: [] })),
      barButton(words.places.import, () => this.#file.click()),
    );
    this.#acts.lastElementChild!.setAttribute("title", words.places.importNote);
    const out = h("a", { class: "bar-button", href: EXPORT_PATH, download: "places.geojson" }, words.places.export);
    this.#main = h("div", { class: "side-main" }, this.#acts, this.#search, this.#summary, this.#note, this.#skipped, this.#list, h("div", { class: "side-row" }, out), this.#file);
    this.element.append(this.#main);
    this.#search.addEventListener("input", () => this.show());
    this.#file.addEventListener("change", () => {
      const [file] = this.#file.files ?? [];
      this.#file.value = "";
      if (file !== undefined) void this.#import(file);
    });
    this.#takeDrops();
    host.book.onChange(() => this.show());
  }

  get isEditing(): boolean {
    return this.#form !== null;
  }

  /** The tab is shown, so what others changed is to be. */
  async load(): Promise<void> {
    await this.#host.book.load().catch((error: unknown) => say(this.#note, troubleText(words.places.failed, error), true));
    this.show();
  }

  drawn(): void {
    this.#form?.show();
  }

  show(): void {
    const typed = fold(this.#search.value.trim());
    const found = this.#host.book.items.filter(({ name }) => typed === "" || fold(name).includes(typed)).sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
    const shown = found.slice(0, MOST_LINES);
    this.#acts.hidden = !this.#host.mayChange();
    setText(this.#summary, this.#host.book.items.length === 0 ? words.places.none : found.length === 0 ? words.places.noneFound : firstText(shown.length, found.length));
    replaceLines(this.#list, shown.map((place) => this.#line(place)));
  }

  /** Ends what is drawn; whether there was something. */
  cancel(): boolean {
    if (this.#form === null) return false;
    this.#endForm();
    return true;
  }

  #line(place: Place): HTMLElement {
    const name = h("button", { type: "button", class: "several-name" }, place.name);
    name.addEventListener("click", () => this.#host.onShow(boundsOf(place.shape)));
    const line = h("li", { class: "side-line" }, h("div", { class: "side-line-text" }, name, h("span", { class: "muted" }, shapeText(place))));
    if (!this.#host.mayChange()) return line;
    if (this.#askedId === place.id) line.append(h("span", {}, words.places.removeAsk), buttonOf(words.places.yes, place.name, () => void this.#remove(place)), buttonOf(words.places.cancel, place.name, () => this.#ask("", place.id)));
    else line.append(buttonOf(words.places.edit, place.name, () => void this.#edit(place)), buttonOf(words.places.remove, place.name, () => this.#ask(place.id, place.id)));
    line.dataset["id"] = place.id;
    return line;
  }

  #ask(id: string, lineId: string): void {
    this.#askedId = id;
    this.show();
    this.#list.querySelector<HTMLElement>(`[data-id="${CSS.escape(lineId)}"] .bar-button`)?.focus();
  }

  async #remove(place: Place): Promise<void> {
    this.#askedId = "";
    try {
      await this.#host.book.remove(place.id);
      say(this.#note, words.places.removed(place.name));
    } catch (error) {
      say(this.#note, troubleText(words.places.failed, error), true);
    }
    this.show();
    this.#search.focus();
  }

  #draw(shape: Shape): Promise<void> {
    return this.#edit({ id: newId("place"), name: "", shape });
  }

  async #edit(place: Place): Promise<void> {
    const isNew = place.name === "";
    const groups = await fetchGroups();
    const form = new PlaceForm(place, groups, this.#host.drawing, {
      onSave: async (changed) => {
        await this.#host.book.put(changed);
        this.#endForm();
        say(this.#note, words.places.saved(changed.name));
      },
      onCancel: () => this.#endForm(),
    });
    this.#form = form;
    this.#main.hidden = true;
    this.element.append(form.element);
    this.#host.onEdit(place.id);
    if (!isNew) this.#host.onShow(boundsOf(place.shape));
    form.focus();
  }

  #endForm(): void {
    this.#form?.element.remove();
    this.#form = null;
    this.#main.hidden = false;
    this.#host.drawing.stop();
    this.#host.onEdit("");
    if (!this.element.hidden) this.#search.focus();
  }

  #takeDrops(): void {
    const { element } = this;
    const mark = (isOver: boolean) => element.classList.toggle("is-dropping", isOver);
    element.dataset["drop"] = words.places.drop;
    element.addEventListener("dragover", (event) => {
      if (!this.#host.mayChange() || event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault();
      mark(true);
    });
    element.addEventListener("dragleave", () => mark(false));
    element.addEventListener("drop", (event) => {
      mark(false);
      const [file] = event.dataTransfer?.files ?? [];
      if (file === undefined || !this.#host.mayChange()) return;
      event.preventDefault();
      void this.#import(file);
    });
  }

  async #import(file: File): Promise<void> {
    this.#skipped.replaceChildren();
    say(this.#note, words.places.importing);
    const collection = collectionOf(await file.text().catch(() => ""));
    if (collection === null) return say(this.#note, words.places.notGeoJson, true);
    try {
      const report = await this.#host.book.import(collection);
      say(this.#note, reportText(report), report.skipped.length > 0);
      const more = report.skipped.length - MOST_SKIPPED;
      this.#skipped.replaceChildren(...report.skipped.slice(0, MOST_SKIPPED).map((one) => h("li", {}, skippedText(one))), ...(more > 0 ? [h("li", {}, words.places.andMore(more))] : []));
    } catch (error) {
      say(this.#note, troubleText(words.places.failed, error), true);
    }
  }
}

/** A file's GeoJSON as a collection; null where it is none. */
function collectionOf(text: string): object | null {
  try {
    const read = JSON.parse(text) as { type?: unknown } | null;
    if (read?.type === "FeatureCollection") return read;
    return read?.type === "Feature" ? { type: "FeatureCollection", features: [read] } : null;
  } catch {
    return null;
  }
}
