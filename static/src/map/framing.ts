// The part of the world to look at: where the fleet is, without the few vehicles far from all
// others and without those that no longer report.

import { OFFLINE } from "../codes.ts";
import type { CellBook } from "../live/cells.ts";
import type { FleetColumns } from "../live/columns.ts";
import { latDegOf, lngDegOf } from "./mercator.ts";

/** Part of the fleet that may lie outside at each side. */
const OUTLIERS = 0.02;
/** Vehicles this far beyond, as a part of the frame's side, are taken in again. */
const REACH = 0.35;
/** The smallest frame, as a fraction of the world: about 2 km, so that one parked car has context. */
const SMALLEST = 2 ** 32 / 20_000;

/** How many vehicles the cells are taken to be, by their shares. */
const SAMPLES = 4_000;

export interface Frame {
  bounds: [[number, number], [number, number]];
  count: number;
}

/** The frame of what the page holds: the cells of a large fleet, else its vehicles. */
export function frameOf({ cells, table }: { cells: CellBook; table: FleetColumns }): Frame | null {
  return cells.isEmpty ? frameOfRows(table) : frameOfCells(cells);
}

/** The frame of vehicles that somebody chose: of these none is left out, however far or old. */
export function frameOfChosen(table: FleetColumns, rows: Iterable<number>): Frame | null {
  const placed = Uint32Array.from(rows).filter((row) => table.hasPosition(row));
  return frameAround(
    placed.map((row) => table.mercatorX[row]!),
    placed.map((row) => table.mercatorY[row]!),
    0,
  );
}

/** The frame of all of a fleet that report, without the outliers. */
export function frameOfRows(table: FleetColumns, isMeant: (row: number) => boolean = () => true): Frame | null {
  const rows = rowsToShow(table, isMeant);
  return frameAround(
    rows.map((row) => table.mercatorX[row]!),
    rows.map((row) => table.mercatorY[row]!),
  );
}

/** Each cell stands for a share of some thousand vehicles. */
function frameOfCells(book: CellBook): Frame | null {
  const cells = [...book.cells];
  const all = cells.reduce((sum, cell) => sum + cell.vehicles, 0);
  const samples = cells.flatMap((cell) => Array.from({ length: Math.ceil((cell.vehicles / all) * SAMPLES) }, () => cell));
  return frameAround(
    Uint32Array.from(samples, (cell) => cell.mercatorX),
    Uint32Array.from(samples, (cell) => cell.mercatorY),
  );
}

function frameAround(xs: Uint32Array, ys: Uint32Array, outliers = OUTLIERS): Frame | null {
  if (xs.length === 0) return null;
  const [x, y] = [span(xs, outliers), span(ys, outliers)];
  const southWest: [number, number] = [lngDegOf(x.from), latDegOf(y.to)];
  const northEast: [number, number] = [lngDegOf(x.to), latDegOf(y.from)];
  return { bounds: [southWest, northEast], count: xs.length };
}

/** Those that report; all with a position where none does. */
function rowsToShow(table: FleetColumns, isMeant: (row: number) => boolean): Uint32Array {
  const placed = new Uint32Array(table.rowCount);
  let count = 0;
  for (let row = 0; row < table.rowCount; row++) {
    if (table.hasPosition(row) && isMeant(row)) placed[count++] = row;
  }
  const all = placed.subarray(0, count);
  const reporting = all.filter((row) => table.freshness(row) < OFFLINE);
  return reporting.length > 0 ? reporting : all;
}

/** Plain numbers sort in the low milliseconds, 100,000 of them too. */
function span(values: Uint32Array, outliers: number): { from: number; to: number } {
  const sorted = values.sort();
  const left = Math.floor(sorted.length * outliers);
  const core = { from: sorted[left]!, to: sorted[sorted.length - 1 - left]! };
  const reach = Math.max(SMALLEST, (core.to - core.from) * REACH);
  const near = sorted.filter((value) => value >= core.from - reach && value <= core.to + reach);
  let from = near[0] ?? core.from;
  let to = near.at(-1) ?? core.to;
  const lacking = SMALLEST - (to - from);
  if (lacking > 0) {
    from -= lacking / 2;
    to += lacking / 2;
  }
  return { from, to };
}
