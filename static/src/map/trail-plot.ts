// A trail as what is plotted of it over time: the speed of each fix, and how long after the one
// before it came. Pure; lengths are shares of the plot, 0 to 1, from the left and from the foot.

import type { TrailPoint } from "../protocol.ts";
import { isGap } from "./trail-features.ts";

export interface PlotPoint {
  atMs: number;
  lngLatDeg: [number, number];
  x: number;
  /** NaN where unknown. */
  speedMps: number;
  /** Since the fix before; NaN of the first. */
  afterMs: number;
  /** Nobody knows the way here. */
  isGap: boolean;
}

/** Tops of a speed axis, in the viewer's unit. */
const TOPS = [20, 40, 60, 80, 100, 120, 140, 160, 200, 300, 400, 600, 1_000, 2_000];

export function plotPoints(points: readonly TrailPoint[], fromMs: number, toMs: number): PlotPoint[] {
  return points.flatMap((point, i) => {
    const atMs = Date.parse(point.fixed_at);
    const before = points[i - 1];
    if (Number.isNaN(atMs) || atMs < fromMs || atMs > toMs) return [];
    return [
      {
        atMs,
        lngLatDeg: [point.lng_deg, point.lat_deg],
        x: (atMs - fromMs) / Math.max(1, toMs - fromMs),
        speedMps: point.speed_mps ?? NaN,
        afterMs: before === undefined ? NaN : atMs - Date.parse(before.fixed_at),
        isGap: before !== undefined && isGap(before, point),
      } satisfies PlotPoint,
    ];
  });
}

/** The top of the axis for speeds up to `most`, in the same unit. */
export function axisTop(most: number): number {
  return TOPS.find((top) => most <= top) ?? Math.ceil(most / 1_000) * 1_000;
}

/** The line of the speeds as the `d` of a path in a box: broken where the way, or the speed, is not known. */
export function speedPath(points: readonly PlotPoint[], topMps: number, width: number, height: number): string {
  let path = "";
  let isDown = false;
  for (const { x, speedMps, isGap: isAfterGap } of points) {
    if (Number.isNaN(speedMps)) {
      isDown = false;
      continue;
    }
    const [px, py] = [(x * width).toFixed(1), (height - Math.min(1, speedMps / topMps) * height).toFixed(1)];
    path += `${isDown && !isAfterGap ? "L" : "M"}${px} ${py}`;
    // A lone point is seen too.
    if (!isDown || isAfterGap) path += "h0";
    isDown = true;
  }
  return path;
}

/** One bar for each fix, as high as it was waited for; `areGaps` chooses which. */
export function gapPath(points: readonly PlotPoint[], mostMs: number, areGaps: boolean, width: number, height: number): string {
  return points
    .filter(({ afterMs, isGap: isAfterGap }) => !Number.isNaN(afterMs) && isAfterGap === areGaps)
    .map(({ x, afterMs }) => `M${(x * width).toFixed(1)} ${height}V${(height - Math.max(0.04, Math.min(1, afterMs / mostMs)) * height).toFixed(1)}`)
    .join("");
}

/** The place in `points` of the one nearest in time to a share of the plot; -1 where there is none. */
export function nearestPoint(points: readonly PlotPoint[], x: number): number {
  let best = -1;
  points.forEach((point, i) => {
    if (best === -1 || Math.abs(point.x - x) < Math.abs(points[best]!.x - x)) best = i;
  });
  return best;
}
