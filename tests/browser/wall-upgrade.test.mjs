// A wall over an upgrade of its server, and on a machine whose disk is full: with real servers, real
// restarts and a real quota.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { CutProxy } from "./lib/cut-proxy.mjs";
import { anotherThan, rewriteBuild } from "./lib/other-build.mjs";
import { launch, open, read, until, untilMarkers } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";

const SIZE = { viewport: { width: 1280, height: 720 } };
const KEY_CHARACTERS = 64_000;

let browser;
let proxy;

before(async () => (browser = await launch()));
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  proxy?.close();
});
after(async () => {
  await browser?.close();
  await stopAll();
});

const isWhole = ({ screen, vehicles }) => screen === "live" && vehicles === 300;

/** A page where what is put off for minutes happens within a second; `loads` counts. */
async function hastyWall(url) {
  const context = await browser.newContext(SIZE);
  const page = await context.newPage();
  await page.addInitScript(() => {
    const own = setTimeout;
    window.setTimeout = (act, ms, ...more) => own(act, ms > 20_000 ? ms / 300 : ms, ...more);
  });
  const wall = { page, context, loads: 0 };
  page.on("load", () => (wall.loads += 1));
  await page.goto(url);
  await until(page, isWhole);
  return wall;
}

/** The server is stopped as an operator does it, and one of another build stands in its place. */
async function upgrade(server, renamed) {
  await server.stop();
  renamed.to = anotherThan(renamed.from);
  const next = await startDemo();
  proxy.leadTo(next.url);
  return next;
}

test("an upgrade: the wall obeys the notice, comes back, loads the new page once, and is live with it", { timeout: 240_000 }, async () => {
  const server = await startDemo();
  const renamed = {};
  proxy = await CutProxy.inFrontOf(server.url);
  proxy.rewrite = rewriteBuild(renamed);
  const wall = await hastyWall(new URL("wall#theme=dark&distance=4", proxy.url).href);
  const { page } = wall;
  const { build } = (await read(page)).report;
  renamed.from = renamed.to = build;
  // Asked while it goes from one page to the next, it could not answer.
  const loaded = page.waitForEvent("load", { timeout: 90_000 });
  await upgrade(server, renamed);
  await loaded;
  await until(page, (state) => state.report.build === renamed.to && isWhole(state), 90_000);
  assert.equal(wall.loads, 2);
  assert.equal(new URL(page.url()).hash, "#theme=dark&distance=4");
  // Another greeting by the new server: nothing to load any more.
  const { updateCount } = await read(page);
  proxy.reset();
  await until(page, (state) => state.connection !== "open");
  await until(page, (state) => isWhole(state) && state.updateCount > updateCount);
  assert.equal(wall.loads, 2);
});

test("a full disk: the wall shows all, lives through a loss and a reload, and loads a new page once", { timeout: 240_000 }, async () => {
  const server = await startDemo();
  const renamed = {};
  proxy = await CutProxy.inFrontOf(server.url);
  proxy.rewrite = rewriteBuild(renamed);
  const wall = await hastyWall(new URL("wall#theme=dark", proxy.url).href);
  const { page } = wall;
  await fillStorage(wall, new URL(proxy.url).origin);
  await page.reload();
  await until(page, isWhole);
  await untilMarkers(page);
  assert.equal(await page.evaluate(() => {
    try {
      localStorage.setItem("one", "more".repeat(100));
      return "taken";
    } catch (error) {
      return error.name;
    }
  }), "QuotaExceededError", "it is full, and stayed so");
  const { updateCount, report } = await read(page);
  proxy.reset();
  await until(page, (state) => state.connection !== "open");
  await until(page, (state) => isWhole(state) && state.updateCount > updateCount);
  wall.loads = 0;
  renamed.from = renamed.to = report.build;
  // Asked while it goes from one page to the next, it could not answer.
  const loaded = page.waitForEvent("load", { timeout: 90_000 });
  await upgrade(server, renamed);
  await loaded;
  await until(page, (state) => state.report.build === renamed.to && isWhole(state), 90_000);
  assert.equal(wall.loads, 1);
});

/** Fills what a page may store until nothing more goes in, and takes the rest of the disk away. */
async function fillStorage({ page, context }, origin) {
  const session = await context.newCDPSession(page);
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1_000 });
  await page.evaluate((characters) => {
    for (const storage of [localStorage, sessionStorage]) {
      for (let size = characters, i = 0; size >= 1; i++) {
        try {
          storage.setItem(`full-${i}`, "x".repeat(size));
        } catch {
          size = Math.floor(size / 2);
        }
      }
    }
  }, KEY_CHARACTERS);
}
