// One record a vehicle, laid out as the graphics card reads it: where the marker comes from and
// goes to, when, and how it looks. Only records that changed are uploaded.

import { FRESHNESSES, MOVING } from "../codes.ts";
import { STATE, UNKNOWN } from "../live/columns.ts";
import type { Applied } from "../live/decoder.ts";
import type { FleetTable } from "../page/fleet-table.ts";
import { COAST_END_MS, REACH_FACTOR, glideDurationMs, glideProgress } from "./glide.ts";

/** Words of a record: from x y, to x y, start ms, duration ms, look. */
export const RECORD_WORDS = 7;
export const RECORD_BYTES = 4 * RECORD_WORDS;
export const WORD = { from: 0, to: 2, startMs: 4, durationMs: 5, look: 6 } as const;

/**
 * Bits of the look word: motion in bits 0 to 2, freshness in bits 3 to 5, as on the wire; the
 * headings before and after the glide in the two highest bytes, in steps, 255 where unknown.
 */
export const LOOK = { freshnessShift: 3, isShown: 1 << 6, mayCoast: 1 << 7, isSelected: 1 << 8, headingFromShift: 16, headingToShift: 24 } as const;

const STATE_MASK = 0x7f;
const MOTION_AND_FRESHNESS = 0x3f;
const MOVING_AND_LIVE = MOVING | (FRESHNESSES.indexOf("live") << STATE.freshnessShift);
/** Times of fixes come in whole seconds; two in one second are as far apart as this. */
const SAME_SECOND_MS = 500;

export interface DrawnPoint {
  x: number;
  y: number;
}

/** A box in fixed-point mercator: a centre, and how far it reaches from there. */
export interface WorldBox {
  x: number;
  y: number;
  halfX: number;
  halfY: number;
}

export class MarkerBuffer {
  words = new Uint32Array(0);
  floats = new Float32Array(0);
  /** Rows to upload, first and past the last; empty where equal. */
  dirtyFrom = 0;
  dirtyTo = 0;
  /** Until when some marker moves, in `nowMs` of this page. */
  restlessUntilMs = 0;
  /** The time of the fix that each marker goes to; 0 is none. */
  #lastFixedAtS = new Uint32Array(0);
  #selectedRow = -1;
  #table: FleetTable;
  #isGliding: () => boolean;
  #drawn: DrawnPoint = { x: 0, y: 0 };

  constructor(table: FleetTable, isGliding: () => boolean) {
    this.#table = table;
    this.#isGliding = isGliding;
  }

  /** Takes over rows of the table that changed, and rows that are gone. */
  update({ removed, changed }: Applied, nowMs: number): void {
    this.#reserve();
    for (let i = 0; i < removed.length; i++) {
      const row = removed[i]!;
      this.words[row * RECORD_WORDS + WORD.look] = 0;
      this.#lastFixedAtS[row] = 0;
      this.#markDirty(row);
    }
    const isGliding = this.#isGliding();
    for (let i = 0; i < changed.length; i++) this.#put(changed[i]!, nowMs, isGliding);
  }

