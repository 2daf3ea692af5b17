// The style of the embedded basemap: quiet, so that vehicles are the loudest thing on it. Layers
// and properties are those of `basemap/build.mjs`: places have `n` name, `p` population, `m` first
// zoom, `c` for capitals, `x` for quarters; countries `n`, `a` area, `r` rank; rivers `m`, `w`.

import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import { REGULAR, SEMIBOLD } from "./fonts.ts";

interface Palette {
  water: string;
  land: string;
  urban: string;
  urbanOpacity: number;
  river: string;
  border: string;
  coast: string;
  country: string;
  city: string;
  town: string;
  quarter: string;
  halo: string;
}

const LIGHT: Palette = {
  water: "#cddce6",
  land: "#f5f4ef",
  urban: "#e3e0d7",
  urbanOpacity: 0.55,
  river: "#bdd0dd",
  border: "#a9a3b5",
  coast: "#b3c6d3",
  country: "#666b7c",
  city: "#3b4252",
  town: "#565d6c",
  quarter: "#727989",
  halo: "rgba(250, 250, 247, 0.92)",
};

const DARK: Palette = {
  water: "#0b1320",
  land: "#172130",
  urban: "#243247",
  urbanOpacity: 0.75,
  river: "#111e2f",
  border: "#47566c",
  coast: "#2a3a50",
  country: "#8595ad",
  city: "#c2cddd",
  town: "#95a3b7",
  quarter: "#7b8aa0",
  halo: "rgba(13, 20, 32, 0.88)",
};

const REGULAR_FONT = ["Noto Sans Regular"];
const SEMIBOLD_FONT = ["Noto Sans SemiBold"];
/** No streets are in the basemap; beyond this zoom the page says so. */
export const BUILTIN_DETAIL_ZOOM = 11.5;

export function builtinStyle(isDark: boolean, tilesUrl: string, attribution: string): StyleSpecification {
  const palette = isDark ? DARK : LIGHT;
  return {
    version: 8,
    name: isDark ? "fleetglass-dark" : "fleetglass-light",
    "font-faces": { "Noto Sans Regular": REGULAR, "Noto Sans SemiBold": SEMIBOLD },
    sources: { base: { type: "vector", tiles: [tilesUrl], maxzoom: 7, attribution } },
    layers: [
      { id: "land", type: "background", paint: { "background-color": palette.land } },
      ...surfaceLayers(palette),
      ...borderLayers(palette),
      ...placeLayers(palette),
      countryLayer(palette),
    ],
  } as StyleSpecification;
}

const base = { source: "base" } as const;

function byZoom(...stops: unknown[]): ExpressionSpecification {
  return ["interpolate", ["linear"], ["zoom"], ...stops] as ExpressionSpecification;
}

function steeplyByZoom(power: number, ...stops: unknown[]): ExpressionSpecification {
  return ["interpolate", ["exponential", power], ["zoom"], ...stops] as ExpressionSpecification;
}

/** A soft glow of towns, rivers, then water over both, so that nothing glows at sea. */
function surfaceLayers(c: Palette): LayerSpecification[] {
  return [
    {
      ...base,
      id: "urban",
      type: "circle",
      "source-layer": "places",
      minzoom: 4,
      filter: ["all", [">", ["get", "p"], 20_000], ["!", ["has", "x"]]],
      paint: {
        "circle-color": c.urban,
        "circle-blur": 0.55,
        "circle-opacity": byZoom(4, 0, 6, c.urbanOpacity, 10, c.urbanOpacity, 11.5, 0),
        "circle-pitch-alignment": "map",
        "circle-radius": steeplyByZoom(2, 0, ["*", 0.000224, ["sqrt", ["get", "p"]]], 16, ["*", 14.68, ["sqrt", ["get", "p"]]]),
      },
    },
    {
      ...base,
      id: "rivers",
      type: "line",
      "source-layer": "rivers",
      minzoom: 2,
      filter: ["<=", ["get", "m"], ["+", ["zoom"], 0.8]],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": c.river,
        "line-width": steeplyByZoom(1.4, 2, ["*", 0.7, ["get", "w"]], 6, ["*", 2.4, ["get", "w"]], 11, ["*", 9, ["get", "w"]]),
      },
    },
    fill("water", c),
    fill("lakes", c),
  ];
}

function fill(layer: string, c: Palette): LayerSpecification {
  const paint = { "fill-color": c.water, "fill-outline-color": c.coast };
  return { ...base, id: layer, type: "fill", "source-layer": layer, paint };
}

function borderLayers(c: Palette): LayerSpecification[] {
  const shared = { ...base, type: "line", "source-layer": "borders", layout: { "line-join": "round" } } as const;
  return [
    {
      ...shared,
      id: "borders-casing",
      minzoom: 3,
      paint: { "line-color": c.border, "line-opacity": 0.16, "line-width": byZoom(3, 2, 6, 5, 10, 9) },
    },
    {
      ...shared,
      id: "borders",
      paint: {
        "line-color": c.border,
        "line-opacity": byZoom(0, 0.45, 4, 0.85),
        "line-width": byZoom(0, 0.4, 4, 0.9, 8, 1.6),
        "line-dasharray": [4, 1.5],
      },
    },
  ];
}

