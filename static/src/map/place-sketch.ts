// A place that is being drawn: its outline, and handles to drag: the middle and the rim of a circle,
// the points of a polygon.

import type { FeatureCollection, LineString, Polygon } from "geojson";
import { Marker } from "maplibre-gl";
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import { circleRing } from "../page/places.ts";
import type { Point } from "../page/places.ts";
import type { Theme } from "./theme.ts";

const SOURCE = "place-sketch";
/** More handles than this are a hedge. */
export const MOST_HANDLES = 300;

export type Sketch = { kind: "circle"; center: Point | null; radiusM: number } | { kind: "polygon"; points: Point[]; isClosed: boolean };

export interface HandleEvents {
  /** A handle was dragged to a place. */
  onDrag(index: number, to: Point): void;
  onClick(index: number): void;
}

export class PlaceSketch {
  #map: MapLibre;
  #theme: Theme;
  #events: HandleEvents;
  #sketch: Sketch | null = null;
  #handles: Marker[] = [];

  constructor(map: MapLibre, theme: Theme, events: HandleEvents) {
    this.#map = map;
    this.#theme = theme;
    this.#events = events;
    map.on("style.load", () => this.#addLayers());
    if (map.isStyleLoaded() === true) this.#addLayers();
  }

  set theme(theme: Theme) {
    this.#theme = theme;
  }

  show(sketch: Sketch | null): void {
    this.#sketch = sketch;
    this.#addLayers();
    void this.#map.getSource<GeoJSONSource>(SOURCE)?.setData(this.#features());
    const places = sketch === null ? [] : handlesOf(sketch);
    for (const handle of this.#handles.splice(places.length)) handle.remove();
    places.forEach((place, i) => (this.#handles[i] ??= this.#createHandle(i, place)).setLngLat(place));
  }

  #createHandle(index: number, place: Point): Marker {
    const element = document.createElement("div");
    element.className = "place-handle";
    element.setAttribute("aria-hidden", "true");
    element.addEventListener("click", (event) => {
      event.stopPropagation();
      this.#events.onClick(index);
    });
    const handle = new Marker({ element, draggable: true }).setLngLat(place).addTo(this.#map);
    handle.on("drag", () => this.#events.onDrag(index, handle.getLngLat().toArray()));
    return handle;
  }

  #features(): FeatureCollection {
    const sketch = this.#sketch;
    if (sketch === null) return { type: "FeatureCollection", features: [] };
    const line = sketch.kind === "polygon" ? sketch.points : sketch.center === null ? [] : circleRing(...sketch.center, sketch.radiusM);
    const isArea = sketch.kind === "circle" || sketch.isClosed;
    const ring = sketch.kind === "polygon" && line.length > 0 ? [...line, line[0]!] : line;
    if (line.length < 2) return { type: "FeatureCollection", features: [] };
    const geometry: Polygon | LineString = isArea && ring.length > 3 ? { type: "Polygon", coordinates: [ring] } : { type: "LineString", coordinates: line };
    return { type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry }] };
  }

  #addLayers(): void {
    const map = this.#map;
    if (map.getSource(SOURCE) !== undefined || map.style === undefined || !map.getStyle()) return;
    map.addSource(SOURCE, { type: "geojson", data: this.#features() });
    const { place, trailCasing } = this.#theme;
    map.addLayer({ id: "sketch-fill", type: "fill", source: SOURCE, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": place, "fill-opacity": 0.18 } });
    map.addLayer({ id: "sketch-casing", type: "line", source: SOURCE, paint: { "line-color": trailCasing, "line-width": 6, "line-opacity": 0.8 } });
    map.addLayer({ id: "sketch-line", type: "line", source: SOURCE, paint: { "line-color": place, "line-width": 2.5 } });
  }
}

function handlesOf(sketch: Sketch): Point[] {
  if (sketch.kind === "polygon") return sketch.points.length > MOST_HANDLES ? [] : sketch.points;
  if (sketch.center === null) return [];
  // A quarter of the way round: the east.
  const ring = circleRing(...sketch.center, sketch.radiusM);
  return [sketch.center, ring[Math.floor(ring.length / 4)]!];
}
