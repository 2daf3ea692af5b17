// Which vehicles are nearest to a place, of a fleet that is held. Pure.

import { distanceM } from "../map/great-circle.ts";
import { latDegOf, lngDegOf } from "../map/mercator.ts";
import type { FleetColumns } from "./columns.ts";
import { classOf } from "./filter.ts";

export interface NearRow {
  row: number;
  metres: number;
}

/** At most `most`, the nearest first; `passes` says by class which are meant, `except` which row is not. */
export function nearestRows(columns: FleetColumns, place: readonly [lngDeg: number, latDeg: number], passes: Uint8Array, most: number, except = -1): NearRow[] {
  const nearest: NearRow[] = [];
  for (let row = 0; row < columns.rowCount; row++) {
    if (row === except || !columns.isInUse(row) || !columns.hasPosition(row)) continue;
    if (passes[classOf(columns.state[row]!, columns.flags[row]!)] === 0) continue;
    const metres = distanceM(place, [lngDegOf(columns.mercatorX[row]!), latDegOf(columns.mercatorY[row]!)]);
    const last = nearest.at(-1);
    if (nearest.length === most && last !== undefined && metres >= last.metres) continue;
    const at = nearest.findIndex((other) => metres < other.metres);
    nearest.splice(at === -1 ? nearest.length : at, 0, { row, metres });
    if (nearest.length > most) nearest.pop();
  }
  return nearest;
}
