// What the page says of how far each position can be trusted: in the list, on the map, in the panel,
// over its feeds, and of where a vehicle was. A stand-in tells of a fleet in every state.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findings } from "./lib/axe.mjs";
import { assertClean, launch, open, read, until, untilDom } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";
import { SmallWorld } from "./lib/small-world.mjs";
import { standIn } from "./lib/stand-in.mjs";

const MINUTE_MS = 60_000;

let server;
let browser;
let world;
let host;

before(async () => {
  server = await startDemo("--vehicles", "5");
  browser = await launch();
  world = new SmallWorld();
  host = await standIn(server, (viewer) => world.greet(viewer), world.answer);
});
after(async () => {
  host?.close();
  await browser?.close();
  await stopAll();
});

async function openDesk(options) {
  const watched = await open(browser, host.url, options);
  await until(watched.page, (state) => state.listed === 11 && state.labels.length > 0, 30_000);
  return watched;
}

const rowOf = (page, name) => page.locator(".row", { hasText: name });

test("each row says what the vehicle does, how old its position is, and that its feed is down", { timeout: 120_000 }, async () => {
  const watched = await openDesk();
  const { page } = watched;
  const said = {};
  for (const name of ["Truck 2", "Truck 3", "Truck 4", "Van 1", "Van 3", "Van 4", "Van 5", "Car 2"]) said[name] = await rowOf(page, name).locator(".row-state").textContent();
  assert.deepEqual(said, {
    "Truck 2": "Moving · 54 km/h",
    "Truck 3": "Late, moving",
    "Truck 4": "Stale, was moving",
    "Van 1": "Idling",
    "Van 3": "Offline, was parked",
    "Van 4": "Feed down, was moving",
    "Van 5": "Feed down, was parked",
    "Car 2": "No position yet",
  });
  const pictures = await page.$$eval(".row .state-icon", (icons) => icons.map((icon) => `${icon.dataset.motion} ${icon.dataset.freshness} ${icon.querySelector(".cut") !== null}`));
  assert.equal(pictures.filter((picture) => picture.endsWith("true")).length, 2, "the two of the feed that is down");
  assert.equal(new Set(pictures).size, 9, "no two states look the same");
  // Names on the map have the age of what is not live, and only of that.
  const ages = { "Truck 3": "2 min", "Truck 4": "60 min", "Van 3": "2 d", "Van 4": "3 min" };
  const { labels } = await until(page, (state) => state.labels.length >= 6);
  // Those that drive may cover one or the other.
  for (const label of labels) {
    const [name] = label.split(" · ");
    assert.equal(label, name in ages ? `${name} · ${ages[name]}` : name);
  }
  assert.ok(labels.filter((label) => label.includes(" · ")).length >= 2, labels.join());
  assert.equal((await read(page)).markers, 10, "none is hidden for being old");
  // One alarm for the feed, none for its vehicles.
  assert.equal(await page.locator(".feed-alarm").count(), 1);
  assert.match(await page.textContent(".feed-alarm"), /^gamma is down since .+\. 2 vehicles show their last known place\.$/);
  assert.equal(await page.locator("[role=alert]:visible", { hasText: "gamma" }).count(), 1);
  assertClean(watched);
  await page.close();
});

test("who stopped reporting is counted, listed alone and put in order", { timeout: 120_000 }, async () => {
  const { page } = await openDesk();
  assert.equal(await page.textContent("#counts [data-standing=overdue]"), "2Stopped reporting");
  const names = () => [...document.querySelectorAll(".row:not([hidden]) .row-name")].map((name) => name.textContent);
  await page.selectOption("#sort", "silence");
  await untilDom(page, names, (listed) => listed[0] === "Truck 4" && listed[1] === "Van 3" && listed.length === 11);
  await page.selectOption("#sort", "name");
  await page.click("#counts [data-standing=overdue] button");
  await untilDom(page, names, (listed) => listed.join() === "Truck 4,Van 3");
  assert.equal(await page.textContent("#list-summary"), "2 of 11 vehicles");
  await page.close();
});

