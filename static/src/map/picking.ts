// Which vehicle is under a pointer. Brute force over all records, most of which are told to be far
// off by a subtraction: no index to keep.

import type { MarkerBuffer } from "./marker-buffer.ts";
import { worldBox } from "./view.ts";
import type { View } from "./view.ts";

/** The row nearest to a point within `reachPx`, or -1. */
export function pickRow(markers: MarkerBuffer, view: View, xPx: number, yPx: number, reachPx: number, nowMs: number): number {
  const box = worldBox(view, xPx, yPx, reachPx, reachPx);
  let best = -1;
  let bestDistance2 = box.halfX * box.halfX;
  markers.visitWithin(box, nowMs, (row, x, y) => {
    const distance2 = x * x + y * y;
    if (distance2 <= bestDistance2) [best, bestDistance2] = [row, distance2];
  });
  return best;
}
