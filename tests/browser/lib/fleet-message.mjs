// Writes fleet messages of `fleetglass.v1.bin`, as a server would: an independent reading of the
// format, for mock servers and benches.

const HEAD_BYTES = 52;
export const KEYFRAME = 1;
export const DIFFERENCES = 2;
export const DICTIONARY = 3;

/**
 * `names` are `[index, entry]`; `full` rows `{index, state, flags, heading, speed, expected, fixed_s, x,
 * y}`; `moved` rows `{index, state, flags, heading, speed, expected, fixed_s, dx, dy}`, of which
 * `state`, `flags` and `expected` are to be XORed and the others to be added. `expected` may be absent. All ascending by index.
 */
export function fleetMessage({ kind, tile = [0, 0, 0], at_ms, seq, base = seq, names = [], removed = [], full = [], moved = [] }) {
  const json = names.length === 0 ? new Uint8Array(0) : new TextEncoder().encode(JSON.stringify(names.map(([, entry]) => entry)));
  const head = new DataView(new ArrayBuffer(HEAD_BYTES));
  head.setUint8(0, kind);
  head.setUint8(1, tile[0]);
  head.setUint16(2, tile[1], true);
  head.setUint16(4, tile[2], true);
  [at_ms, seq, base].forEach((number, i) => head.setFloat64(8 + 8 * i, number, true));
  [names.length, json.length, removed.length, full.length, moved.length].forEach((count, i) => head.setUint32(32 + 4 * i, count, true));
  const now_s = Math.floor(at_ms / 1000);
  return joined([
    new Uint8Array(head.buffer),
    indices(names.map(([index]) => index)),
    json,
    indices(removed),
    indices(full.map(({ index }) => index)),
    ...states(full, 255),
    ...planes(full.map(({ fixed_s }) => now_s - fixed_s), 4),
    ...planes(full.map(({ x }) => x), 4),
    ...planes(full.map(({ y }) => y), 4),
    indices(moved.map(({ index }) => index)),
    ...states(moved, 0),
    ...planes(moved.map(({ fixed_s }) => fixed_s), 2),
    ...planes(moved.map(({ dx }) => zigzag(dx)), 2),
    ...planes(moved.map(({ dy }) => zigzag(dy)), 2),
  ]);
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function states(rows, expected) {
  const members = ["state", "flags", "heading", "speed", "expected"];
  return members.map((member) => Uint8Array.from(rows, (row) => ({ expected, ...row })[member]));
}

/** One part for each byte of the numbers, the lowest first. */
function planes(numbers, bytes) {
  return Array.from({ length: bytes }, (_, i) => Uint8Array.from(numbers, (number) => number >>> (8 * i)));
}

function zigzag(number) {
  return (number << 1) ^ (number >> 31);
}

function indices(ascending) {
  const bytes = [];
  let before = -1;
  for (const index of ascending) {
    let step = index - before - 1;
    before = index;
    for (; step > 0x7f; step >>>= 7) bytes.push((step & 0x7f) | 0x80);
    bytes.push(step);
  }
  return Uint8Array.from(bytes);
}