function placeLayers(c: Palette): LayerSpecification[] {
  return [placeDotLayer(c), quarterLayer(c), townLayer(c), cityLayer(c)];
}

function placeDotLayer(c: Palette): LayerSpecification {
  return {
    ...base,
    id: "place-dot",
    type: "circle",
    "source-layer": "places",
    minzoom: 3,
    maxzoom: 8,
    filter: ["all", ["!", ["has", "x"]], ["<=", ["get", "m"], ["+", ["zoom"], 0.4]]],
    paint: {
      "circle-color": c.halo,
      "circle-stroke-color": c.city,
      "circle-stroke-width": ["case", ["has", "c"], 1.4, 0.9],
      "circle-radius": ["case", ["has", "c"], 2.4, 1.5],
      "circle-stroke-opacity": byZoom(7, 0.8, 8, 0),
      "circle-opacity": byZoom(7, 1, 8, 0),
    },
  };
}

function quarterLayer(c: Palette): LayerSpecification {
  return {
    ...base,
    id: "quarter",
    type: "symbol",
    "source-layer": "places",
    minzoom: 10.5,
    filter: ["has", "x"],
    layout: {
      "text-field": ["get", "n"],
      "text-font": REGULAR_FONT,
      "text-size": byZoom(10, 10, 14, 13),
      "text-letter-spacing": 0.08,
      "text-transform": "uppercase",
      "text-max-width": 7,
      "text-padding": 14,
      "symbol-sort-key": ["-", 0, ["get", "p"]],
    },
    paint: { "text-color": c.quarter, "text-halo-color": c.halo, "text-halo-width": 1.3 },
  };
}

function townLayer(c: Palette): LayerSpecification {
  return {
    ...base,
    id: "town",
    type: "symbol",
    "source-layer": "places",
    minzoom: 7,
    filter: ["all", ["!", ["has", "x"]], ["!", ["has", "c"]], ["<", ["get", "p"], 60_000]],
    layout: {
      "text-field": ["get", "n"],
      "text-font": REGULAR_FONT,
      "text-size": byZoom(7, 10.5, 12, ["interpolate", ["linear"], ["get", "p"], 300, 11, 20_000, 14]),
      "text-padding": byZoom(7, 10, 10, 5),
      "text-max-width": 8,
      "symbol-sort-key": ["-", 0, ["get", "p"]],
    },
    paint: { "text-color": c.town, "text-halo-color": c.halo, "text-halo-width": 1.3 },
  };
}

function cityLayer(c: Palette): LayerSpecification {
  const isLarge = ["any", ["has", "c"], [">", ["get", "p"], 900_000]];
  return {
    ...base,
    id: "city",
    type: "symbol",
    "source-layer": "places",
    minzoom: 2.6,
    filter: ["all", ["!", ["has", "x"]], ["any", ["has", "c"], [">=", ["get", "p"], 60_000]], ["<=", ["get", "m"], ["+", ["zoom"], 0.4]]],
    layout: {
      "text-field": ["get", "n"],
      "text-font": ["case", isLarge, ["literal", SEMIBOLD_FONT], ["literal", REGULAR_FONT]],
      "text-size": byZoom(3, ["interpolate", ["linear"], ["get", "p"], 1e5, 10, 1e7, 12.5], 10, ["interpolate", ["linear"], ["get", "p"], 6e4, 13, 5e6, 20]),
      "text-variable-anchor": ["left", "right", "top", "bottom"],
      "text-radial-offset": ["step", ["zoom"], 0.5, 8, 0],
      "text-justify": "auto",
      "text-max-width": 8,
      "text-padding": byZoom(3, 6, 8, 3),
      "symbol-sort-key": ["-", ["case", ["has", "c"], -3e5, 0], ["get", "p"]],
    },
    paint: { "text-color": c.city, "text-halo-color": c.halo, "text-halo-width": 1.4 },
  } as LayerSpecification;
}

function countryLayer(c: Palette): LayerSpecification {
  return {
    ...base,
    id: "country",
    type: "symbol",
    "source-layer": "countries",
    minzoom: 1.4,
    maxzoom: 7,
    filter: ["<=", ["get", "r"], ["+", ["zoom"], 1]],
    layout: {
      "text-field": ["get", "n"],
      "text-font": SEMIBOLD_FONT,
      "text-transform": "uppercase",
      "text-letter-spacing": 0.12,
      "text-max-width": 7,
      "text-size": byZoom(1.5, ["match", ["get", "r"], 1, 10, 2, 9, 8.5], 5, ["match", ["get", "r"], 1, 16, 2, 14.5, 3, 13, 12]),
      "text-padding": 6,
      "symbol-sort-key": ["-", 0, ["get", "a"]],
    },
    paint: { "text-color": c.country, "text-halo-color": c.halo, "text-halo-width": 1.5, "text-opacity": byZoom(5.5, 1, 7, 0) },
  };
}
