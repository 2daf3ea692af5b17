// A trail as what is drawn of it: stretches of one band of speed, gaps, and the fixes. Pure.

import type { Feature, FeatureCollection } from "geojson";
import type { TrailPoint } from "../protocol.ts";

/** Where one band of speed ends and the next begins, km/h. */
export const SPEED_BANDS_KMH = [20, 50, 80, 110] as const;
export const UNKNOWN_BAND = -1;

/** No vehicle on the move is expected to be silent longer; what the server calls a gap may be shorter. */
const LONGEST_STEP_MS = 15 * 60_000;
const KMH_PER_MPS = 3.6;

type Place = [lngDeg: number, latDeg: number];

/** The band of a speed; unknown where that is. */
export function speedBand(speedMps: number | undefined): number {
  if (speedMps === undefined || Number.isNaN(speedMps)) return UNKNOWN_BAND;
  const kmh = speedMps * KMH_PER_MPS;
  const band = SPEED_BANDS_KMH.findIndex((end) => kmh < end);
  return band === -1 ? SPEED_BANDS_KMH.length : band;
}

/** Whether the way from one point to the next is not known. */
export function isGap(before: TrailPoint, point: TrailPoint): boolean {
  return point.gap === true || Date.parse(point.fixed_at) - Date.parse(before.fixed_at) > LONGEST_STEP_MS;
}

/** Lines with `band`, gaps with `isGap`, and points; those completed later have `isFilled`. */
export function trailFeatures(points: readonly TrailPoint[]): FeatureCollection {
  const features: Feature[] = [];
  let stretch: Place[] = [];
  let band = UNKNOWN_BAND;
  const endStretch = () => {
    if (stretch.length > 1) features.push(lineFeature(stretch, { band, isGap: false }));
    stretch = [];
  };
  points.forEach((point, i) => {
    const before = points[i - 1];
    if (before !== undefined && isGap(before, point)) {
      endStretch();
      features.push(lineFeature([placeOf(before), placeOf(point)], { band: UNKNOWN_BAND, isGap: true }));
    } else if (before !== undefined) {
      const bandHere = bandBetween(before, point);
      if (bandHere !== band || stretch.length === 0) {
        endStretch();
        band = bandHere;
        stretch = [placeOf(before)];
      }
      stretch.push(placeOf(point));
    }
    features.push({ type: "Feature", properties: { isFilled: point.filled === true }, geometry: { type: "Point", coordinates: placeOf(point) } });
  });
  endStretch();
  return { type: "FeatureCollection", features };
}

/** By the mean of both ends' speeds, or by the one that is known. */
function bandBetween({ speed_mps: before }: TrailPoint, { speed_mps: after }: TrailPoint): number {
  return speedBand(before === undefined || after === undefined ? (after ?? before) : (before + after) / 2);
}

function placeOf(point: TrailPoint): Place {
  return [point.lng_deg, point.lat_deg];
}

function lineFeature(coordinates: Place[], properties: { band: number; isGap: boolean }): Feature {
  return { type: "Feature", properties, geometry: { type: "LineString", coordinates } };
}