test("why this position: each device, and on demand where the others are", { timeout: 120_000 }, async () => {
  const watched = await openDesk({ viewport: { width: 1440, height: 900 } });
  const { page } = watched;
  await rowOf(page, "Car 1").click();
  await untilDom(page, () => document.querySelectorAll("#detail-devices dt").length, (count) => count === 3);
  const text = await page.textContent("#detail-devices");
  const [used, outranked] = text.split("beta 9-0");
  assert.match(used, /alpha 9used · fix \d+ s ago · expected every 10 s/);
  assert.ok(used.includes("the newest fix of the device that holds the position"));
  assert.match(outranked, /^another device ranks higher · fix \d+ s ago · expected every 30 s/);
  assert.ok(outranked.includes("alpha ranks above beta and is not silent"));
  assert.equal(await page.locator("#detail-devices dt.is-marked").count(), 1);
  assert.match(await page.textContent("#detail-flags"), /disagree about the place/);
  assert.match(await page.textContent("#detail-freshness"), /^Position \d+ s old, counted as live up to 60 s; a report is expected every 10 s$/);
  assert.match(await page.textContent("#detail-position"), /tracker and vendor 4\.2 s, this server 120 ms, the line to you \d+/);
  assert.equal((await read(page)).ghosts, 0);
  await page.focus("#ghosts");
  await page.keyboard.press("Space");
  await until(page, (state) => state.ghosts === 2);
  assert.match((await page.textContent(".ghost >> nth=0")), /^beta 9-\d, \d+ s ago$/);
  await page.keyboard.press("Escape");
  await until(page, (state) => state.ghosts === 0 && state.selectedId === undefined);
  await rowOf(page, "Truck 2").click();
  await untilDom(page, () => document.querySelectorAll("#detail-devices dt").length, (count) => count === 1);
  assert.equal(await page.isVisible("#ghosts"), false, "there is no other device");
  await rowOf(page, "Van 5").click();
  await untilDom(page, () => document.querySelector("#detail-headline").textContent, (headline) => headline === "Feed down, was parked");
  assert.match(await page.textContent("#detail-position"), /Drawnwhere it parked/);
  assertClean(watched);
  await page.close();
});

test("a trail: the last hour at once, other spans when asked, what it means, and as a file", { timeout: 120_000 }, async () => {
  const watched = await openDesk();
  const { page } = watched;
  await rowOf(page, "Truck 1").click();
  const { trailPoints } = await until(page, (state) => state.trailPoints > 0);
  // 3 a minute but for the four of the gap.
  assert.ok(Math.abs(trailPoints - 3 * 56) <= 3, `${trailPoints} points`);
  assert.match(await page.textContent("#detail-trail"), /\d+ positions, (\w+, \d+ \w+, )?\d\d:\d\d to \d\d:\d\d \S+, 9 completed later by the vendor\./, "with the day where midnight is between");
  assert.equal(await page.locator(".legend li").count(), 7);
  await page.focus("#trail-1");
  await page.keyboard.press("ArrowRight");
  await until(page, (state) => state.trailPoints > 3 * 300);
  const query = (url) => Object.fromEntries(new URL(url).searchParams);
  const links = await page.$$eval(".downloads a", (all) => all.map((link) => link.href));
  assert.deepEqual(links.map((link) => query(link).format), ["geojson", "gpx", "csv"]);
  for (const link of links) {
    const { from, to } = query(link);
    assert.equal(Date.parse(to) - Date.parse(from), 6 * 60 * MINUTE_MS);
    assert.equal(new URL(link).pathname, "/api/v1/vehicles/small%2F1/trail");
  }
  await page.click("label[for=trail-custom]");
  const local = (ms) => page.evaluate((at) => new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16), ms);
  const [fromMs, toMs] = [120, 90].map((minutes) => Math.floor(Date.now() / MINUTE_MS - minutes) * MINUTE_MS);
  await page.fill("#trail-from", await local(fromMs));
  await page.fill("#trail-to", await local(toMs));
  await until(page, (state) => state.trailPoints > 50 && state.trailPoints < 100);
  const custom = query(await page.$eval(".downloads a", (link) => link.href));
  assert.deepEqual([custom.from, custom.to].map(Date.parse), [fromMs, toMs]);
  await page.fill("#trail-to", await local(fromMs - MINUTE_MS));
  await untilDom(page, () => document.querySelector("#detail-trail").textContent, (text) => text.includes("before the end"));
  await rowOf(page, "Truck 2").click();
  await until(page, (state) => state.selectedId === "small/2" && Math.abs(state.trailPoints - 3 * 56) <= 3);
  assertClean(watched);
  await page.close();
});

