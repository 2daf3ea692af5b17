// A way measured on the map: points that somebody set, the shortest way between them, and how far
// it is up to each. Few points, so plain elements do for them.

import type { FeatureCollection } from "geojson";
import { Marker } from "maplibre-gl";
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import { arc, distanceM } from "./great-circle.ts";
import type { Place } from "./great-circle.ts";
import type { Theme } from "./theme.ts";

const SOURCE = "measure";
/** A second click at the same place, as of a double click, is none. */
const SAME_PX = 4;
const MOST_POINTS = 200;

export class MeasureLayer {
  #map: MapLibre;
  #theme: Theme;
  #points: Place[] = [];
  #markers: { marker: Marker; text: HTMLElement }[] = [];

  constructor(map: MapLibre, theme: Theme) {
    this.#map = map;
    this.#theme = theme;
    map.on("style.load", () => this.#addLayers());
  }

  /** Taken when the map's style is loaded next, as after every change of theme. */
  set theme(theme: Theme) {
    this.#theme = theme;
  }

  get count(): number {
    return this.#points.length;
  }

  /** How far it is up to each point. */
  get totalsM(): number[] {
    let totalM = 0;
    return this.#points.map((point, i) => (totalM += i === 0 ? 0 : distanceM(this.#points[i - 1]!, point)));
  }

  add(point: Place): void {
    const last = this.#points.at(-1);
    if (this.#points.length >= MOST_POINTS || (last !== undefined && this.#isSame(last, point))) return;
    this.#points.push(point);
    const [element, text] = [document.createElement("div"), document.createElement("span")];
    element.className = "measure-point";
    element.append(text);
    this.#markers.push({ marker: new Marker({ element }).setLngLat([...point]).addTo(this.#map), text });
    this.#draw();
  }

  undo(): void {
    this.#points.pop();
    this.#markers.pop()?.marker.remove();
    this.#draw();
  }

  clear(): void {
    this.#points = [];
    for (const { marker } of this.#markers.splice(0)) marker.remove();
    this.#draw();
  }

  /** Writes how far it is beside the points; `textOf` is in the units of who reads it. */
  label(textOf: (metres: number) => string): void {
    this.totalsM.forEach((metres, i) => {
      const text = i === 0 ? "" : textOf(metres);
      const element = this.#markers[i]!.text;
      if (element.textContent !== text) element.textContent = text;
    });
  }

  #isSame(a: Place, b: Place): boolean {
    return this.#map.project([...a]).dist(this.#map.project([...b])) < SAME_PX;
  }

  #draw(): void {
    void this.#map.getSource<GeoJSONSource>(SOURCE)?.setData(this.#features());
  }

  #features(): FeatureCollection {
    const coordinates = this.#points.slice(1).flatMap((point, i) => arc(this.#points[i]!, point).map((place) => [...place]));
    return { type: "FeatureCollection", features: coordinates.length === 0 ? [] : [{ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } }] };
  }

  #addLayers(): void {
    if (this.#map.getSource(SOURCE)) return;
    this.#map.addSource(SOURCE, { type: "geojson", data: this.#features() });
    const { trailCasing, ghost } = this.#theme;
    const line = (id: string, paint: object) => this.#map.addLayer({ id, type: "line", source: SOURCE, layout: { "line-cap": "round", "line-join": "round" }, paint });
    line("measure-casing", { "line-color": trailCasing, "line-width": 6, "line-opacity": 0.85 });
    line("measure-line", { "line-color": ghost, "line-width": 2.5 });
  }
}
