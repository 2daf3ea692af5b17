// Places on the map: outline, filling and name, drawn by the map itself under trails and vehicles.
// The map's worker cuts and simplifies them, so that ten thousand cost no more than what is in view.

import type { FeatureCollection } from "geojson";
import type { GeoJSONSource, Map as MapLibre, StyleSpecification } from "maplibre-gl";
import { middleOf, ringsOf } from "../page/places.ts";
import type { Place } from "../page/places.ts";
import type { Theme } from "./theme.ts";

const SOURCE = "places";
/** Names have points of their own: of an area that several tiles share, each would write the name. */
const NAME_SOURCE = "place-names";
const FONT_SOURCE_LAYER = "symbol";

const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };

export class PlaceLayer {
  #map: MapLibre;
  #theme: Theme;
  #places: readonly Place[] = [];
  #features: FeatureCollection = NOTHING;
  #names: FeatureCollection = NOTHING;
  #isShown = true;
  /** Drawn by a sketch in its place. */
  #hiddenId = "";

  constructor(map: MapLibre, theme: Theme) {
    this.#map = map;
    this.#theme = theme;
    map.on("style.load", () => this.#addLayers());
  }

  /** Taken when the map's style is loaded next, as after every change of theme. */
  set theme(theme: Theme) {
    this.#theme = theme;
  }

  set isShown(isShown: boolean) {
    if (isShown === this.#isShown) return;
    this.#isShown = isShown;
    this.#refresh();
  }

  get count(): number {
    return this.#isShown ? this.#places.length : 0;
  }

  show(places: readonly Place[]): void {
    this.#places = places;
    this.#features = {
      type: "FeatureCollection",
      features: places.map(({ id, name, shape }) => ({ type: "Feature", properties: { id, name }, geometry: { type: "Polygon", coordinates: ringsOf(shape) } })),
    };
    this.#names = { type: "FeatureCollection", features: places.map(({ id, name, shape }) => ({ type: "Feature", properties: { id, name }, geometry: { type: "Point", coordinates: middleOf(shape) } })) };
    this.#refresh();
  }

  /** Leaves one out, as while it is changed. */
  hide(id: string): void {
    this.#hiddenId = id;
    for (const layer of LAYERS) if (this.#map.getLayer(layer)) this.#map.setFilter(layer, ["!=", ["get", "id"], id]);
  }

  #refresh(): void {
    void this.#map.getSource<GeoJSONSource>(SOURCE)?.setData(this.#data(this.#features));
    void this.#map.getSource<GeoJSONSource>(NAME_SOURCE)?.setData(this.#data(this.#names));
  }

  #data(features: FeatureCollection): FeatureCollection {
    return this.#isShown ? features : NOTHING;
  }

  #addLayers(): void {
    const map = this.#map;
    if (map.getSource(SOURCE)) return;
    map.addSource(SOURCE, { type: "geojson", data: this.#data(this.#features), tolerance: 0.6, buffer: 32 });
    map.addSource(NAME_SOURCE, { type: "geojson", data: this.#data(this.#names) });
    const { place, labelHalo } = this.#theme;
    const font = fontOf(map.getStyle());
    map.addLayer({ id: "places-fill", type: "fill", source: SOURCE, paint: { "fill-color": place, "fill-opacity": 0.1 } });
    map.addLayer({ id: "places-line", type: "line", source: SOURCE, layout: { "line-join": "round" }, paint: { "line-color": place, "line-width": ["interpolate", ["linear"], ["zoom"], 6, 1, 12, 2], "line-opacity": 0.85 } });
    if (font !== null)
      map.addLayer({
        id: "places-name",
        type: "symbol",
        source: NAME_SOURCE,
        minzoom: 10,
        layout: { "text-field": ["get", "name"], "text-font": font, "text-size": 11.5, "text-max-width": 9, "text-padding": 6 },
        paint: { "text-color": place, "text-halo-color": labelHalo, "text-halo-width": 1.6 },
      });
    if (this.#hiddenId !== "") this.hide(this.#hiddenId);
  }
}

const LAYERS = ["places-fill", "places-line", "places-name"];

/** A font that the style has; null where it has none, since one that is missing is no text at all. */
function fontOf(style: StyleSpecification): string[] | null {
  for (const layer of style.layers) {
    if (layer.type !== FONT_SOURCE_LAYER) continue;
    const font = layer.layout?.["text-font"];
    if (Array.isArray(font) && font.length > 0 && font.every((name) => typeof name === "string") && font[0] !== "literal" && font[0] !== "case") return font as string[];
  }
  return null;
}
