// Going to coordinates, typed or pasted from another map, or to a place by its name. A pin stays
// there until it is removed; it is part of the view, so that a link can say "here".

import { Marker } from "maplibre-gl";
import type { FleetMap } from "../map/fleet-map.ts";
import { spotOf } from "../page/coordinates.ts";
import type { Spot } from "../page/coordinates.ts";
import type { NamedPlace } from "../page/place-search.ts";
import type { ViewPart } from "../page/view-url.ts";
import { h, setText } from "./dom.ts";
import { PlaceList } from "./place-list.ts";
import { coordinatesText } from "./words.ts";
import { words } from "../words/words.ts";

const ZOOM = 14;
const MOST_ZOOM = 20;
const PLACE_ZOOM = 11;
const POPOVER_ID = "go-to";
const PIN_DIGITS = 5;

export class GoTo {
  readonly popover: HTMLElement;
  #fleetMap: FleetMap;
  #insets: () => { leftPx: number; rightPx: number; bottomPx: number };
  #onChange: (isJump: boolean) => void;
  #field = h("input", { id: "go-to-field", type: "text", autocomplete: "off", spellcheck: "false", maxlength: "2000", "aria-describedby": "go-to-note" });
  #note = h("p", { class: "muted", id: "go-to-note", role: "status" }, words.goTo.hint);
  #places: PlaceList;
  #pin: { marker: Marker; spot: Spot } | null = null;

  constructor(fleetMap: FleetMap, insets: () => { leftPx: number; rightPx: number; bottomPx: number }, onChange: (isJump: boolean) => void, findPlaces: (text: string) => Promise<NamedPlace[]>) {
    this.#fleetMap = fleetMap;
    this.#insets = insets;
    this.#onChange = onChange;
    this.#places = new PlaceList({
      find: findPlaces,
      onGo: ({ lngLatDeg: [lngDeg, latDeg] }) => this.#go({ lngDeg, latDeg, zoom: PLACE_ZOOM }),
      onNote: (note) => this.#say(note || words.goTo.hint, note === words.placeSearch.none),
    });
    const go = h("button", { type: "submit", class: "bar-button primary" }, words.goTo.go);
    const form = h("form", { novalidate: "" }, h("label", { for: "go-to-field" }, words.goTo.field), h("div", { class: "go-to-row" }, this.#field, go), this.#places.element, this.#note);
    this.popover = h("div", { id: POPOVER_ID, class: "go-to card", popover: "", role: "dialog", "aria-label": words.goTo.title }, form);
    form.addEventListener("submit", (event) => this.#submit(event));
    this.#field.addEventListener("input", () => {
      this.#tell(true);
      this.#places.search(spotOf(this.#field.value) === null ? this.#field.value : "");
    });
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      this.#places.focus();
    });
    this.popover.addEventListener("toggle", (event) => {
      if ((event as ToggleEvent).newState === "open") this.#begin();
    });
    document.body.append(this.popover);
  }

  open(): void {
    if (!this.popover.matches(":popover-open")) this.popover.showPopover();
  }

  #begin(): void {
    this.#tell(true);
    this.#field.focus();
    this.#field.select();
  }

  /** The pin, as latitude and longitude. */
  part(): ViewPart {
    return {
      name: "pin",
      encode: () => (this.#pin === null ? null : `${this.#pin.spot.latDeg.toFixed(PIN_DIGITS)}/${this.#pin.spot.lngDeg.toFixed(PIN_DIGITS)}`),
      decode: (text) => {
        if (text === null) return this.#unpin();
        const spot = /^-?\d+(\.\d+)?\/-?\d+(\.\d+)?$/.test(text) ? spotOf(text.replace("/", " ")) : null;
        if (spot !== null) this.#putPin(spot);
      },
    };
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const spot = spotOf(this.#field.value);
    if (spot !== null) return this.#go(spot);
    // What has numbers in it and no letters was meant as coordinates.
    if (/\p{L}/u.test(this.#field.value)) void this.#places.goToFirst(this.#field.value);
    else this.#tell(false);
  }

  #go(spot: Spot): void {
    this.#places.search("");
    this.popover.hidePopover();
    this.#putPin(spot);
    this.#onChange(true);
    this.#fleetMap.goTo([spot.lngDeg, spot.latDeg], Math.min(MOST_ZOOM, spot.zoom ?? Math.max(ZOOM, this.#fleetMap.map.getZoom())), this.#insets());
  }

  #tell(isClear: boolean): void {
    this.#say(isClear ? words.goTo.hint : words.goTo.unclear, !isClear);
    this.#field.setAttribute("aria-invalid", String(!isClear));
  }

  #say(note: string, isBad: boolean): void {
    setText(this.#note, note);
    this.#note.classList.toggle("is-bad", isBad);
  }

  #putPin(spot: Spot): void {
    this.#pin?.marker.remove();
    const remove = h("button", { type: "button", "aria-label": words.goTo.unpin, title: words.goTo.unpin }, "×");
    const element = h("div", { class: "pin" }, h("i", { "aria-hidden": "true" }), h("span", {}, coordinatesText(spot.latDeg, spot.lngDeg)), remove);
    element.addEventListener("click", (event) => event.stopPropagation());
    remove.addEventListener("click", () => {
      this.#unpin();
      this.#onChange(false);
    });
    const marker = new Marker({ element, anchor: "bottom" }).setLngLat([spot.lngDeg, spot.latDeg]).addTo(this.#fleetMap.map);
    this.#pin = { marker, spot };
  }

  #unpin(): void {
    this.#pin?.marker.remove();
    this.#pin = null;
  }
}
