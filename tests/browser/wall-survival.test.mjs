// What a wall lives through, done to it for real: a graphics card that fails again and again, storage
// that is full, a wrong clock, a frozen page, a new build, a server that is away as it starts.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { launch, open, read, until, untilDom, untilMarkers } from "./lib/page.mjs";
import { startDemo, startServer, stopAll } from "./lib/server.mjs";
import { standIn } from "./lib/stand-in.mjs";

const SIZE = { viewport: { width: 1280, height: 720 } };
const HOUR_MS = 3_600_000;

let browser;
let server;
let host;

before(async () => {
  server = await startDemo();
  browser = await launch();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  host?.close();
});
after(async () => {
  await browser?.close();
  await stopAll();
});

const wallUrl = () => new URL("wall#theme=dark", server.url).href;

/** Takes the contexts of both canvases away, as a driver that falls over does, and gives them back. */
function loseGraphics(page) {
  return page.evaluate(() => {
    for (const canvas of document.querySelectorAll("#map canvas:not(.cluster-canvas)")) {
      const loss = canvas.getContext("webgl2")?.getExtension("WEBGL_lose_context");
      loss?.loseContext();
      setTimeout(() => loss?.restoreContext(), 100);
    }
  });
}

test("one loss of the graphics card: all is drawn anew within five seconds, without a reload", async () => {
  const { page } = await open(browser, wallUrl(), SIZE);
  await untilMarkers(page);
  await page.evaluate(() => (window.isSamePage = true));
  const { framesDrawn } = await read(page);
  await loseGraphics(page);
  await until(page, (state) => !state.isDrawable);
  await until(page, (state) => state.isDrawable && state.framesDrawn > framesDrawn + 1 && state.isMapIdle, 5_000);
  assert.equal(await page.evaluate(() => window.isSamePage), true);
  assert.equal((await read(page)).report.graphics_losses, 1);
});

test("a loss leaves nothing of the map before it behind", { timeout: 120_000 }, async () => {
  // So far apart, by the page's clock, that none makes it load itself anew.
  const apart = () => {
    const now = performance.now.bind(performance);
    let aheadMs = 0;
    performance.now = () => now() + aheadMs;
    window.waitLong = () => (aheadMs += 61_000);
  };
  const { page } = await open(browser, wallUrl(), SIZE, apart);
  const session = await page.context().newCDPSession(page);
  const heldBytes = async () => {
    await until(page, (state) => state.isDrawable && state.isMapIdle && state.screen === "live" && state.markers > 0, 60_000);
    for (let i = 0; i < 3; i++) await session.send("HeapProfiler.collectGarbage");
    return (await session.send("Runtime.getHeapUsage")).backingStorageSize;
  };
  const lose = async () => {
    await page.evaluate(() => {
      window.waitLong();
      const canvases = [...document.querySelectorAll("#map canvas:not(.cluster-canvas)")];
      window.restored = Promise.all(canvases.map((canvas) => new Promise((resolve) => canvas.addEventListener("webglcontextrestored", resolve, { once: true }))));
    });
    await loseGraphics(page);
    await page.evaluate(() => window.restored.then(() => true));
    await until(page, (state) => state.isDrawable && state.isMapIdle, 60_000);
  };
  await heldBytes();
  await lose();
  const before = await heldBytes();
  for (let i = 0; i < 4; i++) await lose();
  const grownBytes = (await heldBytes()) - before;
  assert.ok(grownBytes < 600_000, `${grownBytes} bytes more than before: each map holds some 440,000`);
});

test("twenty losses: three reloads, then a list that says it all the same", { timeout: 240_000 }, async () => {
  const { page } = await open(browser, wallUrl(), SIZE);
  let loads = 0;
  page.on("load", () => (loads += 1));
  const hasList = () => page.evaluate(() => document.querySelector("#plain-list")?.hidden === false).catch(() => false);
  let losses = 0;
  while (losses < 20 && !(await hasList())) {
    try {
      await until(page, (state) => state.isDrawable && state.markers > 0, 60_000);
    } catch (error) {
      // It loads itself anew, or shows its list by now.
      if (/navigation|Target closed/.test(`${error}`) || (await hasList())) continue;
      throw error;
    }
    await loseGraphics(page).catch(() => {});
    losses += 1;
  }
  await untilDom(page, () => document.querySelectorAll(".plain-lines li").length, (count) => count > 4);
  assert.equal(loads, 3);
  for (; losses < 20; losses++) await loseGraphics(page);
  await untilDom(page, () => document.documentElement.dataset.screen, (screen) => screen === "live");
  assert.equal(await page.evaluate(() => document.querySelector("#plain-list").hidden), false, "it stays");
  assert.match(await page.textContent(".plain-part"), /^Vehicles 1 to \d+ of 300$/);
  assert.match(await page.textContent(".plain-lines"), /Offline|Stale|Moving|Stopped|Parked/);
  assert.equal(loads, 3, "and does not reload over and over");
});

test("a machine without a graphics card shows the list at once", async () => {
  const context = await browser.newContext(SIZE);
  const page = await context.newPage();
  await page.addInitScript(() => {
    const own = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
      return kind === "webgl2" || kind === "webgl" ? null : own.call(this, kind, ...more);
    };
  });
  await page.goto(wallUrl());
  await untilDom(page, () => document.querySelectorAll(".plain-lines li").length, (count) => count > 4);
  await untilDom(page, () => document.querySelector("[data-standing=moving] .count-number").textContent, (text) => Number(text) > 0);
});

