// Where to write each country's name: the spot inside its largest part that is furthest from any
// border, searched on a grid (good to a few per cent of the country's width, which is enough for
// a label).

import { feature, featureCollection, isInside, polygonsOf, signedRingArea, squaredDistanceToEdges } from "./geometry.mjs";

const GRID_STEPS = 26;
const MOST_POINTS_PER_RING = 400;
/** Area in square degrees at and above which a country has this rank (1 is shown first). */
const RANKS = [
  [250, 1],
  [60, 2],
  [12, 3],
  [2, 4],
  [0.25, 5],
];
const SMALLEST_RANK = 7;

/** Points with `n` name, `a` area in square degrees, `r` rank. */
export function countryLabels(countries) {
  return featureCollection(countries.map(labelOf).filter((label) => label !== null));
}

function labelOf(country) {
  if (!country.geometry || !country.properties.name) return null;
  const parts = polygonsOf(country.geometry).map((rings) => ({ rings, area: levelArea(rings[0]) }));
  const totalArea = parts.reduce((sum, part) => sum + part.area, 0);
  const largest = parts.reduce((a, b) => (a.area >= b.area ? a : b));
  const spot = innermostPoint(largest.rings);
  if (spot === null) return null;
  const properties = {
    n: country.properties.name,
    a: Math.round(totalArea * 100) / 100,
    r: rankOf(totalArea),
  };
  return feature({ type: "Point", coordinates: spot }, properties);
}

/** Area of a ring with degrees of longitude shortened as they are at its latitude. */
function levelArea(ring) {
  return Math.abs(signedRingArea(ring)) * Math.cos((ring[0][1] * Math.PI) / 180);
}

function rankOf(area) {
  return RANKS.find(([least]) => area > least)?.[1] ?? SMALLEST_RANK;
}

function innermostPoint(rings) {
  const polygon = rings.map(thinned);
  const xs = rings[0].map((p) => p[0]);
  const ys = rings[0].map((p) => p[1]);
  const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const xScale = Math.cos((((south + north) / 2) * Math.PI) / 180);
  let best = null;
  let bestDistance = -1;
  for (let i = 1; i < GRID_STEPS; i++) {
    for (let j = 1; j < GRID_STEPS; j++) {
      const point = [west + ((east - west) * i) / GRID_STEPS, south + ((north - south) * j) / GRID_STEPS];
      if (!isInside(point, polygon)) continue;
      const distance = squaredDistanceToEdges(point, polygon, xScale);
      if (distance > bestDistance) [best, bestDistance] = [point, distance];
    }
  }
  return best;
}

function thinned(ring) {
  if (ring.length <= MOST_POINTS_PER_RING) return ring;
  const step = Math.ceil(ring.length / MOST_POINTS_PER_RING);
  return ring.filter((_, i) => i % step === 0 || i === ring.length - 1);
}
