// Which vehicle is under a pointer. Brute force over all records, most of which are told to be far
// off by a subtraction: no index to keep.

import type { MarkerBuffer } from "./marker-buffer.ts";
import { worldBox } from "./view.ts";
import type { View } from "./view.ts";

/** The row nearest to a point within `reachPx`, or -1. */
export function pickRow(markers: MarkerBuffer, view: View, xPx: number, yPx: number, reachPx: number, nowMs: number): number {
  const box = worldBox(view, xPx, yPx, reachPx, reachPx);
  const { count, rows, x, y } = markers.within(box, nowMs);
  let best = -1;
  let bestDistance2 = box.halfX * box.halfX;
  for (let i = 0; i < count; i++) {
    const distance2 = x[i]! * x[i]! + y[i]! * y[i]!;
    if (distance2 <= bestDistance2) [best, bestDistance2] = [rows[i]!, distance2];
  }
  return best;
}
