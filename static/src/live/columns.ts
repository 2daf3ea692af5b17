// The fleet as columns by row, quantised as the server sends it. A row's number is the server's
// index of its vehicle, in the worker and on the page alike. Reading a row costs an array access;
// what a column holds is turned into metres and degrees only for the few rows that are shown.

import { MOTIONS, NEVER, UNKNOWN_MOTION, freshnessOfState } from "../codes.ts";

/** More than any fleet has; a higher index is a defect, not a reason to take memory. */
export const MOST_ROWS = 2 ** 20;

export const STATE = { motionMask: 7, freshnessShift: 3, hasPosition: 1 << 6, onTheMove: 1 << 7 } as const;
/** Bits of `flags`. */
export const FLAG = { diverging: 1, clockAhead: 2, noFixTime: 4, feedDown: 8 } as const;
/** The expected interval of a vehicle until one is told. */
export const DEFAULT_EXPECTED_S = 30;
/** Heading, speed and expected interval where they are not known. */
export const UNKNOWN = 255;
export const HEADING_STEP_DEG = 2;
/** `tile` of a row that no tile holds. */
export const NO_TILE = 0;

const FIRST_CAPACITY = 512;
/** Whole seconds of each expected interval that can be told: four steps to a doubling. */
export const EXPECTED_S = Uint16Array.from({ length: 256 }, (_, code) =>
  code === UNKNOWN ? DEFAULT_EXPECTED_S : Math.min(Math.round(2 ** (code / 4)), 0xffff),
);

const SPEED_STEPS_PER_MPS = 2;
const NO_VEHICLE = UNKNOWN_MOTION | (NEVER << STATE.freshnessShift);

export class FleetColumns {
  /** The highest row that ever was in use, and one; rows below may be free. */
  rowCount = 0;
  /** Motion, freshness and whether there is a position: see `STATE`. */
  state = new Uint8Array(FIRST_CAPACITY);
  flags = new Uint8Array(FIRST_CAPACITY);
  heading = new Uint8Array(FIRST_CAPACITY);
  speed = new Uint8Array(FIRST_CAPACITY);
  /** The expected interval as it is told: an index into `EXPECTED_S`. */
  expected = new Uint8Array(FIRST_CAPACITY);
  /** Whole seconds of Unix time. */
  fixedAtS = new Uint32Array(FIRST_CAPACITY);
  /** The expected interval between fixes, whole seconds. */
  expectedS = new Uint16Array(FIRST_CAPACITY).fill(DEFAULT_EXPECTED_S);
  /** Web Mercator as fractions of 2^32; meaningless without a position. */
  mercatorX = new Uint32Array(FIRST_CAPACITY);
  mercatorY = new Uint32Array(FIRST_CAPACITY);
  /** Which tile put the row there last: its number in the decoder's book. */
  tile = new Uint16Array(FIRST_CAPACITY);

  get capacity(): number {
    return this.state.length;
  }

  isInUse(row: number): boolean {
    return row >= 0 && row < this.rowCount && this.tile[row] !== NO_TILE;
  }

  hasPosition(row: number): boolean {
    return (this.state[row]! & STATE.hasPosition) !== 0;
  }

  /** A code of `MOTIONS`. */
  motion(row: number): number {
    return Math.min(this.state[row]! & STATE.motionMask, MOTIONS.length - 1);
  }

  /** A code of `FRESHNESSES`. */
  freshness(row: number): number {
    return freshnessOfState(this.state[row]!);
  }

  /** NaN where unknown. */
  speedMps(row: number): number {
    const speed = this.speed[row]!;
    return speed === UNKNOWN ? NaN : speed / SPEED_STEPS_PER_MPS;
  }

  /** Whether it was on the move at its last fix, so that its silence is news sooner. */
  wasOnTheMove(row: number): boolean {
    return (this.state[row]! & STATE.onTheMove) !== 0;
  }

  /** NaN where there is no position. */
  fixedAtMs(row: number): number {
    return this.hasPosition(row) ? this.fixedAtS[row]! * 1000 : NaN;
  }

  isFeedDown(row: number): boolean {
    return (this.flags[row]! & FLAG.feedDown) !== 0;
  }

  clearRow(row: number): void {
    this.tile[row] = NO_TILE;
    this.state[row] = NO_VEHICLE;
    this.flags[row] = 0;
    this.heading[row] = UNKNOWN;
    this.speed[row] = UNKNOWN;
    this.expected[row] = UNKNOWN;
    this.fixedAtS[row] = 0;
    this.expectedS[row] = DEFAULT_EXPECTED_S;
  }

  /** Makes room for rows below `rowCount` and counts them as in use from now on. */
  reserve(rowCount: number): void {
    if (rowCount <= this.rowCount) return;
    if (rowCount > this.capacity) this.#grow(2 ** Math.ceil(Math.log2(rowCount)));
    for (let row = this.rowCount; row < rowCount; row++) this.clearRow(row);
    this.rowCount = rowCount;
  }

  #grow(capacity: number): void {
    this.state = grown(this.state, new Uint8Array(capacity));
    this.flags = grown(this.flags, new Uint8Array(capacity));
    this.heading = grown(this.heading, new Uint8Array(capacity));
    this.speed = grown(this.speed, new Uint8Array(capacity));
    this.expected = grown(this.expected, new Uint8Array(capacity));
    this.fixedAtS = grown(this.fixedAtS, new Uint32Array(capacity));
    this.expectedS = grown(this.expectedS, new Uint16Array(capacity).fill(DEFAULT_EXPECTED_S));
    this.mercatorX = grown(this.mercatorX, new Uint32Array(capacity));
    this.mercatorY = grown(this.mercatorY, new Uint32Array(capacity));
    this.tile = grown(this.tile, new Uint16Array(capacity));
  }
}

function grown<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
