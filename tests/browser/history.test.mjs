// Time travel on a real server and a moving fleet: what it shows is what was there.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertClean, launch, open, read, until } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";

const VEHICLES = 120;
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

const openPast = async (page) => {
  await page.keyboard.press("h");
  return until(page, (state) => state.past.isOn && state.past.trouble === "none", 30_000);
};

const countOf = ({ past }) => Object.values(past.counts).reduce((sum, count) => sum + count, 0);

/** Ids and places of what the server says the map showed then. */
async function shownAt(atMs) {
  const response = await fetch(new URL(`/api/v1/vehicles?at=${new Date(atMs).toISOString()}`, server.url));
  return (await response.json()).vehicles.filter((vehicle) => vehicle.position !== undefined);
}

test("a server that has just been started opens its past with the fleet in it", { timeout: 120_000 }, async () => {
  const watched = await open(browser, server.url);
  const { page } = watched;
  await until(page, (state) => state.listed >= VEHICLES && state.markers > 100, 30_000);
  const startedMs = Date.now();
  await until(page, () => Date.now() > startedMs + 4_000);
  const state = await openPast(page);
  assert.ok(state.past.shownMs > startedMs, "the last moment, as a minute ago there was nothing");
  assert.ok(countOf(state) >= VEHICLES && state.listed >= VEHICLES, `${countOf(state)} vehicles`);
  assert.equal(await page.isVisible("#past-frame"), true);
  assert.equal(await page.textContent(".past-plate strong"), "NOT LIVE");
  await page.keyboard.press("n");
  await until(page, (now) => !now.past.isOn && now.screen === "live");
  assertClean(watched);
  await page.close();
});

test("played, the past shows where the vehicles were and how fresh they were then; one key returns", { timeout: 240_000 }, async () => {
  const watched = await open(browser, server.url);
  const { page } = watched;
  const { from } = await (await fetch(new URL("/api/v1/history", server.url))).json();
  await until(page, () => Date.now() > Date.parse(from) + 100_000, 120_000);
  const began = await openPast(page);
  await page.keyboard.press("ArrowLeft");
  const back = await until(page, (state) => state.past.trouble === "none" && state.past.shownMs < began.past.shownMs);
  await page.click("label[for=pace-10]");
  await page.click("#past-play");
  await until(page, (state) => state.past.shownMs >= back.past.shownMs + 20_000, 30_000);
  await page.click("#past-play");
  const { past } = await until(page, (state) => !state.past.isPlaying && state.past.trouble === "none" && state.past.shownMs === state.past.wantedMs && !state.isGliding);
  const then = await shownAt(past.shownMs);
  assert.ok(then.length > 100, `${then.length}`);
  const places = await page.evaluate((ids) => ids.map((id) => window.fleetglass.screenPoint(id)), then.map(({ id }) => id));
  assert.ok(places.every((place) => place !== null), "each is drawn");
  // Places on the screen are as those on the ground: the same order from west to east.
  const lngOf = ({ drawn, position }) => (drawn ?? position).lng_deg;
  const byGround = then.map((vehicle, i) => [lngOf(vehicle), places[i].xPx]).sort(([a], [b]) => a - b);
  byGround.slice(1).forEach(([, xPx], i) => assert.ok(xPx >= byGround[i][1] - 1, "drawn where it was"));
  const overdue = then.filter(({ freshness }) => ["stale", "offline"].includes(freshness.state)).length;
  assert.equal(past.counts.overdue, overdue, "freshness is that of then");
  const live = await read(page);
  assert.equal(live.screen, "live", "what is live goes on underneath");
  assert.equal(await page.textContent("#screen-badge"), "Not live");
  // It runs into the present, asks for nothing that is still to come, and stops there.
  await page.click("label[for=pace-600]");
  await page.click("#past-play");
  const end = await until(page, ({ past: now }) => !now.isPlaying && now.trouble === "none" && now.shownMs === now.wantedMs && now.shownMs > past.shownMs);
  assert.ok(Date.now() - end.past.shownMs < 30_000, "the last moment there is");
  await page.keyboard.press("n");
  await until(page, (state) => !state.past.isOn);
  assert.equal(await page.isVisible("#past-frame"), false);
  assertClean(watched);
  await page.close();
});
