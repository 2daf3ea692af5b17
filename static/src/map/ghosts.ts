// The last fixes of a vehicle's other devices, on demand: hollow rings with the device's name, each
// joined to the position that is shown by a thin line. There are two or three of them, so plain
// elements do, which a screen reader finds too.

import type { FeatureCollection } from "geojson";
import { Marker } from "maplibre-gl";
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { Theme } from "./theme.ts";

const SOURCE = "ghosts";

export interface Ghost {
  key: string;
  label: string;
  lngLatDeg: [number, number];
}

export class GhostLayer {
  #map: MapLibre;
  #theme: Theme;
  #markers = new Map<string, { marker: Marker; text: HTMLElement }>();
  #lines: FeatureCollection = { type: "FeatureCollection", features: [] };

  constructor(map: MapLibre, theme: Theme) {
    this.#map = map;
    this.#theme = theme;
    map.on("style.load", () => this.#addLayer());
  }

  get count(): number {
    return this.#markers.size;
  }

  /** Taken when the map's style is loaded next, as after every change of theme. */
  set theme(theme: Theme) {
    this.#theme = theme;
  }

  /** Shows exactly these, joined to `origin`. */
  show(origin: [number, number] | null, ghosts: readonly Ghost[]): void {
    const keys = new Set(ghosts.map(({ key }) => key));
    for (const [key, { marker }] of this.#markers) {
      if (keys.has(key)) continue;
      marker.remove();
      this.#markers.delete(key);
    }
    for (const ghost of ghosts) this.#put(ghost);
    const lines = origin === null ? [] : ghosts.map(({ lngLatDeg }) => [origin, lngLatDeg]);
    this.#lines = { type: "FeatureCollection", features: lines.map((coordinates) => ({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } })) };
    void this.#map.getSource<GeoJSONSource>(SOURCE)?.setData(this.#lines);
  }

  #put({ key, label, lngLatDeg }: Ghost): void {
    let held = this.#markers.get(key);
    if (held === undefined) {
      const [element, text] = [document.createElement("div"), document.createElement("span")];
      element.className = "ghost";
      element.append(text);
      held = { marker: new Marker({ element }), text };
      this.#markers.set(key, held);
      held.marker.setLngLat(lngLatDeg).addTo(this.#map);
    }
    if (held.text.textContent !== label) held.text.textContent = label;
    held.marker.setLngLat(lngLatDeg);
  }

  #addLayer(): void {
    if (this.#map.getSource(SOURCE)) return;
    this.#map.addSource(SOURCE, { type: "geojson", data: this.#lines });
    this.#map.addLayer({ id: "ghost-lines", type: "line", source: SOURCE, paint: { "line-color": this.#theme.ghost, "line-width": 1.5, "line-dasharray": [1, 2] } });
  }
}