  select(row: number): void {
    const before = this.#selectedRow;
    this.#selectedRow = row;
    for (const changed of [before, row]) {
      if (changed < 0 || changed >= this.#lastFixedAtS.length) continue;
      this.words[changed * RECORD_WORDS + WORD.look]! &= ~LOOK.isSelected;
      if (changed === row) this.words[changed * RECORD_WORDS + WORD.look]! |= LOOK.isSelected;
      this.#markDirty(changed);
    }
  }

  /** Where a row's marker is drawn at `nowMs`, written to `out`. */
  drawnAt(row: number, nowMs: number, out: DrawnPoint): DrawnPoint {
    const at = row * RECORD_WORDS;
    const { words } = this;
    const along = this.#along(at, nowMs);
    // `| 0` takes the shorter way round the world.
    out.x = (words[at]! + ((words[at + 2]! - words[at]!) | 0) * along) >>> 0;
    out.y = (words[at + 1]! + ((words[at + 3]! - words[at + 1]!) | 0) * along) >>> 0;
    return out;
  }

  /** Visits the markers drawn in a box at `nowMs`, each with its place relative to the box's centre. */
  visitWithin(box: WorldBox, nowMs: number, visit: (row: number, x: number, y: number) => void): void {
    const { words, floats } = this;
    const { halfX, halfY } = box;
    const rowCount = Math.min(this.#table.rowCount, this.#lastFixedAtS.length);
    for (let row = 0, at = 0; row < rowCount; row++, at += RECORD_WORDS) {
      if ((words[at + WORD.look]! & LOOK.isShown) === 0) continue;
      let x = (words[at + 2]! - box.x) | 0;
      let y = (words[at + 3]! - box.y) | 0;
      const durationMs = floats[at + WORD.durationMs]!;
      if (durationMs > 0) {
        const wayX = (words[at + 2]! - words[at]!) | 0;
        const wayY = (words[at + 3]! - words[at + 1]!) | 0;
        // Most are far off, whatever part of their way they have gone.
        if (Math.abs(x) - Math.abs(wayX) * REACH_FACTOR > halfX || Math.abs(y) - Math.abs(wayY) * REACH_FACTOR > halfY) continue;
        const beyond = this.#along(at, nowMs) - 1;
        x += wayX * beyond;
        y += wayY * beyond;
      }
      if (Math.abs(x) <= halfX && Math.abs(y) <= halfY) visit(row, x, y);
    }
  }

  /** Ends all glides that are over, so that their 32-bit start times never grow old. */
  settle(nowMs: number): void {
    for (let row = 0; row < this.#lastFixedAtS.length; row++) {
      const at = row * RECORD_WORDS;
      const durationMs = this.floats[at + WORD.durationMs]!;
      const elapsedMs = (nowMs - this.words[at + WORD.startMs]!) | 0;
      if (durationMs === 0 || elapsedMs < durationMs + COAST_END_MS) continue;
      const { x, y } = this.drawnAt(row, nowMs, this.#drawn);
      this.#place(at, x, y);
      this.#markDirty(row);
    }
  }

  /** The part of its way that a marker has gone. */
  #along(at: number, nowMs: number): number {
    const mayCoast = (this.words[at + WORD.look]! & LOOK.mayCoast) !== 0;
    const elapsedMs = (nowMs - this.words[at + WORD.startMs]!) | 0;
    return glideProgress(elapsedMs, this.floats[at + WORD.durationMs]!, mayCoast);
  }

  #put(row: number, nowMs: number, isGliding: boolean): void {
    const { state, heading, fixedAtS, mercatorX, mercatorY } = this.#table;
    const at = row * RECORD_WORDS;
    const { words } = this;
    const lookBefore = words[at + WORD.look]!;
    const code = state[row]!;
    let look = code & STATE_MASK;
    let headings = turned(lookBefore, heading[row]!, true);
    if ((code & STATE.hasPosition) !== 0) {
      const fixed = fixedAtS[row]!;
      const lastFixed = this.#lastFixedAtS[row]!;
      const [x, y] = [mercatorX[row]!, mercatorY[row]!];
      const isNew = lastFixed === 0;
      if (fixed !== lastFixed || x !== words[at + 2] || y !== words[at + 3]) {
        this.#lastFixedAtS[row] = fixed;
        const gapMs = fixed === lastFixed ? SAME_SECOND_MS : (fixed - lastFixed) * 1000;
        const durationMs = isGliding && !isNew ? glideDurationMs(gapMs) : 0;
        this.#moveTo(row, at, x, y, durationMs, nowMs);
        headings = turned(lookBefore, heading[row]!, durationMs === 0);
      }
    }
    if (isGliding && (code & MOTION_AND_FRESHNESS) === MOVING_AND_LIVE) look |= LOOK.mayCoast;
    if (row === this.#selectedRow) look |= LOOK.isSelected;
    words[at + WORD.look] = look | headings;
    this.#markDirty(row);
  }

  #moveTo(row: number, at: number, x: number, y: number, durationMs: number, nowMs: number): void {
    const drawn = durationMs === 0 ? null : this.drawnAt(row, nowMs, this.#drawn);
    if (drawn === null || (drawn.x === x && drawn.y === y)) {
      this.#place(at, x, y);
      return;
    }
    this.words[at] = drawn.x;
    this.words[at + 1] = drawn.y;
    this.words[at + 2] = x;
    this.words[at + 3] = y;
    this.words[at + WORD.startMs] = nowMs;
    this.floats[at + WORD.durationMs] = durationMs;
    this.restlessUntilMs = Math.max(this.restlessUntilMs, nowMs + durationMs + COAST_END_MS);
  }

  #place(at: number, x: number, y: number): void {
    this.words[at] = x;
    this.words[at + 1] = y;
    this.words[at + 2] = x;
    this.words[at + 3] = y;
    this.words[at + WORD.startMs] = 0;
    this.floats[at + WORD.durationMs] = 0;
  }

  #markDirty(row: number): void {
    const isClean = this.dirtyFrom === this.dirtyTo;
    this.dirtyFrom = isClean ? row : Math.min(this.dirtyFrom, row);
    this.dirtyTo = isClean ? row + 1 : Math.max(this.dirtyTo, row + 1);
  }

  #reserve(): void {
    const { capacity } = this.#table;
    if (this.#lastFixedAtS.length >= capacity) return;
    const words = new Uint32Array(capacity * RECORD_WORDS);
    words.set(this.words);
    this.words = words;
    this.floats = new Float32Array(words.buffer);
    const lastFixed = new Uint32Array(capacity);
    lastFixed.set(this.#lastFixedAtS);
    this.#lastFixedAtS = lastFixed;
  }
}

/** The headings' bytes of a look word: from the one before to this one, or this one at once. */
function turned(lookBefore: number, heading: number, atOnce: boolean): number {
  const last = lookBefore >>> LOOK.headingToShift;
  const from = atOnce || last === UNKNOWN || heading === UNKNOWN ? heading : last;
  return (from << LOOK.headingFromShift) | (heading << LOOK.headingToShift);
}
