// Writes fleet messages of `fleetglass.v1.bin`, as a server would: an independent reading of the
// format, for mock servers and benches.

const HEAD_BYTES = 52;
export const KEYFRAME = 1;
export const DIFFERENCES = 2;
export const DICTIONARY = 3;

/**
 * `names` are `[index, entry]`; `full` rows `{index, state, flags, heading, speed, fixed_s, x, y}`;
 * `moved` rows `{index, state, flags, heading, speed, fixed_s, dx, dy}`, the first two to be XORed
 * and the others to be added. All ascending by index.
 */
export function fleetMessage({ kind, tile = [0, 0, 0], at_ms, seq, base = seq, names = [], removed = [], full = [], moved = [] }) {
  const json = names.length === 0 ? Buffer.alloc(0) : Buffer.from(JSON.stringify(names.map(([, entry]) => entry)));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(kind, 0);
  head.writeUInt8(tile[0], 1);
  head.writeUInt16LE(tile[1], 2);
  head.writeUInt16LE(tile[2], 4);
  [at_ms, seq, base].forEach((number, i) => head.writeDoubleLE(number, 8 + 8 * i));
  [names.length, json.length, removed.length, full.length, moved.length].forEach((count, i) => head.writeUInt32LE(count, 32 + 4 * i));
  const now_s = Math.floor(at_ms / 1000);
  return Buffer.concat([
    head,
    indices(names.map(([index]) => index)),
    json,
    indices(removed),
    indices(full.map(({ index }) => index)),
    ...states(full),
    ...planes(full.map(({ fixed_s }) => now_s - fixed_s), 4),
    ...planes(full.map(({ x }) => x), 4),
    ...planes(full.map(({ y }) => y), 4),
    indices(moved.map(({ index }) => index)),
    ...states(moved),
    ...planes(moved.map(({ fixed_s }) => fixed_s), 2),
    ...planes(moved.map(({ dx }) => zigzag(dx)), 2),
    ...planes(moved.map(({ dy }) => zigzag(dy)), 2),
  ]);
}

function states(rows) {
  return ["state", "flags", "heading", "speed"].map((member) => Buffer.from(rows.map((row) => row[member] & 255)));
}

/** One buffer for each byte of the numbers, the lowest first. */
function planes(numbers, bytes) {
  return Array.from({ length: bytes }, (_, i) => Buffer.from(numbers.map((number) => (number >>> (8 * i)) & 255)));
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
  return Buffer.from(bytes);
}
