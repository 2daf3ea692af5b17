// One record a vehicle, laid out as the graphics card reads it: where the marker comes from and
// goes to, when, and how it looks. Only records that changed are uploaded.

import { FRESHNESSES, MOVING } from "../codes.ts";
import type { FleetTable } from "../page/fleet-table.ts";
import { COAST_END_MS, glideDurationMs, glideProgress } from "./glide.ts";

/** Words of a record: from x y, to x y, start ms, duration ms, heading from and to, look. */
export const RECORD_WORDS = 9;
export const RECORD_BYTES = 4 * RECORD_WORDS;
export const WORD = { from: 0, to: 2, startMs: 4, durationMs: 5, headingFrom: 6, headingTo: 7, look: 8 } as const;

/** Bits of the look word: motion in bits 0 to 2, freshness in bits 3 to 5. */
export const LOOK = { freshnessShift: 3, hasHeading: 1 << 6, mayCoast: 1 << 7, isSelected: 1 << 8, isShown: 1 << 9 } as const;

const LIVE = FRESHNESSES.indexOf("live");

export interface DrawnPoint {
  x: number;
  y: number;
}

export class MarkerBuffer {
  words = new Uint32Array(0);
  floats = new Float32Array(0);
  /** Rows to upload, first and past the last; empty where equal. */
  dirtyFrom = 0;
  dirtyTo = 0;
  /** Until when some marker moves, in `nowMs` of this page. */
  restlessUntilMs = 0;
  #lastFixedAtMs = new Float64Array(0);
  #selectedRow = -1;
  #table: FleetTable;
  #isGliding: () => boolean;

  constructor(table: FleetTable, isGliding: () => boolean) {
    this.#table = table;
    this.#isGliding = isGliding;
  }

  /** Takes over rows of the table that changed, and rows that are gone. */
  update(rows: Uint32Array, removed: Uint32Array, nowMs: number): void {
    this.#reserve();
    for (const row of removed) {
      this.words[row * RECORD_WORDS + WORD.look] = 0;
      this.#lastFixedAtMs[row] = NaN;
      this.#markDirty(row);
    }
    for (const row of rows) {
      this.#moveTo(row, nowMs);
      this.words[row * RECORD_WORDS + WORD.look] = this.#look(row);
      this.#markDirty(row);
    }
  }

  select(row: number): void {
    const before = this.#selectedRow;
    this.#selectedRow = row;
    for (const changed of [before, row]) {
      if (changed < 0 || changed >= this.#lastFixedAtMs.length) continue;
      this.words[changed * RECORD_WORDS + WORD.look] = this.#look(changed);
      this.#markDirty(changed);
    }
  }

  /** Where a row's marker is drawn at `nowMs`, written to `out`. */
  drawnAt(row: number, nowMs: number, out: DrawnPoint): DrawnPoint {
    const at = row * RECORD_WORDS;
    const { words, floats } = this;
    const mayCoast = (words[at + WORD.look]! & LOOK.mayCoast) !== 0;
    const elapsedMs = (nowMs - words[at + WORD.startMs]!) | 0;
    const along = glideProgress(elapsedMs, floats[at + WORD.durationMs]!, mayCoast);
    // `| 0` takes the shorter way round the world.
    out.x = (words[at]! + ((words[at + 2]! - words[at]!) | 0) * along) >>> 0;
    out.y = (words[at + 1]! + ((words[at + 3]! - words[at + 1]!) | 0) * along) >>> 0;
    return out;
  }

  /** Ends all glides that are over, so that their 32-bit start times never grow old. */
  settle(nowMs: number): void {
    for (let row = 0; row < this.#lastFixedAtMs.length; row++) {
      const at = row * RECORD_WORDS;
      const elapsedMs = (nowMs - this.words[at + WORD.startMs]!) | 0;
      if (elapsedMs < this.floats[at + WORD.durationMs]! + COAST_END_MS) continue;
      const drawn = this.drawnAt(row, nowMs, { x: 0, y: 0 });
      this.#place(at, drawn.x, drawn.y);
      this.#markDirty(row);
    }
  }

  #moveTo(row: number, nowMs: number): void {
    const { mercatorX, mercatorY, hasPosition, fixedAtMs } = this.#table;
    const fixedMs = fixedAtMs[row]!;
    const lastFixedMs = this.#lastFixedAtMs[row]!;
    if (hasPosition[row] === 0 || fixedMs === lastFixedMs) return;
    this.#lastFixedAtMs[row] = fixedMs;
    const durationMs = this.#isGliding() ? glideDurationMs(fixedMs - lastFixedMs) : 0;
    const at = row * RECORD_WORDS;
    const [x, y] = [mercatorX[row]!, mercatorY[row]!];
    if (durationMs === 0) {
      this.#place(at, x, y);
    } else {
      const drawn = this.drawnAt(row, nowMs, { x: 0, y: 0 });
      this.words[at] = drawn.x;
      this.words[at + 1] = drawn.y;
      this.words[at + 2] = x;
      this.words[at + 3] = y;
      this.words[at + WORD.startMs] = nowMs;
      this.floats[at + WORD.durationMs] = durationMs;
      this.restlessUntilMs = Math.max(this.restlessUntilMs, nowMs + durationMs + COAST_END_MS);
    }
    this.#turnTo(row, at, durationMs === 0);
  }

  #place(at: number, x: number, y: number): void {
    this.words[at] = x;
    this.words[at + 1] = y;
    this.words[at + 2] = x;
    this.words[at + 3] = y;
    this.words[at + WORD.startMs] = 0;
    this.floats[at + WORD.durationMs] = 0;
  }

  #turnTo(row: number, at: number, atOnce: boolean): void {
    const heading = this.#table.headingDeg[row]!;
    if (Number.isNaN(heading)) return;
    const before = this.floats[at + WORD.headingTo]!;
    const hadHeading = (this.words[at + WORD.look]! & LOOK.hasHeading) !== 0;
    this.floats[at + WORD.headingFrom] = hadHeading && !atOnce ? before : heading;
    this.floats[at + WORD.headingTo] = heading;
  }

  #look(row: number): number {
    const { motion, freshness, headingDeg, hasPosition } = this.#table;
    let look = motion[row]! | (freshness[row]! << LOOK.freshnessShift);
    if (hasPosition[row] === 1) look |= LOOK.isShown;
    if (!Number.isNaN(headingDeg[row]!)) look |= LOOK.hasHeading;
    if (motion[row] === MOVING && freshness[row] === LIVE && this.#isGliding()) look |= LOOK.mayCoast;
    if (row === this.#selectedRow) look |= LOOK.isSelected;
    return look;
  }

  #markDirty(row: number): void {
    const isClean = this.dirtyFrom === this.dirtyTo;
    this.dirtyFrom = isClean ? row : Math.min(this.dirtyFrom, row);
    this.dirtyTo = isClean ? row + 1 : Math.max(this.dirtyTo, row + 1);
  }

  #reserve(): void {
    const { capacity } = this.#table;
    if (this.#lastFixedAtMs.length >= capacity) return;
    const words = new Uint32Array(capacity * RECORD_WORDS);
    words.set(this.words);
    this.words = words;
    this.floats = new Float32Array(words.buffer);
    const lastFixed = new Float64Array(capacity).fill(NaN);
    lastFixed.set(this.#lastFixedAtMs);
    this.#lastFixedAtMs = lastFixed;
  }
}
