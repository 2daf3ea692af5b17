// When a new map draws for the first time: not before its view is there, nor while the graphics process
// has something else to do; nor ever later than it may.

import assert from "node:assert/strict";
import { test } from "node:test";
import { imported } from "./lib/bundle.mjs";

const { FirstDrawing } = await imported(`export { FirstDrawing } from "./src/map/first-drawing.ts";`);
const BUSY_LOOKS = 20;

/** A map that only counts; its graphics process is busy for so many questions. */
function aMap(busyFences = 0) {
  const drawn = [];
  let becomesIdle;
  let fences = 0;
  const gl = {
    SYNC_GPU_COMMANDS_COMPLETE: 1,
    SYNC_STATUS: 2,
    UNSIGNALED: 3,
    fenceSync: () => ({ looks: fences++ < busyFences ? BUSY_LOOKS : 0 }),
    flush() {},
    getSyncParameter: (sync) => (sync.looks-- > 0 ? 3 : 4),
    deleteSync() {},
  };
  const map = {
    painter: { render: (what) => drawn.push(what) },
    once: () => new Promise((resolve) => (becomesIdle = resolve)),
    getCanvas: () => ({ getContext: () => gl }),
    redraw: () => map.painter.render("all"),
  };
  return { map, drawn, becomeIdle: () => becomesIdle(), fences: () => fences, loseContext: () => (gl.fenceSync = () => null) };
}

async function untilOver(first) {
  while (!first.isOver) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("nothing is drawn before the view is there, then all of it at once", async () => {
  const { map, drawn, becomeIdle } = aMap();
  const first = new FirstDrawing(map);
  map.painter.render("ground");
  map.painter.render("a tile");
  assert.deepEqual([drawn, first.isOver, first.needsQuiet], [[], false, false]);
  becomeIdle();
  await untilOver(first);
  assert.deepEqual([drawn, first.needsQuiet], [["all"], false]);
  map.painter.render("a pan");
  assert.deepEqual(drawn, ["all", "a pan"]);
});

test("it waits until the graphics process has nothing else to do, and others wait with it", async () => {
  const { map, drawn, becomeIdle, fences } = aMap(2);
  const first = new FirstDrawing(map);
  becomeIdle();
  while (fences() < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual([drawn, first.isOver, first.needsQuiet], [[], false, true]);
  await untilOver(first);
  assert.deepEqual(drawn, ["all"]);
  assert.ok(fences() >= 3, `asked ${fences()} times`);
});

test("a view that does not come, and a graphics process that is never done, hold it up for a moment", async () => {
  const { map, drawn } = aMap(Infinity);
  await untilOver(new FirstDrawing(map));
  assert.deepEqual(drawn, ["all"]);
});

test("a context that is lost meanwhile holds it up no longer", async () => {
  const { map, drawn, becomeIdle, loseContext } = aMap();
  loseContext();
  const first = new FirstDrawing(map);
  becomeIdle();
  await untilOver(first);
  assert.deepEqual(drawn, ["all"]);
});
