// 10,000 vehicles: the page takes them in and goes on. What that costs its thread is told here, and
// judged by the benches, beside how noisy the machine was.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertClean, launch, open, read, until } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";

const VEHICLES = 10_000;
let server;
let browser;

before(async () => {
  server = await startDemo("--vehicles", String(VEHICLES));
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stopAll();
});

test("10,000 vehicles are on the page, and so are their changes", { timeout: 120_000 }, async () => {
  const watched = await open(browser, server.url);
  await until(watched.page, (state) => state.vehicles >= VEHICLES * 0.99, 60_000);
  const before = (await read(watched.page)).updateCount;
  await until(watched.page, (state) => state.updateCount >= before + 60, 60_000);
  const state = await read(watched.page);
  const updates = summary(state.updateTimesMs.slice(-60));
  const frames = summary(state.frameTimesMs.slice(-60));
  console.log(`${state.vehicles} vehicles; JS per update, ms: ${updates.text}; per frame with names: ${frames.text}`);
  const others = state.vehicles - state.markers;
  assert.ok(others < VEHICLES * 0.05, `${others} without a marker`);
  assertClean(watched);
});

function summary(timesMs) {
  const sorted = timesMs.sort((a, b) => a - b);
  const at = (part) => sorted[Math.floor(sorted.length * part)];
  return { median: at(0.5), text: `median ${at(0.5).toFixed(1)}, 95th percentile ${at(0.95).toFixed(1)}` };
}
