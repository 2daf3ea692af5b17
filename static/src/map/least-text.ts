// Makes the names of a map large enough to be read from afar: the desk's are made for an arm's length.

import type { LayerSpecification, StyleSpecification } from "maplibre-gl";

/** The same style with no text smaller than `leastPx`. */
export function withLeastText(style: StyleSpecification, leastPx: number): StyleSpecification {
  return leastPx <= 0 ? style : { ...style, layers: style.layers.map((layer) => enlarged(layer, leastPx)) };
}

function enlarged(layer: LayerSpecification, leastPx: number): LayerSpecification {
  if (layer.type !== "symbol") return layer;
  const size: unknown = layer.layout?.["text-size"];
  if (size === undefined) return layer;
  return { ...layer, layout: { ...layer.layout, "text-size": atLeast(size, leastPx) } } as LayerSpecification;
}

/** A zoom may only stand outermost in such an expression: its stops are what is raised. */
function atLeast(size: unknown, leastPx: number): unknown {
  if (!Array.isArray(size)) return typeof size === "number" ? Math.max(size, leastPx) : size;
  const [kind, how, input, ...stops] = size as unknown[];
  if (kind !== "interpolate") return ["max", leastPx, size];
  return [kind, how, input, ...stops.map((stop, i) => (i % 2 === 0 ? stop : ["max", leastPx, stop]))];
}
