// The vehicles nearest to a place that was clicked, typed, or is that of a vehicle: a small table,
// the nearest first, brought up to date while it is open. It knows where to ask from its host.

import { Marker } from "maplibre-gl";
import type { FleetMap } from "../map/fleet-map.ts";
import { spotOf } from "../page/coordinates.ts";
import type { NearVehicle } from "../page/far-nearest.ts";
import { h, setText } from "./dom.ts";
import { cellText } from "./list-words.ts";
import { coordinatesText, distanceText } from "./words.ts";
import { isolated } from "./units.ts";
import { words } from "../words/words.ts";

type Place = [lngDeg: number, latDeg: number];

/** What each choice lets through; all where it is empty. */
const FILTERS = { any: [], free: ["stopped", "parked"], idle: ["stopped", "parked", "idling"], moving: ["moving"] } as const;
const SHOWN = 10;

export interface NearestHost {
  fleetMap: FleetMap;
  nowMs(): number;
  /** The place of a vehicle; null where it is not known. */
  placeOf(id: string): Place | null;
  nameOf(id: string): string;
  /** Asks; null is a failure. A question before it is not answered any more. */
  ask(place: Place, standings: readonly string[], most: number, except: string | undefined, onAnswer: (near: NearVehicle[] | null) => void): void;
  onOpen(id: string): void;
  /** It was opened, or closed. */
  onChange(): void;
}

export class NearestPanel {
  readonly element = h("section", { class: "several-card card nearest", "aria-label": words.nearest.title, hidden: "" });
  isOn = false;
  #host: NearestHost;
  #origin: { id: string } | { place: Place } | null = null;
  #title = h("h2");
  #note = h("p", { class: "muted", role: "status" });
  #field = h("input", { id: "nearest-field", type: "text", autocomplete: "off", spellcheck: "false", maxlength: "2000" });
  #filter = h("select", { id: "nearest-filter", class: "sort" }, ...(["any", "free", "idle", "moving"] as const).map((value) => h("option", { value }, words.nearest[value])));
  #body = h("tbody");
  #table: HTMLElement;
  #cross = h("div", { class: "map-cross", "aria-hidden": "true", hidden: "" });
  #marker = new Marker({ element: h("div", { class: "near-spot", "aria-hidden": "true" }) });
  #near: NearVehicle[] = [];
  #again = h("button", { type: "button", class: "bar-button" }, words.nearest.again);

