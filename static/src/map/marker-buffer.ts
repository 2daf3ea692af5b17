// One record a vehicle, laid out as the graphics card reads it: where the marker comes from and
// goes to, when, and how it looks. Only records that changed are uploaded.

import { FRESHNESSES, MOVING } from "../codes.ts";
import { FLAG, STATE, UNKNOWN } from "../live/columns.ts";
import type { RowChanges } from "../live/decoder.ts";
import type { FleetColumns } from "../live/columns.ts";
import { COAST_END_MS, REACH_FACTOR, glideDurationMs, glideProgress } from "./glide.ts";

/** Words of a record: from x y, to x y, start ms, duration ms, look. */
export const RECORD_WORDS = 7;
export const RECORD_BYTES = 4 * RECORD_WORDS;
export const WORD = { from: 0, to: 2, startMs: 4, durationMs: 5, look: 6 } as const;

/**
 * Bits of the look word: motion in bits 0 to 2, freshness in bits 3 to 5, as on the wire; the
 * headings before and after the glide in the two highest bytes, in steps, 255 where unknown.
 */
export const LOOK = { freshnessShift: 3, isShown: 1 << 6, mayCoast: 1 << 7, isSelected: 1 << 8, isFeedDown: 1 << 9, isChosen: 1 << 10, alarmShift: 11, headingFromShift: 16, headingToShift: 24 } as const;

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
  /** A way no longer than this is not worth following: less than anybody can see. */
  blur: number;
}

/** Markers in a box, by index: their rows, and their places relative to the box's centre. */
export interface Found {
  count: number;
  rows: Int32Array;
  x: Float32Array;
  y: Float32Array;
}

export class MarkerBuffer {
  words = new Int32Array(0);
  floats = new Float32Array(0);
  /** Rows to upload, first and past the last; empty where equal. */
  dirtyFrom = 0;
  dirtyTo = 0;
  /** Until when some marker moves, in `nowMs` of this page. */
  restlessUntilMs = 0;
  /** How much faster than a clock the fleet's time runs: 1 but where the past is played. */
  pace = 1;
  /** The time of the fix that each marker goes to; 0 is none. */
  #lastFixedAtS = new Int32Array(0);
  #selectedRow = -1;
  #chosenRows: readonly number[] = [];
  /** Severities from 1 by row. */
  #alarms: ReadonlyMap<number, number> = new Map();
  #table: FleetColumns;
  #coasts: boolean;
  #isGliding: () => boolean;
  #drawn: DrawnPoint = { x: 0, y: 0 };
  #found: Found = { count: 0, rows: new Int32Array(0), x: new Float32Array(0), y: new Float32Array(0) };

  /** `coasts`: past its last fix a marker may go on a little. Not so where the next fix is known. */
  constructor(table: FleetColumns, isGliding: () => boolean, coasts = true) {
    this.#table = table;
    this.#coasts = coasts;
    this.#isGliding = isGliding;
  }

