// The part of the fleet that a scene is about: where to look, and how many of it are in each state.

import { STANDINGS, noCounts, standingCode } from "../codes.ts";
import type { StandingCounts } from "../codes.ts";
import type { CellBook } from "../live/cells.ts";
import { pathsOf } from "../live/groups.ts";
import { frameOf, frameOfRows } from "../map/framing.ts";
import type { Frame } from "../map/framing.ts";
import type { FleetTable } from "../page/fleet-table.ts";
import type { Area } from "./scene.ts";

interface Fleet {
  table: FleetTable;
  cells: CellBook;
  counts: StandingCounts;
  isWhole: boolean;
}

/** Where to look now; null where nothing of it has a place. */
export function frameOfArea(area: Area, fleet: Fleet): Frame | null {
  if (area.kind === "bounds") return { bounds: area.bounds, count: 0 };
  return area.kind === "group" ? frameOfRows(fleet.table, memberOf(area.group, fleet.table)) : frameOf(fleet);
}

/** Of a group its own counts, where the page holds all of it; else the fleet's. */
export function countsOfArea(area: Area, { table, counts, isWhole }: Fleet): StandingCounts {
  if (area.kind !== "group" || !isWhole) return counts;
  const isMember = memberOf(area.group, table);
  const found = noCounts();
  for (let row = 0; row < table.rowCount; row++) {
    if (table.isInUse(row) && isMember(row)) found[STANDINGS[standingCode(table.motion(row), table.freshness(row))]!] += 1;
  }
  return found;
}

/** Whether a row is in a group, or in one below it. */
function memberOf(group: string, { groups }: FleetTable): (row: number) => boolean {
  const path = pathsOf(group).at(-1) ?? "";
  // Many vehicles are in the same few groups.
  const known = new Map<string, boolean>();
  return (row) => {
    const text = groups[row] ?? "";
    let isIn = known.get(text);
    if (isIn === undefined) known.set(text, (isIn = text.split(", ").some((one) => pathsOf(one).includes(path))));
    return isIn;
  };
}
