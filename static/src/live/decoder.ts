// Applies fleet messages to columns, in one pass and without an object for each row. Pure: no
// socket, no DOM. The worker and the page each have one, fed with the same bytes in the same order.

import { EXPECTED_S } from "./columns.ts";
import type { FleetColumns } from "./columns.ts";
import { TileBook } from "./tiles.ts";
import { BodyReader, FULL_PLANES, KIND, MOVED_PLANES, WireError, readHead } from "./wire.ts";
import type { Head } from "./wire.ts";

/** The wire counts the world's width in 2^27 units, the columns in 2^32. */
const MERCATOR_SHIFT = 5;

/** Rows to look at; the lists are views that the next message overwrites. */
export interface RowChanges {
  /** Rows whose vehicle left, or that a keyframe replaced; some may be in `changed` again. */
  removed: Uint32Array;
  changed: Uint32Array;
}

/** What a message did. */
export interface Applied extends RowChanges {
  head: Head;
}

/** Entries of a dictionary as bytes, for whoever wants to read them. */
export interface Names {
  rows: Uint32Array;
  json: Uint8Array;
}

export class FleetDecoder {
  readonly columns: FleetColumns;
  #tiles = new TileBook();
  #named = new Uint32Array(0);
  #removed = new Uint32Array(0);
  #removedCount = 0;
  #changed = new Uint32Array(0);

  constructor(columns: FleetColumns) {
    this.columns = columns;
  }

  /**
   * Applies a message. `isFirst` says that it begins a new state, in which rows may mean other
   * vehicles. Fails on a message that breaks the format, which may then be applied in part: the
   * next one must be a first one.
   */
  apply(buffer: ArrayBuffer, isFirst: boolean, onNames?: (names: Names) => void): Applied {
    const head = readHead(buffer);
    const body = new BodyReader(buffer);
    this.#removedCount = 0;
    this.#readNames(body, head, onNames);
    if (isFirst) this.#clearAll();
    if (head.kind !== KIND.dictionary) this.#readRows(body, head);
    body.end();
    return {
      head,
      removed: this.#removed.subarray(0, this.#removedCount),
      changed: this.#changed.subarray(0, head.fullCount + head.movedCount),
    };
  }

  /** The tiles that are held. */
  get tileKeys(): number[] {
    return this.#tiles.keys;
  }

  /** Lets go of all tiles but some; answers the rows that went with them, as a view like `removed`. */
  keepOnly(tileKeys: ReadonlySet<number>): Uint32Array {
    this.#removedCount = 0;
    const gone = this.#tiles.keepOnly(tileKeys);
    const { rowCount, tile } = this.columns;
    if (gone.size > 0) this.#reserveRemoved(rowCount);
    for (let row = 0; gone.size > 0 && row < rowCount; row++) {
      if (gone.has(tile[row]!)) this.#removeOne(row);
    }
    return this.#removed.subarray(0, this.#removedCount);
  }

