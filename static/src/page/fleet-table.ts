// The fleet as the page's thread sees it: columns by row, filled from the worker's patches. Reading
// a row costs an array access; nothing here is computed, so that applying 10,000 changes stays in
// the low milliseconds.

import { NEVER, UNKNOWN_MOTION } from "../codes.ts";
import type { Patch } from "../live/messages.ts";

const FIRST_CAPACITY = 512;

export class FleetTable {
  rowCount = 0;
  mercatorX = new Uint32Array(FIRST_CAPACITY);
  mercatorY = new Uint32Array(FIRST_CAPACITY);
  hasPosition = new Uint8Array(FIRST_CAPACITY);
  headingDeg = new Float32Array(FIRST_CAPACITY);
  speedMps = new Float32Array(FIRST_CAPACITY);
  fixedAtMs = new Float64Array(FIRST_CAPACITY);
  motion = new Uint8Array(FIRST_CAPACITY);
  freshness = new Uint8Array(FIRST_CAPACITY);
  readonly ids: (string | undefined)[] = [];
  readonly names: string[] = [];
  readonly registrations: string[] = [];
  readonly #rowById = new Map<string, number>();

  row(id: string): number | undefined {
    return this.#rowById.get(id);
  }

  get capacity(): number {
    return this.fixedAtMs.length;
  }

  /** Takes the patch over; answers the rows that are free now. */
  apply(patch: Patch): Uint32Array {
    const removed = patch.isSnapshot ? this.#rowsBut(patch.rows) : patch.removed;
    this.#reserve(Math.max(patch.rowCount, this.rowCount));
    this.rowCount = patch.rowCount;
    for (const row of removed) this.#clear(row);
    for (const { row, id, name, registration } of patch.labels) {
      const before = this.ids[row];
      if (before !== undefined && before !== id) this.#rowById.delete(before);
      this.ids[row] = id;
      this.names[row] = name;
      this.registrations[row] = registration;
      this.#rowById.set(id, row);
    }
    this.#copyColumns(patch);
    return removed;
  }

  /** Rows in use that a snapshot does not name; a new worker numbers its rows afresh. */
  #rowsBut(named: Uint32Array): Uint32Array {
    const kept = new Set(named);
    return Uint32Array.from(this.#rowById.values()).filter((row) => !kept.has(row));
  }

  #copyColumns(patch: Patch): void {
    const { rows } = patch;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      this.mercatorX[row] = patch.mercatorX[i]!;
      this.mercatorY[row] = patch.mercatorY[i]!;
      this.hasPosition[row] = patch.hasPosition[i]!;
      this.headingDeg[row] = patch.headingDeg[i]!;
      this.speedMps[row] = patch.speedMps[i]!;
      this.fixedAtMs[row] = patch.fixedAtMs[i]!;
      this.motion[row] = patch.motion[i]!;
      this.freshness[row] = patch.freshness[i]!;
    }
  }

  #clear(row: number): void {
    const id = this.ids[row];
    if (id !== undefined) this.#rowById.delete(id);
    this.ids[row] = undefined;
    this.hasPosition[row] = 0;
    this.fixedAtMs[row] = NaN;
    this.motion[row] = UNKNOWN_MOTION;
    this.freshness[row] = NEVER;
  }

  #reserve(rowCount: number): void {
    if (rowCount <= this.capacity) return;
    const capacity = 2 ** Math.ceil(Math.log2(rowCount));
    this.mercatorX = grown(this.mercatorX, new Uint32Array(capacity));
    this.mercatorY = grown(this.mercatorY, new Uint32Array(capacity));
    this.hasPosition = grown(this.hasPosition, new Uint8Array(capacity));
    this.headingDeg = grown(this.headingDeg, new Float32Array(capacity));
    this.speedMps = grown(this.speedMps, new Float32Array(capacity));
    this.fixedAtMs = grown(this.fixedAtMs, new Float64Array(capacity));
    this.motion = grown(this.motion, new Uint8Array(capacity));
    this.freshness = grown(this.freshness, new Uint8Array(capacity));
  }
}

function grown<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
