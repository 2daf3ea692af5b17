// At the edge of the free map: an arrow to each vehicle that one wants to know of and that lies
// outside, with its name and how far it is. A press goes there.

import type { Map as MapLibre } from "maplibre-gl";
import { freeHeight, middleOf, rimPoint } from "../map/free-box.ts";
import type { FreeBox } from "../map/free-box.ts";
import { distanceM } from "../map/great-circle.ts";
import type { Place } from "../map/great-circle.ts";
import { h, setText } from "./dom.ts";
import { distanceText } from "./words.ts";
import { words } from "../words/words.ts";

/** More arrows than this are a hedge around the map; the first come first. */
const MOST_POINTERS = 8;
/** How far from the edge they stand, and how much room each needs. */
const MARGIN_X_PX = 84;
const MARGIN_Y_PX = 26;
const SIZE = { widthPx: 2 * MARGIN_X_PX, heightPx: 40 };
const ARROW = "M0 -9 L7 6 L0 3 L-7 6 Z";
const SVG = "http://www.w3.org/2000/svg";

export interface Pointed {
  id: string;
  name: string;
  lngLatDeg: Place;
  /** What it is pointed at for; the style sheet knows each. */
  kind: "selected" | "alarmed";
}

interface Pointer {
  button: HTMLButtonElement;
  arrow: SVGElement;
  name: HTMLElement;
  distance: HTMLElement;
  target: Pointed;
}

export class EdgePointers {
  #map: MapLibre;
  #place: HTMLElement;
  #freeBox: () => FreeBox;
  #onGo: (target: Pointed) => void;
  #wanted: (() => readonly Pointed[])[] = [];
  #pointers = new Map<string, Pointer>();
  #isAsked = false;

  constructor(map: MapLibre, place: HTMLElement, freeBox: () => FreeBox, onGo: (target: Pointed) => void) {
    this.#map = map;
    this.#place = place;
    this.#freeBox = freeBox;
    this.#onGo = onGo;
    for (const event of ["move", "resize"] as const) map.on(event, () => this.update());
  }

  get count(): number {
    return this.#pointers.size;
  }

  /** Adds a source of vehicles to point at; those of earlier ones come first. */
  add(wanted: () => readonly Pointed[]): void {
    this.#wanted.push(wanted);
  }

  /** Brings them up to date, at most once a frame. */
  update(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#show();
    });
  }

  #show(): void {
    const free = this.#freeBox();
    const rim = { left: free.left + MARGIN_X_PX, right: free.right - MARGIN_X_PX, top: free.top + MARGIN_Y_PX, bottom: free.bottom - MARGIN_Y_PX };
    const shown = new Set<string>();
    const taken: { xPx: number; yPx: number }[] = [];
    for (const target of this.#wanted.flatMap((wanted) => wanted())) {
      if (shown.size >= MOST_POINTERS || shown.has(target.id)) continue;
      const at = this.#screenPoint(target.lngLatDeg);
      if (rimPoint(free, at.xPx, at.yPx) === null) continue;
      const point = rimPoint(rim, at.xPx, at.yPx);
      if (point === null) continue;
      const yPx = freeHeight(taken, SIZE, point, rim);
      if (yPx === null) continue;
      shown.add(target.id);
      taken.push({ xPx: point.xPx, yPx });
      this.#put(target, { ...point, yPx }, this.#distanceM(free, target.lngLatDeg));
    }
    for (const [id, { button }] of this.#pointers) {
      if (shown.has(id)) continue;
      button.remove();
      this.#pointers.delete(id);
    }
  }

  /** By the shorter way round the world. */
  #screenPoint([lngDeg, latDeg]: Place): { xPx: number; yPx: number } {
    const centerDeg = this.#map.getCenter().lng;
    const { x, y } = this.#map.project([lngDeg - 360 * Math.round((lngDeg - centerDeg) / 360), latDeg]);
    return { xPx: x, yPx: y };
  }

  #distanceM(free: FreeBox, place: Place): number {
    const { xPx, yPx } = middleOf(free);
    return distanceM(this.#map.unproject([xPx, yPx]).toArray(), place);
  }

  #put(target: Pointed, { xPx, yPx, angleDeg }: { xPx: number; yPx: number; angleDeg: number }, metres: number): void {
    const pointer = this.#pointers.get(target.id) ?? this.#create(target);
    pointer.target = target;
    setText(pointer.name, target.name);
    setText(pointer.distance, distanceText(metres));
    pointer.button.dataset["kind"] = target.kind;
    pointer.button.style.transform = `translate(${xPx.toFixed(1)}px, ${yPx.toFixed(1)}px) translate(-50%, -50%)`;
    pointer.arrow.style.transform = `rotate(${angleDeg.toFixed(0)}deg)`;
  }

  #create(target: Pointed): Pointer {
    const arrow = document.createElementNS(SVG, "svg");
    arrow.setAttribute("viewBox", "-10 -10 20 20");
    arrow.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", ARROW);
    arrow.append(path);
    const [name, distance] = [h("span", { class: "edge-name" }), h("span", { class: "edge-distance" })];
    // What is seen is a part of what is read out.
    const read = (text: string) => h("span", { class: "visually-hidden" }, text);
    const button = h("button", { type: "button", class: "edge-pointer" }, arrow, name, read(", "), distance, read(` ${words.edge.goThere}`));
    const pointer: Pointer = { button, arrow, name, distance, target };
    button.addEventListener("click", () => this.#onGo(pointer.target));
    this.#place.append(button);
    this.#pointers.set(target.id, pointer);
    return pointer;
  }
}
