// Which vehicle is under a pointer. Brute force over all drawn positions: 0.2 ms for 100,000.

import type { FleetTable } from "../page/fleet-table.ts";
import type { DrawnPoint, MarkerBuffer } from "./marker-buffer.ts";
import { toXPx, toYPx } from "./view.ts";
import type { View } from "./view.ts";

/** The row nearest to a point within `reachPx`, or -1. */
export function pickRow(table: FleetTable, markers: MarkerBuffer, view: View, xPx: number, yPx: number, reachPx: number, nowMs: number): number {
  const point: DrawnPoint = { x: 0, y: 0 };
  let best = -1;
  let bestDistance2 = reachPx * reachPx;
  for (let row = 0; row < table.rowCount; row++) {
    if (table.hasPosition[row] === 0) continue;
    markers.drawnAt(row, nowMs, point);
    const dx = toXPx(view, point.x) - xPx;
    const dy = toYPx(view, point.y) - yPx;
    const distance2 = dx * dx + dy * dy;
    if (distance2 <= bestDistance2) [best, bestDistance2] = [row, distance2];
  }
  return best;
}
