// 10,000 vehicles: what an update costs the page's thread. Frames a second say nothing without a
// graphics card, and are not judged.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertClean, launch, open, read, until } from "./lib/page.mjs";
import { startDemo } from "./lib/server.mjs";

const VEHICLES = 10_000;
let server;
let browser;

before(async () => {
  server = await startDemo("--vehicles", String(VEHICLES));
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test("an update of 10,000 vehicles takes the page under 5 ms", { timeout: 120_000 }, async () => {
  const watched = await open(browser, server.url);
  await until(watched.page, (state) => state.vehicles >= VEHICLES * 0.99, 60_000);
  const before = (await read(watched.page)).patchCount;
  await until(watched.page, (state) => state.patchCount >= before + 60, 60_000);
  const state = await read(watched.page);
  const times = state.patchTimesMs.slice(-60).sort((a, b) => a - b);
  const at = (part) => times[Math.floor(times.length * part)];
  console.log(`JS per update, ms: median ${at(0.5).toFixed(2)}, 95th percentile ${at(0.95).toFixed(2)}, ${state.vehicles} vehicles`);
  assert.ok(at(0.5) < 5, `median ${at(0.5)} ms`);
  assertClean(watched);
});
