// Where a vehicle has been: its way as a line on the map, its speed by colour, dashed where nothing
// is known, with a dot for each fix. Drawn by the map itself, under the vehicles.

import type { FeatureCollection } from "geojson";
import { Marker } from "maplibre-gl";
import type { ExpressionSpecification, GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { TrailPoint } from "../protocol.ts";
import type { Theme } from "./theme.ts";
import { trailFeatures } from "./trail-features.ts";

const SOURCE = "trail";
const MOST_POINTS = 20_000;

export class TrailLayer {
  #map: MapLibre;
  #points: TrailPoint[] = [];
  #theme: Theme;
  #isShown = true;
  #spot: Marker | null = null;

  constructor(map: MapLibre, theme: Theme) {
    this.#map = map;
    this.#theme = theme;
    map.on("style.load", () => this.#addLayers());
  }

  get points(): readonly TrailPoint[] {
    return this.#points;
  }

  /** Taken when the map's style is loaded next, as after every change of theme. */
  set theme(theme: Theme) {
    this.#theme = theme;
  }

  /** Whether it is drawn; it is kept in any case. */
  set isShown(isShown: boolean) {
    this.#isShown = isShown;
    this.#refresh();
  }

  show(points: TrailPoint[]): void {
    this.#points = points.slice(-MOST_POINTS);
    this.#refresh();
  }

  /**
   * Adds a fix that came after the trail was fetched, and drops those before `fromMs`; older ones
   * and repeats are left out.
   */
  extend(point: TrailPoint, fromMs: number): void {
    const last = this.#points.at(-1);
    if (last && Date.parse(point.fixed_at) <= Date.parse(last.fixed_at)) return;
    this.#points.push(point);
    const kept = this.#points.findIndex(({ fixed_at }) => Date.parse(fixed_at) >= fromMs);
    this.#points = this.#points.slice(Math.max(kept, this.#points.length - MOST_POINTS));
    this.#refresh();
  }

  /** Points at one place of it, or at none. */
  spot(lngLatDeg: [number, number] | null): void {
    if (lngLatDeg === null) {
      this.#spot?.remove();
      return;
    }
    this.#spot ??= new Marker({ element: spotElement() });
    this.#spot.setLngLat(lngLatDeg).addTo(this.#map);
  }

  clear(): void {
    this.#points = [];
    this.spot(null);
    this.#refresh();
  }

  #refresh(): void {
    const source = this.#map.getSource<GeoJSONSource>(SOURCE);
    void source?.setData(this.#features());
  }

  #features(): FeatureCollection {
    return trailFeatures(this.#isShown ? this.#points : []);
  }

  #addLayers(): void {
    const map = this.#map;
    if (map.getSource(SOURCE)) return;
    map.addSource(SOURCE, { type: "geojson", data: this.#features() });
    const { speedBands, speedUnknown, trailCasing } = this.#theme;
    const byBand = ["match", ["get", "band"], ...speedBands.flatMap((color, band) => [band, color]), speedUnknown] as unknown as ExpressionSpecification;
    const line = (id: string, isGap: boolean, paint: object) =>
      map.addLayer({
        id,
        type: "line",
        source: SOURCE,
        filter: ["all", ["==", ["geometry-type"], "LineString"], ["==", ["get", "isGap"], isGap]],
        layout: { "line-cap": isGap ? "butt" : "round", "line-join": "round" },
        paint,
      });
    line("trail-casing", false, { "line-color": trailCasing, "line-width": 7, "line-opacity": 0.85 });
    line("trail-gap-casing", true, { "line-color": trailCasing, "line-width": 5, "line-opacity": 0.6 });
    line("trail-gap", true, { "line-color": speedUnknown, "line-width": 2, "line-dasharray": [2.5, 2.5] });
    line("trail-line", false, { "line-color": byBand, "line-width": 4 });
    map.addLayer({
      id: "trail-fixes",
      type: "circle",
      source: SOURCE,
      minzoom: 13.5,
      filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 2, "circle-color": ["case", ["get", "isFilled"], trailCasing, speedUnknown], "circle-stroke-color": ["case", ["get", "isFilled"], speedUnknown, trailCasing], "circle-stroke-width": 1 },
    });
  }
}

function spotElement(): HTMLElement {
  const element = document.createElement("div");
  element.className = "trail-spot";
  element.setAttribute("aria-hidden", "true");
  return element;
}
