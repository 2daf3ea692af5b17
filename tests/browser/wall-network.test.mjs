// What other people's networks do to a wall: a cable that is pulled, a router that forgets its
// connections, a machine that sleeps. Nothing of it is closed properly, so the wall has to notice by
// itself, say so, and come back without a touch.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { CutProxy } from "./lib/cut-proxy.mjs";
import { launch, open, read, until, untilDom, untilMarkers } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";
import { SleepingBrowser } from "./lib/sleeping-browser.mjs";

const SIZE = { viewport: { width: 1280, height: 720 } };
/** By then a screen is dead, and a connection given up. */
const SLEEP_MS = 40_000;

let browser;
let server;
let proxy;

before(async () => {
  server = await startDemo();
  browser = await launch();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  proxy?.close();
});
after(async () => {
  await browser?.close();
  await stopAll();
});

/** A live wall behind a network that can be cut; it notes whether its veil was ever seen. */
async function wallBehindProxy() {
  proxy = await CutProxy.inFrontOf(server.url);
  const { page } = await open(browser, new URL("wall#theme=dark", proxy.url).href, SIZE);
  await untilMarkers(page);
  await until(page, (state) => state.screen === "live" && state.vehicles === 300);
  await page.evaluate(() => {
    const veil = document.querySelector("#veil");
    window.wasVeiled = false;
    new MutationObserver(() => (window.wasVeiled ||= !veil.hidden)).observe(veil, { attributes: true });
  });
  return page;
}

/** It tells the truth again: new data has come, and nothing of the fleet is missing. */
async function isBack(page, updatesBefore) {
  const state = await until(page, ({ screen, updateCount, vehicles }) => screen === "live" && updateCount > updatesBefore && vehicles === 300);
  await page.waitForSelector("#veil", { state: "hidden" });
  return state;
}

test("a cable that is pulled: noticed without any closing, veiled with the time of the last data, back by itself", { timeout: 180_000 }, async () => {
  const page = await wallBehindProxy();
  proxy.cut();
  assert.equal((await read(page)).connection, "open", "nobody told it");
  await until(page, (state) => state.screen === "reconnecting");
  assert.equal(await page.isVisible("#veil"), false);
  await page.waitForSelector("#veil:visible", { timeout: 60_000 });
  assert.match(await page.textContent("#veil"), /NOT LIVE\s*last data \d\d:\d\d:\d\d/);
  const { updateCount, vehicles } = await read(page);
  assert.equal(vehicles, 300, "nothing is hidden for being old");
  proxy.mend();
  await isBack(page, updateCount);
});

test("a short cut: no veil, and it goes on where it was", { timeout: 120_000 }, async () => {
  const page = await wallBehindProxy();
  proxy.cut();
  await until(page, (state) => state.screen === "reconnecting");
  const { updateCount } = await read(page);
  proxy.mend();
  await isBack(page, updateCount);
  assert.equal(await page.evaluate(() => window.wasVeiled), false);
});

test("a half-open socket: given up after silence, though nobody closes it, and replaced by another", { timeout: 120_000 }, async () => {
  const page = await wallBehindProxy();
  const { accepted } = proxy;
  const { updateCount } = await read(page);
  proxy.strand();
  assert.ok(proxy.stranded > 0);
  await until(page, (state) => state.connection !== "open");
  const state = await isBack(page, updateCount);
  assert.equal(state.connection, "open");
  assert.ok(proxy.accepted > accepted, "over a connection of its own");
  assert.equal(await page.evaluate(() => window.wasVeiled), false);
});

test("connections that are reset again and again: live after each", { timeout: 120_000 }, async () => {
  const page = await wallBehindProxy();
  for (let round = 0; round < 5; round++) {
    const { updateCount } = await read(page);
    proxy.reset();
    await until(page, (state) => state.connection !== "open");
    await isBack(page, updateCount);
  }
});

test("a machine that slept: the page wakes, is live with the fleet of now, and its clock is right", { timeout: 180_000 }, async () => {
  const sleeper = await SleepingBrowser.launch();
  try {
    const { page } = await open(sleeper.browser, new URL("wall#theme=dark", server.url).href, { ...SIZE, timezoneId: "UTC" });
    await untilMarkers(page);
    await until(page, (state) => state.screen === "live");
    const before = await read(page);
    await sleeper.sleep(SLEEP_MS);
    await isBack(page, before.updateCount);
    const [hours, minutes] = (await untilDom(page, () => document.querySelector("#clock-time").textContent, (text) => /^\d\d:\d\d:\d\d$/.test(text))).split(":").map(Number);
    const now = new Date();
    const apart = Math.abs(hours * 60 + minutes - (now.getUTCHours() * 60 + now.getUTCMinutes()));
    assert.ok(Math.min(apart, 1_440 - apart) <= 1, `${hours}:${minutes} at ${now.toISOString()}`);
  } finally {
    await sleeper.browser.close();
  }
});

test("a clock that jumps while it runs, as when the network tells the time: live throughout, and the time shown is the server's", { timeout: 120_000 }, async () => {
  const context = await browser.newContext({ ...SIZE, timezoneId: "UTC" });
  const page = await context.newPage();
  await page.addInitScript(() => {
    const Own = Date;
    window.clockIsOffMs = -9 * 3_600_000;
    window.Date = class extends Own {
      constructor(...given) {
        if (given.length === 0) super(Own.now() + window.clockIsOffMs);
        else super(...given);
      }
      static now() {
        return Own.now() + window.clockIsOffMs;
      }
    };
  });
  await page.goto(new URL("wall#theme=dark", server.url).href);
  await until(page, (state) => state.screen === "live" && state.vehicles === 300);
  const clock = () => document.querySelector("#clock-time").textContent;
  const minuteShown = async () => {
    const [hours, minutes] = (await untilDom(page, clock, (text) => /^\d\d:\d\d:\d\d$/.test(text))).split(":").map(Number);
    return hours * 60 + minutes;
  };
  for (const offMs of [0, 26 * 3_600_000, -400 * 86_400_000]) {
    const { updateCount } = await read(page);
    await page.evaluate((ms) => (window.clockIsOffMs = ms), offMs);
    const state = await until(page, (now) => now.updateCount > updateCount + 4);
    assert.equal(state.screen, "live", `${offMs} ms off`);
    const now = new Date();
    const apart = Math.abs((await minuteShown()) - (now.getUTCHours() * 60 + now.getUTCMinutes()));
    assert.ok(Math.min(apart, 1_440 - apart) <= 1, `${offMs} ms off`);
  }
});
