// Chooses which names to show and on which side of their markers, so that none covers another name
// or another marker. The selected vehicle comes first, then those with an open alarm, those on the
// move, the rest; on a wall those with an alarm, then those that are overdue. A
// name that is shown keeps its place as long as it fits, so that names do not flicker. The work is
// bounded, whatever is in view: names come in over a few rounds, and where very many markers lie
// in heaps only so many of them are looked through.

import { MOVING, NEVER, OFFLINE, OFF_DUTY, STALE } from "../codes.ts";
import { STATE } from "../live/columns.ts";
import type { FleetColumns } from "../live/columns.ts";
import { labelText } from "../ui/words.ts";
import { Clumps } from "./clumps.ts";
import type { LabelAtlas, LabelCell } from "./label-atlas.ts";
import type { MarkerBuffer } from "./marker-buffer.ts";
import { MarkerGrid } from "./marker-grid.ts";
import { WORLD } from "./mercator.ts";
import { NameBoxes } from "./name-boxes.ts";
import type { Box } from "./name-boxes.ts";
import { markerRadiusPx, worldBox } from "./view.ts";
import type { View } from "./view.ts";
import { words } from "../words/words.ts";

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
/** Markers looked at, one by one, in a whole round. */
const MOST_VISITS = 70_000;
/** A name is hardly shorter than this: where not even this has room, nothing is measured. */
const SHORTEST_PX = 36;
/** Markers closer than this many radii to another lie on it. */
const CLUMP_RADII = 1.4;
/** The selected marker's ring, in radii. */
const RING_RADII = 1.9;
/** Part of a name's height that letters fill. */
const LETTER_HEIGHT = 0.72;

const PRIORITIES = 11;
const MOST_PRIORITY = 9;
/** Added for a name that is shown already. */
const SHOWN = 1;

/** Whose name comes first: higher is earlier. */
export interface LabelOrder {
  selected: number;
  /** With an open alarm. */
  alarmed: number;
  /** By state byte. */
  ofState: Uint8Array;
}

/** Who sits at a desk looks for what moves; of what is offline there is a list. */
export const DESK_ORDER: LabelOrder = {
  selected: 9,
  alarmed: 7,
  ofState: Uint8Array.from({ length: 256 }, (_, state) => {
    if (Math.min((state >> STATE.freshnessShift) & 7, NEVER) >= OFFLINE) return 1;
    return (state & STATE.motionMask) === MOVING ? 5 : 3;
  }),
};

/** Alarm, overdue, selected, moving, rest. */
export const WALL_ORDER: LabelOrder = {
  selected: 5,
  alarmed: 9,
  ofState: Uint8Array.from({ length: 256 }, (_, state) => {
    const freshness = (state >> STATE.freshnessShift) & 7;
    if (freshness >= STALE && freshness < OFF_DUTY) return 7;
    return (state & STATE.motionMask) === MOVING ? 3 : 1;
  }),
};

export interface PlacedLabel {
  row: number;
  text: string;
  cell: LabelCell;
  /** From the marker's centre to the name's top left, CSS pixels. */
  offsetXPx: number;
  offsetYPx: number;
  side: number;
}

/** Vehicles with their names. */
export type NamedColumns = FleetColumns & { readonly names: readonly string[] };

export interface PlacementInput {
  view: View;
  /** By the page's clock, and by the fleet's. */
  nowMs: number;
  fleetNowMs: number;
  scale: number;
  selectedRow: number;
  /** What was shown before, by row. */
  before: Map<number, PlacedLabel>;
  /** The desk's where none is given. */
  order?: LabelOrder | undefined;
}

export class LabelPlacement {
  /** Whether some names wait for the next round. */
  isUnfinished = false;
  #table: NamedColumns;
  #markers: MarkerBuffer;
  #atlas: LabelAtlas;
  #grid = new MarkerGrid();
  #clumps = new Clumps(this.#grid);
  #taken = new NameBoxes();
  #buckets = new Uint8Array(0);
  #probe: Box = { left: 0, top: 0, right: 0, bottom: 0 };
  #wasShown = new Uint8Array(0);

