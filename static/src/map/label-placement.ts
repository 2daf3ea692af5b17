// Chooses which names to show and on which side of their markers, so that none covers another name
// or another marker. The selected vehicle comes first, then those on the move, then the rest; a
// name that is shown keeps its place as long as it fits, so that names do not flicker.

import { MOVING, NEVER, OFFLINE } from "../codes.ts";
import type { FleetTable } from "../page/fleet-table.ts";
import { clumpSizes } from "./clumps.ts";
import type { LabelAtlas, LabelCell } from "./label-atlas.ts";
import type { DrawnPoint, MarkerBuffer } from "./marker-buffer.ts";
import { markerRadiusPx, toXPx, toYPx } from "./view.ts";
import type { View } from "./view.ts";

/** Where a name stands, as the direction of its centre from the marker's. */
const SIDES = [
  { x: 1, y: 0 },
  { x: -1, y: 0 },
  { x: 0, y: 1 },
  { x: 0, y: -1 },
] as const;

const MOST_LABELS = 300;
const CELL_PX = 64;
/** Markers closer than this many radii to another lie on it. */
const CLUMP_RADII = 1.4;

export interface PlacedLabel {
  row: number;
  text: string;
  cell: LabelCell;
  /** From the marker's centre to the name's top left, CSS pixels. */
  offsetXPx: number;
  offsetYPx: number;
  side: number;
}

interface Candidate {
  row: number;
  xPx: number;
  yPx: number;
  priority: number;
}

export interface PlacementInput {
  table: FleetTable;
  markers: MarkerBuffer;
  atlas: LabelAtlas;
  view: View;
  nowMs: number;
  scale: number;
  selectedRow: number;
  /** What was shown before, by row. */
  before: Map<number, PlacedLabel>;
}

export function placeLabels(input: PlacementInput): Map<number, PlacedLabel> {
  const inView = candidatesOf(input);
  const radiusPx = markerRadiusPx(input.view.zoom, input.scale);
  const taken = new Boxes();
  for (const { row, xPx, yPx } of inView) {
    taken.add(row, xPx - radiusPx, yPx - radiusPx, xPx + radiusPx, yPx + radiusPx);
  }
  inView.sort((a, b) => b.priority - a.priority || a.row - b.row);
  const sizes = clumpSizes(inView, radiusPx * CLUMP_RADII, input.selectedRow);
  input.atlas.beginRound();
  const placed = new Map<number, PlacedLabel>();
  for (const candidate of inView) {
    if (placed.size >= MOST_LABELS) break;
    const size = sizes.get(candidate.row) ?? 1;
    if (size === 0) continue;
    const text = size === 1 ? (input.table.names[candidate.row] ?? "") : `${size} vehicles`;
    const label = placeOne(input, candidate, text, radiusPx, taken);
    if (label !== null) placed.set(candidate.row, label);
  }
  return placed;
}

function candidatesOf({ table, markers, view, nowMs, selectedRow, before }: PlacementInput): Candidate[] {
  const found: Candidate[] = [];
  const point: DrawnPoint = { x: 0, y: 0 };
  for (let row = 0; row < table.rowCount; row++) {
    if (table.hasPosition[row] === 0) continue;
    markers.drawnAt(row, nowMs, point);
    const xPx = toXPx(view, point.x);
    const yPx = toYPx(view, point.y);
    if (xPx < 0 || yPx < 0 || xPx > view.widthPx || yPx > view.heightPx) continue;
    const priority = priorityOf(table, row, selectedRow) + (before.has(row) ? 0.5 : 0);
    found.push({ row, xPx, yPx, priority });
  }
  return found;
}

function priorityOf(table: FleetTable, row: number, selectedRow: number): number {
  if (row === selectedRow) return 10;
  const freshness = table.freshness[row]!;
  if (freshness >= OFFLINE && freshness <= NEVER) return 1;
  return table.motion[row] === MOVING ? 4 : 3;
}

function placeOne(input: PlacementInput, candidate: Candidate, text: string, radiusPx: number, taken: Boxes): PlacedLabel | null {
  const { row, xPx, yPx } = candidate;
  const cell = input.atlas.cell(text);
  if (cell === null) return null;
  const first = input.before.get(row)?.side ?? 0;
  for (let i = 0; i < SIDES.length; i++) {
    const side = (first + i) % SIDES.length;
    const { x, y } = SIDES[side]!;
    const distanceX = radiusPx * (row === input.selectedRow ? 1.9 : 1.05) + cell.widthPx / 2;
    const distanceY = radiusPx * (row === input.selectedRow ? 1.9 : 1.05) + cell.heightPx * 0.36;
    const offsetXPx = x * distanceX - cell.widthPx / 2;
    const offsetYPx = y * distanceY - cell.heightPx / 2;
    const left = xPx + offsetXPx;
    const top = yPx + offsetYPx + cell.heightPx * 0.14;
    const [right, bottom] = [left + cell.widthPx, top + cell.heightPx * 0.72];
    if (row !== input.selectedRow && taken.hits(row, left, top, right, bottom)) continue;
    taken.add(row, left, top, right, bottom);
    return { row, text, cell, offsetXPx, offsetYPx, side };
  }
  return null;
}

/** Boxes already taken, found by a grid of square cells. */
class Boxes {
  #cells = new Map<number, number[]>();
  #boxes: { row: number; left: number; top: number; right: number; bottom: number }[] = [];

  add(row: number, left: number, top: number, right: number, bottom: number): void {
    const index = this.#boxes.push({ row, left, top, right, bottom }) - 1;
    this.#eachCell(left, top, right, bottom, (key) => {
      const cell = this.#cells.get(key);
      if (cell) cell.push(index);
      else this.#cells.set(key, [index]);
      return false;
    });
  }

  /** Whether the box touches one of another row. */
  hits(row: number, left: number, top: number, right: number, bottom: number): boolean {
    return this.#eachCell(left, top, right, bottom, (key) =>
      (this.#cells.get(key) ?? []).some((index) => {
        const box = this.#boxes[index]!;
        return box.row !== row && box.left < right && left < box.right && box.top < bottom && top < box.bottom;
      }),
    );
  }

  #eachCell(left: number, top: number, right: number, bottom: number, visit: (key: number) => boolean): boolean {
    for (let x = Math.floor(left / CELL_PX); x <= Math.floor(right / CELL_PX); x++) {
      for (let y = Math.floor(top / CELL_PX); y <= Math.floor(bottom / CELL_PX); y++) {
        if (visit(x * 65_536 + y)) return true;
      }
    }
    return false;
  }
}