/** A fleet of one, told by a stand-in that says which build it is. */
async function standInOf(buildOf) {
  host = await standIn(server, (viewer) => {
    viewer.hello({ build: buildOf() });
    viewer.view();
    viewer.keyframe([{ id: "a", name: "Truck 1", devices: [] }]);
    viewer.json({ type: "sources", all: true, base: 1, seq: 1, sources: [] });
    setInterval(() => viewer.json({ type: "heartbeat", seq: 1 }), 500).unref();
  });
  return new URL("wall#theme=dark", host.url).href;
}

test("a new build: reloaded within five minutes, once for that build, also where storage is full", { timeout: 90_000 }, async () => {
  let build = "";
  const url = await standInOf(() => build);
  const context = await browser.newContext(SIZE);
  const page = await context.newPage();
  await page.addInitScript(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    const own = setTimeout;
    // Five minutes pass in a second.
    window.setTimeout = (act, ms, ...more) => own(act, ms > 20_000 ? ms / 300 : ms, ...more);
    Math.random = () => 0.9;
  });
  let loads = 0;
  page.on("load", () => (loads += 1));
  await page.goto(url);
  await until(page, (state) => state.screen === "live");
  assert.equal(loads, 1);
  build = "another";
  // The next connection says so.
  await page.reload();
  loads = 0;
  await until(page, () => loads === 1);
  await until(page, (state) => state.screen === "live");
  // It is still the old page, since the stand-in serves the same: it must not reload for ever.
  await page.waitForTimeout(4_000);
  assert.equal(loads, 1);
});

test("a wrong clock of the machine: the wall shows the server's time, and none before it is told", async () => {
  const context = await browser.newContext({ ...SIZE, timezoneId: "UTC" });
  const page = await context.newPage();
  await page.addInitScript((ms) => {
    const Own = Date;
    window.Date = class extends Own {
      constructor(...given) {
        if (given.length === 0) super(Own.now() - ms);
        else super(...given);
      }
      static now() {
        return Own.now() - ms;
      }
    };
  }, 5 * HOUR_MS);
  await page.goto(wallUrl());
  const text = await untilDom(page, () => document.querySelector("#clock-time").textContent, (shown) => /^\d\d:\d\d:\d\d$/.test(shown));
  const [hours, minutes] = text.split(":").map(Number);
  const now = new Date();
  const apart = Math.abs(hours * 60 + minutes - (now.getUTCHours() * 60 + now.getUTCMinutes()));
  assert.ok(Math.min(apart, 1_440 - apart) <= 1, `${text} at ${now.toISOString()}`);
  assert.match(await page.textContent("#clock-zone"), /UTC|GMT/);
});

test("a page that was frozen goes on by itself, with the right time and live", { timeout: 120_000 }, async () => {
  const { page } = await open(browser, wallUrl(), SIZE);
  await untilMarkers(page);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
  // As long as it takes until a screen is dead.
  await new Promise((resolve) => setTimeout(resolve, 32_000));
  await cdp.send("Page.setWebLifecycleState", { state: "active" });
  const { updateCount } = await read(page);
  await until(page, (state) => state.screen === "live" && state.updateCount > updateCount, 20_000);
  const shown = await page.textContent("#clock-time");
  await untilDom(page, () => document.querySelector("#clock-time").textContent, (text) => text !== shown);
});

test("a reload while the server is away ends at a page that waits, and goes on with the same address", { timeout: 120_000 }, async () => {
  let own = await startDemo();
  const { port } = new URL(own.front?.url ?? own.url);
  const { page } = await open(browser, new URL("wall#theme=dark&distance=4&lang=de", own.url).href, SIZE);
  await untilMarkers(page);
  await untilDom(page, () => navigator.serviceWorker.controller !== null, Boolean);
  await own.kill();
  await page.reload();
  await page.getByText("Wartet auf den Server").waitFor();
  await page.getByText(/^seit 0:0\d$/).waitFor();
  assert.equal(await page.getAttribute("html", "lang"), "de");
  // The address goes before what was chosen on this machine, and that before the browser's language.
  for (const [address, kept, text] of [["#theme=dark&distance=4&lang=en", "de", "Waiting for the server"], ["#theme=dark&distance=4", "de", "Wartet auf den Server"], ["#theme=dark&distance=4&lang=de", "auto", "Wartet auf den Server"]]) {
    await page.evaluate(([hash, lang]) => (localStorage.setItem("fleetglass-preferences", JSON.stringify({ lang })), (location.hash = hash)), [address, kept]);
    await page.reload();
    await page.getByText(text).waitFor();
  }
  assert.equal(new URL(page.url()).hash, "#theme=dark&distance=4&lang=de");
  own = await startServer(["demo", "--listen", `127.0.0.1:${port}`, "--seed", "7"]);
  await until(page, (state) => state.screen === "live" && state.vehicles === 300, 40_000);
  assert.equal(new URL(page.url()).hash, "#theme=dark&distance=4&lang=de");
});
