// A fleet that wanders at random, as messages of the server: the first brings all, the others move
// each vehicle a little and its fix a second on. As they only tell differences, the same few can
// be applied again and again.

import { DIFFERENCES, KEYFRAME, fleetMessage } from "../../tests/browser/lib/fleet-message.mjs";

const AT_MS = 1_800_000_000_000;
const LIVE_MOVING_PLACED = 0x40;
/** About 15 m/s, in units of the wire. */
const STEP = 60;

export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The whole fleet, spread over `spread` of the world around its middle, in heaps like towns. */
export function firstMessage(vehicles, spread, random) {
  const towns = Array.from({ length: 40 }, () => [random(), random(), random() ** 2 * 0.2]);
  const coordinate = (at, size) => Math.floor(2 ** 26 + (at + (random() + random() - 1) * size - 0.5) * spread * 2 ** 27);
  const full = Array.from({ length: vehicles }, (_, index) => {
    const [x, y, size] = towns[Math.floor(random() ** 2 * towns.length)];
    const standing = random() < 0.7 ? 0 : 3;
    const heading = Math.floor(random() * 180);
    return { index, state: LIVE_MOVING_PLACED | standing, flags: 0, heading, speed: 30, fixed_s: AT_MS / 1000 - 1, x: coordinate(x, size), y: coordinate(y, size) };
  });
  return fleetMessage({ kind: KEYFRAME, at_ms: AT_MS, seq: 1, full }).buffer;
}

export function movingMessage(vehicles, random, share = 1) {
  const moved = [];
  for (let index = 0; index < vehicles; index++) {
    if (random() >= share) continue;
    const turn = Math.floor(random() * 7) - 3;
    const [dx, dy] = [Math.floor((random() - 0.5) * 2 * STEP), Math.floor((random() - 0.5) * 2 * STEP)];
    moved.push({ index, state: 0, flags: 0, heading: turn, speed: turn, fixed_s: 1, dx, dy });
  }
  return fleetMessage({ kind: DIFFERENCES, at_ms: AT_MS, seq: 2, base: 1, moved }).buffer;
}

/** Names for rows from `first` on, as the worker hands them to the page. */
export function labelsFor(first, count) {
  const rows = Uint32Array.from({ length: count }, (_, i) => first + i);
  const ids = Array.from(rows, (row) => `bench/${row}`);
  return [{ rows, ids, names: Array.from(rows, (row) => `Lorry ${row * 7 % 99_991}`), registrations: ids.map(() => ""), drivers: ids.map(() => ""), groups: ids.map(() => "") }];
}