  #readNames(body: BodyReader, head: Head, onNames: ((names: Names) => void) | undefined): void {
    const count = head.dictionaryCount;
    if (this.#named.length < count) this.#named = new Uint32Array(roomFor(count));
    body.indices(count, this.#named);
    const start = body.take(head.dictionaryBytes);
    if (count === 0 || onNames === undefined) return;
    onNames({ rows: this.#named.subarray(0, count), json: body.bytes.subarray(start, start + head.dictionaryBytes) });
  }

  #readRows(body: BodyReader, head: Head): void {
    const tile = this.#tiles.numberOf(head.tileKey);
    if (head.kind === KIND.keyframe) this.#clearTile(tile);
    const count = Math.max(head.removedCount, head.fullCount + head.movedCount);
    if (this.#changed.length < count) this.#changed = new Uint32Array(roomFor(count));
    body.indices(head.removedCount, this.#changed);
    this.#remove(this.#changed.subarray(0, head.removedCount), tile);
    this.#readFull(body, head, tile);
    this.#readMoved(body, head, tile);
  }

  #readFull(body: BodyReader, head: Head, tile: number): void {
    const n = head.fullCount;
    if (n === 0) return;
    const rows = this.#changed;
    body.indices(n, rows);
    const start = body.take(n * FULL_PLANES);
    const { bytes } = body;
    // Ascending, so the last is the highest.
    this.columns.reserve(rows[n - 1]! + 1);
    const { state, flags, heading, speed, expected, expectedS, fixedAtS, mercatorX, mercatorY } = this.columns;
    const tiles = this.columns.tile;
    const nowS = Math.floor(head.atMs / 1000);
    const [ages, xs, ys] = [start + 5 * n, start + 9 * n, start + 13 * n];
    for (let i = 0; i < n; i++) {
      const row = rows[i]!;
      tiles[row] = tile;
      state[row] = bytes[start + i]!;
      flags[row] = bytes[start + n + i]!;
      heading[row] = bytes[start + 2 * n + i]!;
      speed[row] = bytes[start + 3 * n + i]!;
      expected[row] = bytes[start + 4 * n + i]!;
      expectedS[row] = EXPECTED_S[expected[row]!]!;
      fixedAtS[row] = nowS - word(bytes, ages + i, n);
      mercatorX[row] = word(bytes, xs + i, n) << MERCATOR_SHIFT;
      mercatorY[row] = word(bytes, ys + i, n) << MERCATOR_SHIFT;
    }
  }

  #readMoved(body: BodyReader, head: Head, tile: number): void {
    const n = head.movedCount;
    if (n === 0) return;
    const rows = this.#changed.subarray(head.fullCount);
    body.indices(n, rows);
    const start = body.take(n * MOVED_PLANES);
    const { bytes } = body;
    const { state, flags, heading, speed, expected, expectedS, fixedAtS, mercatorX, mercatorY } = this.columns;
    const tiles = this.columns.tile;
    const [seconds, dxs, dys] = [start + 5 * n, start + 7 * n, start + 9 * n];
    for (let i = 0; i < n; i++) {
      const row = rows[i]!;
      if (tiles[row] !== tile) throw new WireError("a vehicle moves that its tile does not hold");
      state[row]! ^= bytes[start + i]!;
      flags[row]! ^= bytes[start + n + i]!;
      heading[row]! += bytes[start + 2 * n + i]!;
      speed[row]! += bytes[start + 3 * n + i]!;
      const turned = bytes[start + 4 * n + i]!;
      if (turned !== 0) expectedS[row] = EXPECTED_S[(expected[row]! ^= turned)]!;
      fixedAtS[row]! += half(bytes, seconds + i, n);
      mercatorX[row]! += signed(half(bytes, dxs + i, n)) << MERCATOR_SHIFT;
      mercatorY[row]! += signed(half(bytes, dys + i, n)) << MERCATOR_SHIFT;
    }
  }

  #remove(rows: Uint32Array, tile: number): void {
    this.#reserveRemoved(rows.length);
    for (const row of rows) {
      if (this.columns.tile[row] === tile) this.#removeOne(row);
    }
  }

  #clearTile(tile: number): void {
    const { rowCount } = this.columns;
    this.#reserveRemoved(rowCount);
    for (let row = 0; row < rowCount; row++) {
      if (this.columns.tile[row] === tile) this.#removeOne(row);
    }
  }

  #clearAll(): void {
    const { rowCount } = this.columns;
    this.#reserveRemoved(rowCount);
    for (let row = 0; row < rowCount; row++) {
      if (this.columns.isInUse(row)) this.#removeOne(row);
    }
    this.#tiles.clear();
  }

  #removeOne(row: number): void {
    this.columns.clearRow(row);
    this.#removed[this.#removedCount++] = row;
  }

  #reserveRemoved(more: number): void {
    const count = this.#removedCount + more;
    if (this.#removed.length >= count) return;
    const before = this.#removed;
    this.#removed = new Uint32Array(roomFor(count));
    this.#removed.set(before);
  }
}

/** A number whose bytes lie in planes of length `n`, the lowest first. */
function word(bytes: Uint8Array, at: number, n: number): number {
  return bytes[at]! | (bytes[at + n]! << 8) | (bytes[at + 2 * n]! << 16) | (bytes[at + 3 * n]! << 24);
}

function half(bytes: Uint8Array, at: number, n: number): number {
  return bytes[at]! | (bytes[at + n]! << 8);
}

/** Undoes the zigzag: 0, -1, 1, -2, ... */
function signed(zigzag: number): number {
  return (zigzag >>> 1) ^ -(zigzag & 1);
}

/** Some more than asked, so that a growing fleet does not make each message reserve again. */
function roomFor(count: number): number {
  return Math.max(64, Math.ceil(count * 1.25));
}
