// Where a vehicle has been: its way as a line on the map, dashed where nothing is known for some
// minutes, with a dot for each fix. Drawn by the map itself, under the vehicles.

import type { Feature, FeatureCollection } from "geojson";
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { TrailPoint } from "../protocol.ts";

const GAP_MS = 3 * 60_000;
const SOURCE = "trail";
const MOST_POINTS = 5_000;

export class TrailLayer {
  #map: MapLibre;
  #points: TrailPoint[] = [];
  #color = "#2563eb";

  constructor(map: MapLibre) {
    this.#map = map;
    map.on("style.load", () => this.#addLayers());
  }

  get points(): readonly TrailPoint[] {
    return this.#points;
  }

  set color(css: string) {
    this.#color = css;
  }

  show(points: TrailPoint[]): void {
    this.#points = points.slice(-MOST_POINTS);
    this.#refresh();
  }

  /** Adds a fix that came after the trail was fetched; older ones and repeats are left out. */
  extend(point: TrailPoint): void {
    const last = this.#points.at(-1);
    if (last && Date.parse(point.fixed_at) <= Date.parse(last.fixed_at)) return;
    this.#points.push(point);
    if (this.#points.length > MOST_POINTS) this.#points.shift();
    this.#refresh();
  }

  clear(): void {
    this.#points = [];
    this.#refresh();
  }

  #refresh(): void {
    const source = this.#map.getSource<GeoJSONSource>(SOURCE);
    void source?.setData(trailFeatures(this.#points));
  }

  #addLayers(): void {
    const map = this.#map;
    if (map.getSource(SOURCE)) return;
    map.addSource(SOURCE, { type: "geojson", data: trailFeatures(this.#points) });
    const line = (id: string, isGap: boolean, paint: object) =>
      map.addLayer({
        id,
        type: "line",
        source: SOURCE,
        filter: ["all", ["==", ["geometry-type"], "LineString"], ["==", ["get", "isGap"], isGap]],
        layout: { "line-cap": isGap ? "butt" : "round", "line-join": "round" },
        paint: { "line-color": this.#color, ...paint },
      });
    line("trail-gap", true, { "line-width": 2, "line-opacity": 0.7, "line-dasharray": [2, 2] });
    line("trail-line", false, { "line-width": 3.5, "line-opacity": 0.75 });
    map.addLayer({
      id: "trail-fixes",
      type: "circle",
      source: SOURCE,
      minzoom: 11,
      filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 2.2, "circle-color": "#ffffff", "circle-stroke-color": this.#color, "circle-stroke-width": 1.2 },
    });
  }
}

/** Stretches of known way and the gaps between them, and the fixes themselves. */
export function trailFeatures(points: readonly TrailPoint[]): FeatureCollection {
  const features: Feature[] = [];
  let stretch: [number, number][] = [];
  const endStretch = () => {
    if (stretch.length > 1) features.push(lineFeature(stretch, false));
    stretch = [];
  };
  points.forEach((point, i) => {
    const at: [number, number] = [point.lng_deg, point.lat_deg];
    const before = points[i - 1];
    if (before && Date.parse(point.fixed_at) - Date.parse(before.fixed_at) > GAP_MS) {
      endStretch();
      features.push(lineFeature([[before.lng_deg, before.lat_deg], at], true));
    }
    stretch.push(at);
    features.push({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } });
  });
  endStretch();
  return { type: "FeatureCollection", features };
}

function lineFeature(coordinates: [number, number][], isGap: boolean): Feature {
  return { type: "Feature", properties: { isGap }, geometry: { type: "LineString", coordinates } };
}