  constructor(host: NearestHost) {
    this.#host = host;
    const close = h("button", { type: "button", class: "close", "aria-label": words.nearest.close }, "×");
    close.addEventListener("click", () => this.stop());
    const form = h("form", { class: "nearest-form", novalidate: "" }, h("label", { for: "nearest-field" }, words.nearest.field), this.#field, h("button", { type: "submit", class: "bar-button" }, words.nearest.go));
    form.addEventListener("submit", (event) => this.#submit(event));
    this.#again.addEventListener("click", () => this.start());
    const state = h("p", { class: "nearest-state" }, h("label", { for: "nearest-filter" }, words.nearest.state), this.#filter, this.#again);
    this.#filter.addEventListener("change", () => this.#ask(true));
    const heads = ([words.nearest.vehicle, words.nearest.distance, words.nearest.state, words.nearest.age] as const).map((word) => h("th", { scope: "col" }, word));
    this.#table = h("table", { class: "several-table" }, h("thead", {}, h("tr", {}, ...heads)), this.#body);
    const scroll = h("div", { class: "several-scroll", tabindex: "0", role: "group", "aria-label": words.nearest.title }, this.#table);
    this.element.append(h("div", { class: "several-head" }, this.#title, close), form, state, this.#note, scroll);
    const canvas = host.fleetMap.map.getCanvas();
    canvas.parentElement?.append(this.#cross);
    canvas.addEventListener("keydown", (event) => this.#key(event));
    for (const type of ["focus", "blur"] as const) canvas.addEventListener(type, () => this.#showCross());
  }

  toggle(): void {
    if (this.isOn) this.stop();
    else this.start();
  }

  /** Opens it on a vehicle, or waits for a place to be given. */
  start(id?: string): void {
    this.isOn = true;
    this.#origin = id === undefined ? null : { id };
    this.#near = [];
    this.#waitForClick(id === undefined);
    this.#show();
    this.#ask(true);
    this.#host.onChange();
  }

  stop(): void {
    if (!this.isOn) return;
    this.isOn = false;
    this.#origin = null;
    this.#waitForClick(false);
    this.#marker.remove();
    this.#show();
    this.#host.onChange();
  }

  /** Asks anew; to be called every few seconds. */
  refresh(): void {
    this.#ask(false);
  }

  /** Brings ages, and whatever is in units, up to date. */
  show(): void {
    if (this.isOn) this.#show();
  }

  /** Once there is a place, clicks are for the vehicles again. */
  #waitForClick(isWaiting: boolean): void {
    const { fleetMap } = this.#host;
    fleetMap.clickTaker = isWaiting ? (place) => this.#take(place) : null;
    fleetMap.map.getCanvas().style.cursor = isWaiting ? "crosshair" : "";
    if (isWaiting) fleetMap.map.getCanvas().focus({ preventScroll: true });
  }

  #take(place: Place): void {
    this.#waitForClick(false);
    this.#origin = { place };
    this.#near = [];
    this.#show();
    this.#ask(true);
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const spot = spotOf(this.#field.value);
    this.#field.setAttribute("aria-invalid", String(spot === null));
    if (spot === null) return setText(this.#note, words.nearest.unclear);
    this.#take([spot.lngDeg, spot.latDeg]);
    this.#host.fleetMap.map.panTo([spot.lngDeg, spot.latDeg]);
  }

  #key(event: KeyboardEvent): void {
    if (!this.isOn || this.#origin !== null || event.key !== "Enter") return;
    event.preventDefault();
    this.#take(this.#host.fleetMap.map.getCenter().wrap().toArray());
  }

  #placeOfOrigin(): Place | null {
    if (this.#origin === null) return null;
    return "id" in this.#origin ? this.#host.placeOf(this.#origin.id) : this.#origin.place;
  }

  #ask(isNew: boolean): void {
    const place = this.#placeOfOrigin();
    if (!this.isOn || place === null) return;
    const origin = this.#origin;
    if (isNew) setText(this.#note, words.nearest.looking);
    const standings = FILTERS[this.#filter.value as keyof typeof FILTERS];
    const except = origin !== null && "id" in origin ? origin.id : undefined;
    this.#host.ask(place, standings, SHOWN, except, (near) => {
      if (!this.isOn || this.#origin !== origin) return;
      if (near !== null) this.#near = near;
      setText(this.#note, near === null ? words.nearest.failed : near.length === 0 ? words.nearest.none : "");
      this.#show();
    });
  }

  #show(): void {
    this.element.hidden = !this.isOn;
    this.#showCross();
    if (!this.isOn) return;
    const place = this.#placeOfOrigin();
    if (this.#origin === null) setText(this.#note, words.nearest.start);
    setText(this.#title, this.#origin === null || place === null ? words.nearest.title : words.nearest.to("id" in this.#origin ? this.#host.nameOf(this.#origin.id) : isolated(coordinatesText(place[1], place[0]))));
    if (place === null) this.#marker.remove();
    else this.#marker.setLngLat(place).addTo(this.#host.fleetMap.map);
    this.#again.hidden = this.#origin === null;
    this.#table.hidden = this.#near.length === 0;
    this.#fill();
  }

  /** Lines are kept as long as their number is the same, so that what is focused stays so. */
  #fill(): void {
    while (this.#body.rows.length > this.#near.length) this.#body.deleteRow(-1);
    while (this.#body.rows.length < this.#near.length) this.#body.append(this.#createLine());
    this.#near.forEach(({ vehicle, metres }, i) => {
      const line = this.#body.rows[i]!;
      line.dataset["id"] = vehicle.id;
      const texts = [vehicle.name, distanceText(metres), cellText("state", vehicle, this.#host.nowMs(), false), cellText("age", vehicle, this.#host.nowMs(), false)];
      texts.forEach((text, cell) => setText(cell === 0 ? line.cells[0]!.firstElementChild! : line.cells[cell]!, text));
    });
  }

  #createLine(): HTMLElement {
    const button = h("button", { type: "button", class: "several-name" });
    const line = h("tr", {}, h("th", { scope: "row" }, button), h("td"), h("td"), h("td"));
    button.addEventListener("click", () => {
      const { id } = line.dataset;
      if (id !== undefined) this.#host.onOpen(id);
    });
    return line;
  }

  #showCross(): void {
    this.#cross.hidden = !this.isOn || this.#origin !== null || !this.#host.fleetMap.map.getCanvas().matches(":focus-visible");
  }
}
