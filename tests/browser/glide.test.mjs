// How markers move: only between what is known, a little beyond, and never backwards. No page, no
// server: the page's own buffer, fed with rows, and asked where it draws.

import assert from "node:assert/strict";
import { test } from "node:test";
import { imported } from "./lib/bundle.mjs";

const { FleetColumns, MarkerBuffer, FLAG, LOOK, WORD, RECORD_WORDS } = await imported(`
  export { FleetColumns, FLAG } from "./src/live/columns.ts";
  export { MarkerBuffer, LOOK, WORD, RECORD_WORDS } from "./src/map/marker-buffer.ts";
`);
const [LIVE_MOVING, LATE_MOVING] = [0x40, 0x48];
const NONE = new Uint32Array(0);
const START = { x: 1_000_000, y: 2_000_000, fixedAtS: 1_000 };

/** One vehicle; `fix` tells of a new fix, `at` where it is drawn. */
function vehicle({ expectedS = 30, isGliding = true, coasts = true, pace = 1 } = {}) {
  const columns = new FleetColumns();
  columns.reserve(1);
  columns.tile[0] = 1;
  columns.expectedS[0] = expectedS;
  const markers = new MarkerBuffer(columns, () => isGliding, coasts);
  markers.pace = pace;
  const fix = ({ x, y = START.y, fixedAtS, state = LIVE_MOVING, flags = 0 }, nowMs) => {
    Object.entries({ state, flags, heading: 45, fixedAtS, mercatorX: x, mercatorY: y }).forEach(([column, value]) => (columns[column][0] = value));
    markers.update({ removed: NONE, changed: Uint32Array.of(0) }, nowMs);
  };
  const at = (nowMs) => markers.drawnAt(0, nowMs, { x: 0, y: 0 }).x;
  const look = () => markers.words[WORD.look];
  fix(START, 0);
  return { fix, at, look, columns, markers };
}

test("between two fixes it glides at an even pace, as long as there was between them", () => {
  const { fix, at } = vehicle();
  fix({ x: START.x + 10_000, fixedAtS: START.fixedAtS + 10 }, 10_000);
  assert.deepEqual([10_000, 12_500, 15_000, 20_000].map(at), [0, 2_500, 5_000, 10_000].map((way) => START.x + way));
});

test("a gap longer than is expected of the device is jumped, one that is not is glided", () => {
  for (const [expectedS, gapS, isJump] of [[30, 31, true], [30, 30, false], [10, 11, true], [300, 200, false], [900, 901, true]]) {
    const { fix, at } = vehicle({ expectedS });
    fix({ x: START.x + 10_000, fixedAtS: START.fixedAtS + gapS }, 0);
    assert.equal(at(1) === START.x + 10_000, isJump, `${gapS} s where ${expectedS} s are expected`);
  }
});

test("past its last fix it goes on a few seconds, ever slower, and then stands", () => {
  const { fix, at } = vehicle();
  fix({ x: START.x + 10_000, fixedAtS: START.fixedAtS + 10 }, 0);
  const places = Array.from({ length: 20 }, (_, i) => at(10_000 + i * 500));
  const steps = places.slice(1).map((x, i) => x - places[i]);
  for (const [i, step] of steps.entries()) assert.ok(step >= 0 && step <= (steps[i - 1] ?? Infinity), steps.join());
  assert.ok(places.at(-1) - (START.x + 10_000) < 1_300, "no more than it covered in 1.3 s");
  assert.equal(at(14_000), at(60_000));
});

test("what is not live, not moving or of the past does not go on", () => {
  for (const [options, more] of [[{}, { state: LATE_MOVING }], [{}, { state: 0x42 }], [{ coasts: false }, {}]]) {
    const { fix, at } = vehicle(options);
    fix({ x: START.x + 10_000, fixedAtS: START.fixedAtS + 10, ...more }, 0);
    assert.equal(at(13_000), START.x + 10_000);
  }
});

test("what was coasted too far is put right at once, never glided back", () => {
  const { fix, at } = vehicle();
  fix({ x: START.x + 10_000, fixedAtS: START.fixedAtS + 10 }, 0);
  const coasted = at(14_000);
  const fixed = START.x + 10_400;
  assert.ok(coasted > fixed);
  fix({ x: fixed, fixedAtS: START.fixedAtS + 14 }, 14_000);
  assert.deepEqual([14_000, 15_000, 18_000].map(at), [fixed, fixed, fixed]);
});

test("one that did turn round glides from its last fix, not from where it was guessed to be", () => {
  const { fix, at } = vehicle();
  const turned = START.x + 10_000;
  fix({ x: turned, fixedAtS: START.fixedAtS + 10 }, 0);
  fix({ x: START.x + 5_000, fixedAtS: START.fixedAtS + 15 }, 15_000);
  assert.equal(at(15_000), turned);
  assert.equal(at(20_000), START.x + 5_000);
});

test("nothing glides or goes on under reduced motion", () => {
  const { fix, at } = vehicle({ isGliding: false });
  fix({ x: START.x + 10_000, fixedAtS: START.fixedAtS + 10 }, 0);
  assert.deepEqual([0, 5_000, 13_000].map(at), [START.x + 10_000, START.x + 10_000, START.x + 10_000]);
});

test("the past is glided at the pace it is played at, and jumped where it goes backwards", () => {
  const { fix, at } = vehicle({ coasts: false, pace: 10 });
  fix({ x: START.x + 10_000, fixedAtS: START.fixedAtS + 10 }, 0);
  assert.equal(at(500), START.x + 5_000);
  assert.equal(at(1_000), START.x + 10_000);
  fix(START, 1_500);
  assert.equal(at(1_500), START.x);
});

test("a marker says that its feed is down", () => {
  const { fix, look } = vehicle();
  assert.equal(look() & LOOK.isFeedDown, 0);
  fix({ ...START, flags: FLAG.feedDown | FLAG.diverging }, 0);
  assert.equal(look() & LOOK.isFeedDown, LOOK.isFeedDown);
  assert.equal(RECORD_WORDS, 7);
});

test("the expected interval is 30 s until one is told, and again once a row is free", () => {
  const { columns } = vehicle();
  columns.expectedS[0] = 300;
  columns.clearRow(0);
  columns.reserve(2_000);
  assert.deepEqual([0, 1, 1_999].map((row) => columns.expectedS[row]), [30, 30, 30]);
});