  /** Takes over rows of the table that changed, and rows that are gone. */
  update({ removed, changed }: RowChanges, nowMs: number): void {
    this.#reserve();
    for (let i = 0; i < removed.length; i++) {
      const row = removed[i]!;
      this.words[row * RECORD_WORDS + WORD.look] = 0;
      this.#lastFixedAtS[row] = 0;
    }
    this.#markDirty(removed);
    this.#putAll(changed, nowMs);
    this.#markDirty(changed);
    this.select(this.#selectedRow);
    this.choose(this.#chosenRows);
    this.alarm(this.#alarms);
  }

  select(row: number): void {
    this.#setBit(LOOK.isSelected, [this.#selectedRow], [row]);
    this.#selectedRow = row;
  }

  /** Marks those that were chosen together. */
  choose(rows: readonly number[]): void {
    this.#setBit(LOOK.isChosen, this.#chosenRows, rows);
    this.#chosenRows = rows;
  }

  isChosen(row: number): boolean {
    return (this.words[row * RECORD_WORDS + WORD.look]! & LOOK.isChosen) !== 0;
  }

  /** Marks those with an open alarm: the severity, from 1, by row. */
  alarm(severities: ReadonlyMap<number, number>): void {
    for (const bit of [1, 2]) {
      const rows = (all: ReadonlyMap<number, number>) => [...all].flatMap(([row, severity]) => ((severity & bit) === 0 ? [] : [row]));
      this.#setBit(bit << LOOK.alarmShift, rows(this.#alarms), rows(severities));
    }
    this.#alarms = severities;
  }

  get areAlarmed(): boolean {
    return this.#alarms.size > 0;
  }

  isAlarmed(row: number): boolean {
    return this.#alarms.has(row);
  }

  #setBit(bit: number, before: readonly number[], now: readonly number[]): void {
    const { words } = this;
    const set = new Set(now);
    for (const row of new Set([...before, ...now])) {
      if (row < 0 || row >= this.#lastFixedAtS.length) continue;
      const at = row * RECORD_WORDS + WORD.look;
      const look = set.has(row) ? words[at]! | bit : words[at]! & ~bit;
      if (look === words[at]) continue;
      words[at] = look;
      this.#markDirty(Uint32Array.of(row));
    }
  }

  /** Where a row's marker is drawn at `nowMs`, written to `out`. */
  drawnAt(row: number, nowMs: number, out: DrawnPoint): DrawnPoint {
    const at = row * RECORD_WORDS;
    const { words } = this;
    const mayCoast = (words[at + WORD.look]! & LOOK.mayCoast) !== 0;
    const along = glideProgress((nowMs - words[at + WORD.startMs]!) | 0, this.floats[at + WORD.durationMs]!, mayCoast);
    // `| 0` takes the shorter way round the world.
    out.x = (words[at]! + ((words[at + 2]! - words[at]!) | 0) * along) >>> 0;
    out.y = (words[at + 1]! + ((words[at + 3]! - words[at + 1]!) | 0) * along) >>> 0;
    return out;
  }

  /** Finds the markers drawn in a box at `nowMs`; what it answers is overwritten by the next call. */
  within(box: WorldBox, nowMs: number): Found {
    const { words, floats } = this;
    const found = this.#found;
    const { rows, x: xs, y: ys } = found;
    const { halfX, halfY, blur } = box;
    const [centerX, centerY] = [box.x | 0, box.y | 0];
    const rowCount = Math.min(this.#table.rowCount, this.#lastFixedAtS.length);
    let count = 0;
    for (let row = 0, at = 0; row < rowCount; row++, at += RECORD_WORDS) {
      const look = words[at + WORD.look]!;
      if ((look & LOOK.isShown) === 0) continue;
      let x = (words[at + 2]! - centerX) | 0;
      let y = (words[at + 3]! - centerY) | 0;
      const durationMs = floats[at + WORD.durationMs]!;
      if (durationMs > 0) {
        const wayX = (words[at + 2]! - words[at]!) | 0;
        const wayY = (words[at + 3]! - words[at + 1]!) | 0;
        const reachX = Math.abs(wayX) * REACH_FACTOR;
        const reachY = Math.abs(wayY) * REACH_FACTOR;
        // Most are far off, whatever part of their way they have gone.
        if (Math.abs(x) - reachX > halfX || Math.abs(y) - reachY > halfY) continue;
        if (reachX > blur || reachY > blur) {
          const beyond = glideProgress((nowMs - words[at + WORD.startMs]!) | 0, durationMs, (look & LOOK.mayCoast) !== 0) - 1;
          x += wayX * beyond;
          y += wayY * beyond;
        }
      }
      if (Math.abs(x) > halfX || Math.abs(y) > halfY) continue;
      rows[count] = row;
      xs[count] = x;
      ys[count] = y;
      count += 1;
    }
    found.count = count;
    return found;
  }

  /** Ends all glides that are over, so that their 32-bit start times never grow old. */
  settle(nowMs: number): void {
    for (let row = 0; row < this.#lastFixedAtS.length; row++) {
      const at = row * RECORD_WORDS;
      const durationMs = this.floats[at + WORD.durationMs]!;
      const elapsedMs = (nowMs - this.words[at + WORD.startMs]!) | 0;
      if (durationMs === 0 || elapsedMs < durationMs + COAST_END_MS) continue;
      const { x, y } = this.drawnAt(row, nowMs, this.#drawn);
      place(this.words, at, x, y);
      this.#markDirty(Uint32Array.of(row));
    }
  }

  /** The one loop that must be fast: all arrays stand by, and nothing is made for a row. */
  #putAll(changed: Uint32Array, nowMs: number): void {
    const { state, flags, heading, fixedAtS, expectedS, mercatorX, mercatorY } = this.#table;
    const { words, floats } = this;
    const lastFixedAtS = this.#lastFixedAtS;
    const { pace } = this;
    const isGliding = this.#isGliding();
    const coasting = isGliding && this.#coasts ? LOOK.mayCoast : 0;
    let longestMs = 0;
    for (let i = 0; i < changed.length; i++) {
      const row = changed[i]!;
      const at = row * RECORD_WORDS;
      const code = state[row]!;
      const feed = (flags[row]! & FLAG.feedDown) === 0 ? 0 : LOOK.isFeedDown;
      const look = (code & STATE_MASK) | feed | ((code & MOTION_AND_FRESHNESS) === MOVING_AND_LIVE ? coasting : 0);
      const before = words[at + WORD.look]!;
      let durationMs = 0;
      if ((code & STATE.hasPosition) !== 0) {
        const fixed = fixedAtS[row]! | 0;
        const last = lastFixedAtS[row]!;
        const x = mercatorX[row]! | 0;
        const y = mercatorY[row]! | 0;
        if (fixed !== last || x !== words[at + 2] || y !== words[at + 3]) {
          lastFixedAtS[row] = fixed;
          const gapMs = fixed === last ? SAME_SECOND_MS : ((fixed - last) | 0) * 1000;
          durationMs = isGliding && last !== 0 ? glideDurationMs(gapMs, expectedS[row]! * 1000) : 0;
          if (pace !== 1) durationMs /= pace;
          if (durationMs === 0) place(words, at, x, y);
          else if (moveTo(words, floats, at, x, y, durationMs, nowMs) && durationMs > longestMs) longestMs = durationMs;
        }
      }
      words[at + WORD.look] = look | turned(before, heading[row]!, durationMs === 0);
    }
    if (longestMs > 0) this.restlessUntilMs = Math.max(this.restlessUntilMs, nowMs + longestMs + COAST_END_MS);
  }

  #markDirty(rows: Uint32Array): void {
    if (rows.length === 0) return;
    let from = this.dirtyFrom === this.dirtyTo ? Infinity : this.dirtyFrom;
    let to = this.dirtyTo;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      if (row < from) from = row;
      if (row >= to) to = row + 1;
    }
    this.dirtyFrom = from;
    this.dirtyTo = to;
  }

  #reserve(): void {
    const { capacity } = this.#table;
    if (this.#lastFixedAtS.length >= capacity) return;
    const words = new Int32Array(capacity * RECORD_WORDS);
    words.set(this.words);
    this.words = words;
    this.floats = new Float32Array(words.buffer);
    const lastFixed = new Int32Array(capacity);
    lastFixed.set(this.#lastFixedAtS);
    this.#lastFixedAtS = lastFixed;
    this.#found = { count: 0, rows: new Int32Array(capacity), x: new Float32Array(capacity), y: new Float32Array(capacity) };
  }
}

/** Sends a marker on its way from where it is drawn now; answers whether it has any to go. */
function moveTo(words: Int32Array, floats: Float32Array, at: number, x: number, y: number, durationMs: number, nowMs: number): boolean {
  const along = glideProgress((nowMs - words[at + WORD.startMs]!) | 0, floats[at + WORD.durationMs]!, (words[at + WORD.look]! & LOOK.mayCoast) !== 0);
  const drawnX = (words[at]! + ((((words[at + 2]! - words[at]!) | 0) * along) | 0)) | 0;
  const drawnY = (words[at + 1]! + ((((words[at + 3]! - words[at + 1]!) | 0) * along) | 0)) | 0;
  if (along > 1) leaveCoast(words, at, x, y, drawnX, drawnY);
  else {
    words[at] = drawnX;
    words[at + 1] = drawnY;
  }
  words[at + 2] = x;
  words[at + 3] = y;
  words[at + WORD.startMs] = nowMs;
  floats[at + WORD.durationMs] = durationMs;
  return words[at] !== x || words[at + 1] !== y;
}

/**
 * Where to glide from after a coast. A marker never glides backwards for having coasted too far:
 * that is put right at once. From a vehicle that did turn round, it glides from its last fix, which
 * is the last that was known of it.
 */
function leaveCoast(words: Int32Array, at: number, x: number, y: number, drawnX: number, drawnY: number): void {
  const [lastX, lastY] = [words[at + 2]!, words[at + 3]!];
  const [wayX, wayY] = [(lastX - words[at]!) | 0, (lastY - words[at + 1]!) | 0];
  const leadsBack = (fromX: number, fromY: number) => ((x - fromX) | 0) * wayX + ((y - fromY) | 0) * wayY < 0;
  let from = [drawnX, drawnY] as const;
  if (leadsBack(drawnX, drawnY)) from = leadsBack(lastX, lastY) ? [lastX, lastY] : [x, y];
  [words[at], words[at + 1]] = from;
}

/** Puts a marker where it stands still. */
function place(words: Int32Array, at: number, x: number, y: number): void {
  words[at] = x;
  words[at + 1] = y;
  words[at + 2] = x;
  words[at + 3] = y;
  words[at + WORD.startMs] = 0;
  words[at + WORD.durationMs] = 0;
}

/** The headings' bytes of a look word: from the one before to this one, or this one at once. */
function turned(lookBefore: number, heading: number, atOnce: boolean): number {
  const last = lookBefore >>> LOOK.headingToShift;
  const from = atOnce || last === UNKNOWN || heading === UNKNOWN ? heading : last;
  return (from << LOOK.headingFromShift) | (heading << LOOK.headingToShift);
}
