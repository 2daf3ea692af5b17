// Chooses which names to show and on which side of their markers, so that none covers another name
// or another marker. The selected vehicle comes first, then those on the move, then the rest; a
// name that is shown keeps its place as long as it fits, so that names do not flicker. The work is
// bounded, whatever is in view: names come in over a few rounds, and where very many markers lie
// in heaps only so many of them are looked through.

import { MOVING, NEVER, OFFLINE } from "../codes.ts";
import { STATE } from "../live/columns.ts";
import type { FleetTable } from "../page/fleet-table.ts";
import { Clumps } from "./clumps.ts";
import type { LabelAtlas, LabelCell } from "./label-atlas.ts";
import type { MarkerBuffer } from "./marker-buffer.ts";
import { MarkerGrid } from "./marker-grid.ts";
import { WORLD } from "./mercator.ts";
import { NameBoxes } from "./name-boxes.ts";
import type { Box } from "./name-boxes.ts";
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
const MOST_TRIES = 800;
/** Markers looked at, one by one, in all tries. */
const MOST_VISITS = 150_000;
/** Markers closer than this many radii to another lie on it. */
const CLUMP_RADII = 1.4;
/** The selected marker's ring, in radii. */
const RING_RADII = 1.9;
/** Part of a name's height that letters fill. */
const LETTER_HEIGHT = 0.72;

const PRIORITIES = 8;
const PRIORITY = { selected: 7, moving: 5, rest: 3, overdue: 1 } as const;
/** Added for a name that is shown already. */
const SHOWN = 1;
const PRIORITY_OF_STATE = Uint8Array.from({ length: 256 }, (_, state) => {
  if (Math.min((state >> STATE.freshnessShift) & 7, NEVER) >= OFFLINE) return PRIORITY.overdue;
  return (state & STATE.motionMask) === MOVING ? PRIORITY.moving : PRIORITY.rest;
});

export interface PlacedLabel {
  row: number;
  text: string;
  cell: LabelCell;
  /** From the marker's centre to the name's top left, CSS pixels. */
  offsetXPx: number;
  offsetYPx: number;
  side: number;
}

export interface PlacementInput {
  view: View;
  nowMs: number;
  scale: number;
  selectedRow: number;
  /** What was shown before, by row. */
  before: Map<number, PlacedLabel>;
}

export class LabelPlacement {
  /** Whether some names wait for the next round. */
  isUnfinished = false;
  #table: FleetTable;
  #markers: MarkerBuffer;
  #atlas: LabelAtlas;
  #grid = new MarkerGrid();
  #clumps = new Clumps(this.#grid);
  #taken = new NameBoxes();
  #ordered = new Int32Array(0);
  #buckets = new Uint8Array(0);
  #wasShown = new Uint8Array(0);

  constructor(table: FleetTable, markers: MarkerBuffer, atlas: LabelAtlas) {
    this.#table = table;
    this.#markers = markers;
    this.#atlas = atlas;
  }

