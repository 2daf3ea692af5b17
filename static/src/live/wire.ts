// The layout of a fleet message of `fleetglass.v1.bin`: its head, and the lists of indices in its
// body. All that a message claims is held against its length here, before anything is read or
// reserved for it.

import { MOST_ROWS } from "./columns.ts";

export const KIND = { keyframe: 1, differences: 2, dictionary: 3 } as const;

/** The tile 0/0/0: the whole fleet. */
export const WHOLE_FLEET = 0;

const HEAD_BYTES = 52;
/** Bytes of a row in the full and in the moved part, without its index. */
export const FULL_PLANES = 17;
export const MOVED_PLANES = 11;
const MOST_INDEX_BYTES = 5;

/** What is wrong with a message; the connection that brought it is of no further use. */
export class WireError extends Error {}

export interface Head {
  kind: number;
  /** Names the tile: the same number for the same z, x and y. */
  tileKey: number;
  atMs: number;
  seq: number;
  base: number;
  dictionaryCount: number;
  dictionaryBytes: number;
  removedCount: number;
  fullCount: number;
  movedCount: number;
}

/** The number that names a tile. */
export function tileKeyOf(z: number, x: number, y: number): number {
  return z * 2 ** 32 + x * 2 ** 16 + y;
}

/** The tile that a number names. */
export function tileOf(tileKey: number): [z: number, x: number, y: number] {
  return [Math.floor(tileKey / 2 ** 32), (tileKey >>> 16) & 0xffff, tileKey & 0xffff];
}

/** Whether a message is JSON rather than one about the fleet. */
export function isJson(buffer: ArrayBuffer): boolean {
  return buffer.byteLength > 0 && new Uint8Array(buffer, 0, 1)[0] === 0x7b;
}

export function readHead(buffer: ArrayBuffer): Head {
  if (buffer.byteLength < HEAD_BYTES) throw new WireError("the message ends within its head");
  const view = new DataView(buffer);
  const head = {
    kind: view.getUint8(0),
    tileKey: tileKeyOf(view.getUint8(1), view.getUint16(2, true), view.getUint16(4, true)),
    atMs: view.getFloat64(8, true),
    seq: view.getFloat64(16, true),
    base: view.getFloat64(24, true),
    dictionaryCount: view.getUint32(32, true),
    dictionaryBytes: view.getUint32(36, true),
    removedCount: view.getUint32(40, true),
    fullCount: view.getUint32(44, true),
    movedCount: view.getUint32(48, true),
  };
  check(head, buffer.byteLength - HEAD_BYTES);
  return head;
}

function check(head: Head, bodyBytes: number): void {
  const { kind, removedCount, fullCount, movedCount } = head;
  if (kind < KIND.keyframe || kind > KIND.dictionary) throw new WireError(`messages of kind ${kind} are not known`);
  for (const number of [head.atMs, head.seq, head.base]) {
    if (!Number.isSafeInteger(number) || number < 0) throw new WireError("a number of the head is not whole");
  }
  if (kind !== KIND.differences && removedCount + movedCount > 0) throw new WireError("only differences remove or move rows");
  if (kind === KIND.dictionary && fullCount > 0) throw new WireError("a dictionary holds rows");
  // An index takes a byte at least.
  const rowsBytes = removedCount + fullCount * (1 + FULL_PLANES) + movedCount * (1 + MOVED_PLANES);
  const least = head.dictionaryCount + head.dictionaryBytes + rowsBytes;
  if (least > bodyBytes) throw new WireError("the message is shorter than it says");
}

/** Reads the body from front to back; every read past the end is an error. */
export class BodyReader {
  readonly bytes: Uint8Array;
  at = HEAD_BYTES;

  constructor(buffer: ArrayBuffer) {
    this.bytes = new Uint8Array(buffer);
  }

  /** Takes so many bytes; answers where they begin. */
  take(length: number): number {
    const start = this.at;
    this.at += length;
    if (this.at > this.bytes.length) throw new WireError("the message ends too soon");
    return start;
  }

  /** Reads ascending indices into `into`, which has room for them. */
  indices(count: number, into: Uint32Array): void {
    const { bytes } = this;
    let at = this.at;
    let index = -1;
    for (let i = 0; i < count; i++) {
      let byte = bytes[at++]!;
      let step = byte & 0x7f;
      for (let length = 1; byte > 0x7f; length++) {
        if (length === MOST_INDEX_BYTES) throw new WireError("an index has too many bytes");
        byte = bytes[at++]!;
        step += (byte & 0x7f) * 2 ** (7 * length);
      }
      index += step + 1;
      if (index >= MOST_ROWS) throw new WireError("an index is beyond any fleet");
      into[i] = index;
    }
    this.at = at;
    if (at > bytes.length) throw new WireError("the message ends within its indices");
  }

  /** To be called after the last part. */
  end(): void {
    if (this.at !== this.bytes.length) throw new WireError("the message is longer than it says");
  }
}