  constructor(table: NamedColumns, markers: MarkerBuffer, atlas: LabelAtlas) {
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
    for (let bucket = 0, tries = 0; bucket < PRIORITIES; bucket++) {
      for (let index = this.#nextOf(bucket, 0); index < grid.count; index = this.#nextOf(bucket, index + 1)) {
        if (placed.size >= MOST_LABELS || tries >= MOST_TRIES || grid.visits > MOST_VISITS) return placed;
        const row = grid.rows[index]!;
        if (this.#clumps.isLed(index) || (row !== selectedRow && !this.#hasRoom(input, index, radiusPx))) continue;
        tries += 1;
        const size = this.#clumps.sizeLedBy(index);
        const text = size === 1 ? this.#textOf(row, input.fleetNowMs) : words.counts.vehicles(size);
        const label = this.#placeOne(input, index, text, radiusPx);
        if (label !== null) placed.set(row, label);
      }
    }
    return placed;
  }

  /** A name; with the age of a position that is not live. */
  #textOf(row: number, fleetNowMs: number): string {
    const table = this.#table;
    return labelText(table.names[row] ?? "", table.freshness(row), fleetNowMs - table.fixedAtMs(row));
  }

  /** The next marker of a priority from `from` on; beyond the last one where there is none. */
  #nextOf(bucket: number, from: number): number {
    const index = this.#buckets.indexOf(bucket, from);
    return index === -1 ? this.#grid.count : index;
  }

  /** Takes the markers in view, each with its priority; of one priority they stand in the order of rows. */
  #fillGrid(input: PlacementInput): void {
    const { view, nowMs } = input;
    const grid = this.#grid;
    const [halfXPx, halfYPx] = [view.widthPx / 2, view.heightPx / 2];
    const { count, rows, x, y } = this.#markers.within(worldBox(view, halfXPx, halfYPx, halfXPx, halfYPx), nowMs);
    grid.fill(count, rows, x, y, view.worldPx / WORLD, view.widthPx, view.heightPx);
    this.#prioritise(count, rows, input);
  }

  #prioritise(count: number, rows: Int32Array, { selectedRow, before, order = DESK_ORDER }: PlacementInput): void {
    const { state, capacity } = this.#table;
    if (this.#wasShown.length < capacity) this.#wasShown = new Uint8Array(capacity);
    if (this.#buckets.length < count) this.#buckets = new Uint8Array(Math.ceil(count * 1.25));
    const wasShown = this.#wasShown;
    for (const row of before.keys()) wasShown[row] = SHOWN;
    const markers = this.#markers;
    const { areAlarmed } = markers;
    // The most important bucket is the first.
    const buckets = this.#buckets;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      const ofMarker = areAlarmed && markers.isAlarmed(row) ? order.alarmed : order.ofState[state[row]!]!;
      const priority = row === selectedRow ? Math.max(order.selected, ofMarker) : ofMarker;
      buckets[i] = MOST_PRIORITY + SHOWN - priority - wasShown[row]!;
    }
    for (const row of before.keys()) wasShown[row] = 0;
  }

  /** Whether the shortest of names would have room on some side; cheap where markers lie in heaps. */
  #hasRoom({ view }: PlacementInput, index: number, radiusPx: number): boolean {
    const halfHeightPx = (this.#atlas.heightPx * LETTER_HEIGHT) / 2;
    const [x, y] = [this.#grid.xPx[index]!, this.#grid.yPx[index]!];
    const box = this.#probe;
    for (const side of SIDES) {
      const middleX = x + side.x * (radiusPx + SHORTEST_PX / 2);
      const middleY = y + side.y * (radiusPx + halfHeightPx);
      box.left = middleX - SHORTEST_PX / 2;
      box.right = middleX + SHORTEST_PX / 2;
      box.top = middleY - halfHeightPx;
      box.bottom = middleY + halfHeightPx;
      if (!isCut(box, view) && !this.#isCovered(box, index, radiusPx)) return true;
    }
    return false;
  }

  #placeOne(input: PlacementInput, index: number, text: string, radiusPx: number): PlacedLabel | null {
    const grid = this.#grid;
    const row = grid.rows[index]!;
    const isSelected = row === input.selectedRow;
    const { heightPx } = this.#atlas;
    const widthPx = this.#atlas.widthPx(text);
    const clearPx = radiusPx * (isSelected || this.#markers.isChosen(row) ? RING_RADII : 1.05);
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
