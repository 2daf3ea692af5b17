// The server dies and comes back, in real time: a screen must never look live when it is not, and
// must need nobody to recover.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, read, until, untilDom, untilMarkers } from "./lib/page.mjs";
import { startDemo, startServer, stopAll } from "./lib/server.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stopAll();
});

test("reconnecting, then the veil, then live again without a touch", { timeout: 120_000 }, async () => {
  let server = await startDemo();
  const { port } = new URL(server.url);
  const desk = await open(browser, server.url);
  const wall = await open(browser, new URL("wall", server.url).href);
  for (const { page } of [desk, wall]) {
    await untilMarkers(page);
    await until(page, (state) => state.screen === "live");
  }
  const diedMs = Date.now();
  await server.kill();
  for (const { page } of [desk, wall]) {
    await until(page, (state) => state.screen === "reconnecting", 20_000);
    assert.equal(await page.isVisible("#veil"), false);
  }
  for (const { page } of [desk, wall]) await page.waitForSelector("#veil:visible", { timeout: 40_000 });
  const veiledAfterMs = Date.now() - diedMs;
  // The silence may have begun a heartbeat before; `./bench wall` measures how long it lasts.
  assert.ok(25_000 < veiledAfterMs && veiledAfterMs < 36_000, `the veil came after ${veiledAfterMs} ms`);
  assert.match(await desk.page.textContent("#veil"), /NOT LIVE\s*last data \d\d:\d\d:\d\d/);
  assert.equal((await read(desk.page)).vehicles, 300, "nothing is hidden for being old");

  server = await startServer(["demo", "--listen", `127.0.0.1:${port}`, "--seed", "7"]);
  for (const { page } of [desk, wall]) {
    await until(page, (state) => state.screen === "live", 25_000);
    await page.waitForSelector("#veil", { state: "hidden" });
    await until(page, (state) => state.vehicles === 300, 20_000);
  }
  assert.deepEqual([...desk.violations, ...wall.violations], []);
  await server.stop();
});

test("the badge of a page that gets frames says that it is live", async () => {
  const server = await startDemo();
  const { page } = await open(browser, server.url);
  await until(page, (state) => state.screen === "live");
  await untilDom(page, () => document.querySelector("#screen-badge").textContent, (text) => text === "Live");
});