test("a feed's details say how long positions are on their way", { timeout: 120_000 }, async () => {
  const { page } = await openDesk();
  await page.click(".feed-pill >> nth=0");
  const text = await page.textContent(".feed-popover:popover-open");
  assert.match(text, /Tracker to ushalf within 3\.1 s, 95 of 100 within 12 s/);
  assert.match(text, /Us to youhalf within 130 ms, 95 of 100 within 260 ms/);
  await page.keyboard.press("Escape");
  await page.click(".feed-pill >> nth=1");
  assert.doesNotMatch(await page.textContent(".feed-popover:popover-open"), /Tracker to us/);
  await page.close();
});

test("time travel: opened, played, scrubbed and left by keys, in a frame that says so", { timeout: 180_000 }, async () => {
  const watched = await openDesk();
  const { page } = watched;
  // An hour is three laps and a half for it.
  const truck = () => page.evaluate(() => window.fleetglass.screenPoint("small/2"));
  const live = await truck();
  const isFarFromLive = (at) => Math.hypot(at.xPx - live.xPx, at.yPx - live.yPx) > 40;
  world.asked.length = 0;
  await page.keyboard.press("h");
  await until(page, (state) => state.past.isOn && state.past.trouble === "none" && state.listed === 11);
  assert.equal(await page.isVisible("#past-frame"), true);
  assert.equal(await page.textContent(".past-plate strong"), "NOT LIVE");
  assert.equal(await page.textContent("#screen-badge"), "Not live");
  assert.equal(await page.evaluate(() => document.activeElement.id), "past-scrubber");
  const began = await read(page);
  const shown = await page.textContent("#past-time");
  await page.keyboard.press("PageDown");
  await until(page, (state) => state.past.shownMs === began.past.shownMs - 60 * MINUTE_MS);
  assert.notEqual(await page.textContent("#past-time"), shown);
  await page.keyboard.press("ArrowLeft");
  await until(page, (state) => state.past.shownMs === began.past.shownMs - 61 * MINUTE_MS);
  assert.ok(isFarFromLive(await truck()), "the map shows where it was");
  // Freshness is that of then: the ages do not grow by the hour.
  assert.match(await rowOf(page, "Truck 2").locator(".row-age").textContent(), /^\d+ s$/);
  // Played, it goes on by the pace, with one question at a time, some ahead.
  world.delayMs = 100;
  world.asked.length = 0;
  await page.click("label[for=pace-60]");
  await page.click("#past-play");
  const from = (await read(page)).past.shownMs;
  const played = await until(page, (state) => state.past.shownMs >= from + 5 * 30_000, 30_000);
  assert.equal((played.past.shownMs - from) % 30_000, 0, "half a second is half a minute");
  await page.click("#past-play");
  await until(page, (state) => !state.past.isPlaying);
  const asked = world.asked.filter(({ endedMs }) => endedMs < Infinity);
  for (const [i, { startedMs }] of asked.slice(1).entries()) assert.ok(startedMs >= asked[i].endedMs, "two questions at a time");
  world.delayMs = 0;
  // What is live goes on underneath.
  const before = await read(page);
  await until(page, (state) => state.updateCount > before.updateCount + 1);
  assert.equal((await read(page)).past.isOn, true);
  // Before memory began it says so, and shows nothing rather than something wrong.
  await page.focus("#past-day");
  await page.evaluate(() => {
    const day = document.querySelector("#past-day");
    day.value = day.min;
    day.dispatchEvent(new Event("change"));
  });
  await page.focus("#past-scrubber");
  for (let i = 0; i < 30; i++) await page.keyboard.press("PageDown");
  await untilDom(page, () => document.querySelector("#past-note").textContent, (text) => text === "Nothing is remembered of this time.");
  await until(page, (state) => state.listed === 0);
  // Back at once, by n.
  await page.keyboard.press("n");
  const now = await until(page, (state) => !state.past.isOn && state.listed === 11, 5_000);
  assert.equal(now.screen, "live");
  assert.equal(await page.isVisible("#past-frame"), false);
  const { xPx } = await truck();
  assert.ok(Number.isFinite(xPx));
  assertClean({ ...watched, errors: watched.errors.filter((text) => !text.includes("404")) });
  await page.close();
});

