// Chooses which names to show and on which side of their markers, so that none covers another name
// or another marker. The selected vehicle comes first, then those on the move, then the rest; a
// name that is shown keeps its place as long as it fits, so that names do not flicker.

import { MOVING, OFFLINE } from "../codes.ts";
import type { FleetTable } from "../page/fleet-table.ts";
import { Clumps } from "./clumps.ts";
import type { LabelAtlas, LabelCell } from "./label-atlas.ts";
import type { MarkerBuffer } from "./marker-buffer.ts";
import { MarkerGrid } from "./marker-grid.ts";
import { WORLD } from "./mercator.ts";
import { markerRadiusPx, worldBox } from "./view.ts";
import type { View } from "./view.ts";

/** Where a name stands, as the direction of its centre from the marker's. */
const SIDES = [
  { x: 1, y: 0 },
  { x: -1, y: 0 },
  { x: 0, y: 1 },
  { x: 0, y: -1 },
] as const;

const MOST_LABELS = 300;
/** Tries after which a crowded view has all the names it can hold. */
const MOST_TRIES = 1_500;
/** Markers closer than this many radii to another lie on it. */
const CLUMP_RADII = 1.4;
/** The selected marker's ring, in radii. */
const RING_RADII = 1.9;
/** Part of a name's height that letters fill. */
const LETTER_HEIGHT = 0.72;

const PRIORITIES = 8;
const PRIORITY = { selected: 7, movingShown: 6, moving: 5, shown: 4, rest: 3, overdueShown: 2, overdue: 1 } as const;

export interface PlacedLabel {
  row: number;
  text: string;
  cell: LabelCell;
  /** From the marker's centre to the name's top left, CSS pixels. */
  offsetXPx: number;
  offsetYPx: number;
  side: number;
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
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
  const grid = gridOf(input);
  const radiusPx = markerRadiusPx(input.view.zoom, input.scale);
  const clumps = new Clumps(grid, radiusPx * CLUMP_RADII, input.selectedRow);
  const taken: Box[] = [];
  const placed = new Map<number, PlacedLabel>();
  input.atlas.beginRound();
  let tries = 0;
  for (const index of byPriority(input, grid)) {
    if (placed.size >= MOST_LABELS || tries >= MOST_TRIES) break;
    const size = clumps.sizeLedBy(index);
    if (size === 0) continue;
    tries += 1;
    const row = grid.rows[index]!;
    const text = size === 1 ? (input.table.names[row] ?? "") : `${size} vehicles`;
    const label = placeOne(input, grid, index, text, radiusPx, taken);
    if (label !== null) placed.set(row, label);
  }
  return placed;
}

function gridOf({ table, markers, view, nowMs }: PlacementInput): MarkerGrid {
  const grid = new MarkerGrid(table.rowCount, view.widthPx, view.heightPx);
  const [centerXPx, centerYPx] = [view.widthPx / 2, view.heightPx / 2];
  const pxPerUnit = view.worldPx / WORLD;
  markers.visitWithin(worldBox(view, centerXPx, centerYPx, centerXPx, centerYPx), nowMs, (row, x, y) => {
    grid.add(row, centerXPx + x * pxPerUnit, centerYPx + y * pxPerUnit);
  });
  return grid;
}

/** Indices of the grid, most important first; rows keep their order within one priority. */
function byPriority({ table, selectedRow, before }: PlacementInput, grid: MarkerGrid): Int32Array {
  const priorities = new Uint8Array(grid.count);
  const starts = new Int32Array(PRIORITIES + 1);
  for (let index = 0; index < grid.count; index++) {
    const row = grid.rows[index]!;
    const priority = row === selectedRow ? PRIORITY.selected : priorityOf(table, row, before.has(row));
    priorities[index] = priority;
    starts[PRIORITIES - priority] = starts[PRIORITIES - priority]! + 1;
  }
  for (let i = 1; i <= PRIORITIES; i++) starts[i] = starts[i]! + starts[i - 1]!;
  const ordered = new Int32Array(grid.count);
  for (let index = grid.count - 1; index >= 0; index--) {
    const bucket = PRIORITIES - priorities[index]!;
    starts[bucket] = starts[bucket]! - 1;
    ordered[starts[bucket]!] = index;
  }
  return ordered;
}

function priorityOf(table: FleetTable, row: number, isShown: boolean): number {
  if (table.freshness(row) >= OFFLINE) return isShown ? PRIORITY.overdueShown : PRIORITY.overdue;
  if (table.motion(row) === MOVING) return isShown ? PRIORITY.movingShown : PRIORITY.moving;
  return isShown ? PRIORITY.shown : PRIORITY.rest;
}

function placeOne(
  input: PlacementInput,
  grid: MarkerGrid,
  index: number,
  text: string,
  radiusPx: number,
  taken: Box[],
): PlacedLabel | null {
  const row = grid.rows[index]!;
  const cell = input.atlas.cell(text);
  if (cell === null) return null;
  const isSelected = row === input.selectedRow;
  const clearPx = radiusPx * (isSelected ? RING_RADII : 1.05);
  const firstSide = input.before.get(row)?.side ?? 0;
  // The selected one is named in any case, on its first side once more where all are covered.
  for (let i = 0; i < SIDES.length + (isSelected ? 1 : 0); i++) {
    const side = (firstSide + i) % SIDES.length;
    const isLastResort = i === SIDES.length;
    const { x, y } = SIDES[side]!;
    const offsetXPx = x * (clearPx + cell.widthPx / 2) - cell.widthPx / 2;
    const offsetYPx = y * (clearPx + cell.heightPx * (LETTER_HEIGHT / 2)) - cell.heightPx / 2;
    const left = grid.xPx[index]! + offsetXPx;
    const top = grid.yPx[index]! + offsetYPx + (cell.heightPx * (1 - LETTER_HEIGHT)) / 2;
    const box = { left, top, right: left + cell.widthPx, bottom: top + cell.heightPx * LETTER_HEIGHT };
    if (!isLastResort && (isCut(box, input.view) || isCovered(box, grid, index, radiusPx, taken))) continue;
    taken.push(box);
    return { row, text, cell, offsetXPx, offsetYPx, side };
  }
  return null;
}

function isCut(box: Box, view: View): boolean {
  return box.left < 0 || box.top < 0 || box.right > view.widthPx || box.bottom > view.heightPx;
}

/** Whether a name would lie on another name or on another marker than its own. */
function isCovered(box: Box, grid: MarkerGrid, own: number, radiusPx: number, taken: readonly Box[]): boolean {
  const onName = taken.some((other) => other.left < box.right && box.left < other.right && other.top < box.bottom && box.top < other.bottom);
  const reach = radiusPx * 0.9;
  return onName || grid.some(box.left - reach, box.top - reach, box.right + reach, box.bottom + reach, (index) => index !== own);
}