  place(input: PlacementInput): Map<number, PlacedLabel> {
    const { view, selectedRow } = input;
    const grid = this.#grid;
    const radiusPx = markerRadiusPx(view.zoom, input.scale);
    this.#fillGrid(input);
    this.#clumps.reset(radiusPx * CLUMP_RADII, selectedRow);
    this.#taken.reset(view.widthPx, view.heightPx);
    this.#atlas.beginRound();
    this.isUnfinished = false;
    const placed = new Map<number, PlacedLabel>();
    let tries = 0;
    for (let i = 0; i < grid.count; i++) {
      if (placed.size >= MOST_LABELS || tries >= MOST_TRIES || grid.visits > MOST_VISITS) break;
      const index = this.#ordered[i]!;
      if (this.#clumps.isLed(index)) continue;
      const size = this.#clumps.sizeLedBy(index);
      tries += 1;
      const row = grid.rows[index]!;
      const text = size === 1 ? (this.#table.names[row] ?? "") : `${size} vehicles`;
      const label = this.#placeOne(input, index, text, radiusPx);
      if (label !== null) placed.set(row, label);
    }
    return placed;
  }

  /** Takes the markers in view, and puts their indices into order: most important first, else by row. */
  #fillGrid({ view, nowMs, selectedRow, before }: PlacementInput): void {
    const grid = this.#grid;
    const [halfXPx, halfYPx] = [view.widthPx / 2, view.heightPx / 2];
    const { count, rows, x, y } = this.#markers.within(worldBox(view, halfXPx, halfYPx, halfXPx, halfYPx), nowMs);
    const pxPerUnit = view.worldPx / WORLD;
    for (let i = 0; i < count; i++) {
      x[i] = halfXPx + x[i]! * pxPerUnit;
      y[i] = halfYPx + y[i]! * pxPerUnit;
    }
    grid.fill(count, rows, x, y, view.widthPx, view.heightPx);
    this.#order(count, rows, selectedRow, before);
  }

  #order(count: number, rows: Int32Array, selectedRow: number, before: Map<number, PlacedLabel>): void {
    const { state, capacity } = this.#table;
    if (this.#wasShown.length < capacity) this.#wasShown = new Uint8Array(capacity);
    if (this.#ordered.length < count) {
      this.#ordered = new Int32Array(Math.ceil(count * 1.25));
      this.#buckets = new Uint8Array(this.#ordered.length);
    }
    const wasShown = this.#wasShown;
    for (const row of before.keys()) wasShown[row] = SHOWN;
    // The most important bucket is the first.
    const buckets = this.#buckets;
    const starts = new Int32Array(PRIORITIES + 1);
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      const bucket = row === selectedRow ? 0 : PRIORITY.selected - PRIORITY_OF_STATE[state[row]!]! - wasShown[row]!;
      buckets[i] = bucket;
      starts[bucket + 1]! += 1;
    }
    for (let i = 1; i <= PRIORITIES; i++) starts[i]! += starts[i - 1]!;
    const { indexOf } = this.#grid;
    const ordered = this.#ordered;
    for (let i = 0; i < count; i++) {
      const bucket = buckets[i]!;
      const at = starts[bucket]!;
      starts[bucket] = at + 1;
      ordered[at] = indexOf[i]!;
    }
    for (const row of before.keys()) wasShown[row] = 0;
  }

  #placeOne(input: PlacementInput, index: number, text: string, radiusPx: number): PlacedLabel | null {
    const grid = this.#grid;
    const row = grid.rows[index]!;
    const isSelected = row === input.selectedRow;
    const { heightPx } = this.#atlas;
    const widthPx = this.#atlas.widthPx(text);
    const clearPx = radiusPx * (isSelected ? RING_RADII : 1.05);
    const firstSide = input.before.get(row)?.side ?? 0;
    // The selected one is named in any case, on its first side once more where all are covered.
    for (let i = 0; i < SIDES.length + (isSelected ? 1 : 0); i++) {
      const side = (firstSide + i) % SIDES.length;
      const isLastResort = i === SIDES.length;
      const { x, y } = SIDES[side]!;
      const offsetXPx = x * (clearPx + widthPx / 2) - widthPx / 2;
      const offsetYPx = y * (clearPx + heightPx * (LETTER_HEIGHT / 2)) - heightPx / 2;
      const left = grid.xPx[index]! + offsetXPx;
      const top = grid.yPx[index]! + offsetYPx + (heightPx * (1 - LETTER_HEIGHT)) / 2;
      const box = { left, top, right: left + widthPx, bottom: top + heightPx * LETTER_HEIGHT };
      if (!isLastResort && (isCut(box, input.view) || this.#isCovered(box, index, radiusPx))) continue;
      const cell = this.#atlas.cell(text, isSelected);
      if (cell === null) this.isUnfinished = true;
      this.#taken.take(box);
      return cell && { row, text, cell, offsetXPx, offsetYPx, side };
    }
    return null;
  }

  /** Whether a name would lie on another name or on another marker than its own. */
  #isCovered(box: Box, own: number, radiusPx: number): boolean {
    if (this.#taken.isTaken(box)) return true;
    const reach = radiusPx * 0.9;
    return this.#grid.some(box.left - reach, box.top - reach, box.right + reach, box.bottom + reach, (index) => index !== own);
  }
}

function isCut(box: Box, view: View): boolean {
  return box.left < 0 || box.top < 0 || box.right > view.widthPx || box.bottom > view.heightPx;
}