test("the selected vehicle and its trail are of the time that is shown; Escape and the button come back", { timeout: 180_000 }, async () => {
  const { page } = await openDesk({ viewport: { width: 1440, height: 900 } });
  await rowOf(page, "Truck 1").click();
  await until(page, (state) => state.trailPoints > 0);
  await page.click("#past-open");
  await until(page, (state) => state.past.isOn && state.past.trouble === "none");
  await page.keyboard.press("PageDown");
  const { past } = await until(page, (state) => state.past.trouble === "none" && state.past.shownMs < Date.now() - 59 * MINUTE_MS);
  const age = () => document.querySelector("#detail-freshness").textContent;
  await untilDom(page, age, (text) => /^Position \d+ s old/.test(text));
  const why = await page.textContent("#detail-devices");
  assert.match(why, /^alpha 0.*What each device said then is not remembered\.$/);
  assert.doesNotMatch(why, /no position yet/);
  const to = () => new URL(document.querySelector(".downloads a").href).searchParams.get("to");
  await untilDom(page, to, (text) => Date.parse(text) === past.shownMs);
  assert.equal(await page.isVisible("#past-back"), true);
  await page.keyboard.press("Escape");
  await until(page, (state) => !state.past.isOn && state.selectedId === "small/1");
  await untilDom(page, to, (text) => Date.parse(text) > Date.now() - 30_000);
  await page.click("#past-open");
  await until(page, (state) => state.past.isOn);
  await page.click("#past-back");
  await until(page, (state) => !state.past.isOn);
  assert.equal(await page.evaluate(() => document.activeElement.id), "past-open");
  await page.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`no serious finding with a trail, other devices, an alarm and the past (${colorScheme})`, { timeout: 180_000 }, async () => {
    const { page } = await openDesk({ colorScheme, bypassCSP: true, viewport: { width: 1440, height: 900 } });
    await rowOf(page, "Car 1").click();
    await until(page, (state) => state.trailPoints > 0);
    await page.click("#ghosts");
    await page.click("label[for=trail-custom]");
    await until(page, (state) => state.ghosts === 2 && state.isMapIdle);
    assert.deepEqual(await findings(page), []);
    await page.click("#past-open");
    await until(page, (state) => state.past.isOn && state.past.trouble === "none");
    assert.deepEqual(await findings(page), []);
    await page.close();
  });
}

test("a server that knows no past, and answers with the present, is not believed", { timeout: 120_000 }, async () => {
  const forgetful = (response, request) => {
    const { pathname, searchParams } = new URL(request.url, "http://host/");
    if (pathname !== "/api/v1/vehicles" || !searchParams.has("at")) return pathname === "/api/v1/history" ? (response.writeHead(404).end(), true) : world.answer(response, request);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ at: new Date().toISOString(), vehicles: world.fleetAt(Date.now()) }));
    return true;
  };
  const other = await standIn(server, (viewer) => world.greet(viewer), forgetful);
  const { page } = await open(browser, other.url);
  await until(page, (state) => state.listed === 11, 30_000);
  await page.keyboard.press("h");
  await untilDom(page, () => document.querySelector("#past-note").textContent, (text) => text === "Nothing is remembered of this time.");
  await until(page, (state) => state.listed === 0);
  await page.close();
  other.close();
});

test("the wall has the one alarm too, and the ages", { timeout: 120_000 }, async () => {
  const watched = await open(browser, `${host.url}wall`, { viewport: { width: 1920, height: 1080 } });
  const { page } = watched;
  await until(page, (state) => state.labels.some((label) => /^(Truck|Van) \d · \d+ (min|d)$/.test(label)), 30_000);
  assert.equal(await page.locator(".feed-alarm").count(), 1);
  assertClean(watched);
  await page.close();
});
