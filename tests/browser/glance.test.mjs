// The fleet at a glance: what blocks count, how they filter together, and since when each vehicle
// does what it does.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { imported } from "./lib/bundle.mjs";
import { DIFFERENCES } from "./lib/fleet-message.mjs";
import { assertClean, launch, open, until, untilDom } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";
import { rowOf } from "./lib/small-world.mjs";
import { standIn } from "./lib/stand-in.mjs";
import { NAMES, ToldWorld, idOf } from "./lib/told-world.mjs";

const { filterOf, classOf, durationText } = await imported(`
  export { filterOf, classOf } from "./src/live/filter.ts";
  export { durationText } from "./src/ui/words.ts";
`);
const MOTIONS = ["moving", "idling", "stopped", "parked", "unknown"];
const FRESHNESSES = ["live", "late", "stale", "offline", "never", "off_duty"];
const MINUTE_MS = 60_000;

let server;
let browser;
let host;

before(async () => {
  server = await startDemo("--vehicles", "5");
  browser = await launch();
});
afterEach(() => host?.close());
after(async () => {
  await browser?.close();
  await stopAll();
});

test("of one row of blocks any that is on fits, and both rows must fit", () => {
  const all = MOTIONS.flatMap((motion, m) => FRESHNESSES.flatMap((freshness, f) => [0, 1].map((flags) => ({ text: `${motion} ${freshness}${flags ? " diverging" : ""}`, code: classOf(m | (f << 3) | 0xc0, flags) }))));
  const passing = (query) => {
    const passes = filterOf({ text: "", standings: [], sort: "name", ...query });
    return all.filter(({ code }) => passes[code] === 1).map(({ text }) => text).filter((text) => !text.endsWith("diverging"));
  };
  assert.equal(passing({}).length, 30);
  assert.deepEqual(passing({ standings: ["moving", "parked"] }), ["moving live", "moving late", "parked live", "parked late"]);
  assert.equal(passing({ attention: ["late", "offline"] }).length, 10);
  assert.deepEqual(passing({ standings: ["moving"], attention: ["late"] }), ["moving late"]);
  // Who is silent does nothing that anybody knows; where silence is asked for, it is what it did.
  assert.deepEqual(passing({ standings: ["moving"], attention: ["overdue"] }), ["moving stale", "moving offline"]);
  assert.deepEqual(passing({ standings: ["stopped"], attention: ["late", "stale"] }), ["stopped late", "stopped stale"]);
  assert.deepEqual(passing({ standings: ["off_duty"], attention: ["late"] }), []);
  assert.deepEqual(passing({ attention: ["diverging"] }), []);
  const diverging = filterOf({ text: "", standings: ["stopped"], attention: ["diverging"], sort: "name" });
  assert.deepEqual([classOf(2, 1), classOf(2, 0), classOf(3, 1), classOf(2, 9)].map((code) => diverging[code]), [1, 0, 0, 1]);
});

test("durations are as long as they are read", () => {
  const text = (minutes, isAtLeast = false) => durationText(minutes * MINUTE_MS, isAtLeast);
  assert.deepEqual([0.9, 1, 59.9, 60, 65, 130, 24 * 60, 76 * 60].map((minutes) => text(minutes)), ["under 1 min", "1 min", "59 min", "1 h", "1 h 05", "2 h 10", "1 d", "3 d 4 h"]);
  assert.deepEqual([text(130, true), text(0, true), text(-5)], ["over 2 h 10", "", "under 1 min"]);
});

test("blocks count and filter, several at a time", { timeout: 120_000 }, async () => {
  const { page, watched } = await openDesk(new ToldWorld());
  const block = (key) => page.locator(`#counts [data-standing=${key}]`);
  const texts = await page.$$eval("#counts li:not([hidden])", (items) => items.map((item) => item.textContent));
  assert.deepEqual(texts, ["5Moving", "1Idling", "1Stopped", "1Parked", "2Stopped reporting", "2Late", "1Stale", "1Offline", "1Diverging", "1No position"]);
  await block("late").locator("button").click();
  await untilDom(page, NAMES, (names) => names === "Truck 3,Van 4");
  await block("diverging").locator("button").click();
  await untilDom(page, NAMES, (names) => names === "Car 1,Truck 3,Van 4");
  assert.equal(await page.textContent("#list-summary"), "3 of 11 vehicles");
  await block("idling").locator("button").click();
  await untilDom(page, NAMES, (names) => names === "");
  await block("idling").locator("button").click();
  for (const key of ["late", "diverging", "moving", "overdue"]) await block(key).locator("button").click();
  await untilDom(page, NAMES, (names) => names === "Truck 4");
  assert.equal(await block("moving").locator("button").getAttribute("aria-pressed"), "true");
  const labels = await page.$$eval("#counts ul", (lists) => lists.map((list) => list.getAttribute("aria-label")));
  assert.match(labels[0], /any of those that are on$/);
  assert.match(labels[1], /any of those that are on, and what they do must fit as well$/);
  assertClean(watched);
  await page.close();
});

test("a block at zero is quiet, and counts follow the fleet", { timeout: 120_000 }, async () => {
  const world = new ToldWorld();
  const { page, viewer } = await openDesk(world);
  const zeros = () => [...document.querySelectorAll("#counts .is-zero:not([hidden])")].map((item) => item.textContent).join();
  assert.equal(await page.evaluate(zeros), "");
  const car = world.fleetAt(Date.now())[9];
  viewer.fleet({ kind: DIFFERENCES, base: 0, seq: 1_000, full: [rowOf({ ...car, flags: [], freshness: { ...car.freshness, state: "late" } }, 9)] });
  await untilDom(page, zeros, (text) => text === "0Diverging");
  assert.equal(await page.textContent("#counts [data-standing=late]"), "3Late");
  await page.close();
});

test("the list says for how long, after one question for all of a small fleet", { timeout: 120_000 }, async () => {
  const world = new ToldWorld();
  const { page, watched, viewer } = await openDesk(world);
  const stateOf = (name) => page.locator(".row", { hasText: name }).locator(".row-state");
  await stateOf("Truck 1").filter({ hasText: "Moving 2 h 10 · 54 km/h" }).waitFor();
  const said = {};
  for (const name of ["Truck 2", "Truck 3", "Truck 4", "Van 1", "Van 2", "Van 3", "Car 2"]) said[name] = await stateOf(name).textContent();
  assert.deepEqual(said, {
    "Truck 2": "Moving 12 min · 54 km/h",
    "Truck 3": "Late, moving under 1 min",
    "Truck 4": "Stale, was moving",
    "Van 1": "Idling 1 h",
    "Van 2": "Stopped over 3 d 4 h",
    "Van 3": "Offline, was parked",
    "Car 2": "No position yet",
  });
  assert.deepEqual(world.listed.map(({ search }) => search), ["?limit=1000"]);
  // Van 2 is parked now, by the row before by the answer: what was said of its stop is not said of this.
  const van = world.fleetAt(Date.now())[5];
  viewer.fleet({ kind: DIFFERENCES, base: 0, seq: 1_000, full: [rowOf({ ...van, motion: { state: "parked" } }, 5)] });
  await stateOf("Van 2").filter({ hasText: /^Parked$/ }).waitFor();
  const before = world.fleetAt;
  world.fleetAt = (ms) => before.call(world, ms).map((one, i) => (i === 5 ? { ...one, motion: { state: "parked", since: new Date(ms - 7.5 * MINUTE_MS).toISOString() } } : one));
  await stateOf("Van 2").filter({ hasText: /^Parked 7 min$/ }).waitFor({ timeout: 20_000 });
  const paths = world.listed.slice(1).map(({ pathname }) => pathname);
  assert.deepEqual([...new Set(paths)], [`/api/v1/vehicles/${encodeURIComponent(idOf(5))}`], "nobody else is asked for");
  assert.ok(paths.length <= 3, `${paths.length} questions`);
  assertClean(watched);
  await page.close();
});

test("of a large fleet only what the server counts is shown, and it is asked for what is on", { timeout: 120_000 }, async () => {
  const asked = [];
  const totals = { late: 41, stale: 150, offline: 50 };
  const late = (n, state) => ({ id: `v/${n}`, name: `Lorry ${n}`, motion: { state }, freshness: { state: "late" }, devices: [] });
  const answers = {
    "/api/v1/groups": (response) => json(response, { groups: ["North / Durban", "South"] }),
    "/api/v1/vehicles": (response, request) => {
      const query = new URL(request.url, "http://host/").searchParams;
      if (query.has("sort")) asked.push(query);
      json(response, query.get("limit") === "1" ? { vehicles: [], total: totals[query.get("state")] } : { vehicles: [late(1, "moving"), late(2, "parked"), ...(query.has("state") ? [] : [late(3, "parked")])], total: 2 });
    },
  };
  host = await standIn(server, greetLarge, answers);
  const { page } = await open(browser, host.url);
  await untilDom(page, () => [...document.querySelectorAll("#counts .is-attention li:not([hidden])")].map((item) => item.textContent).join(), (text) => text === "200Stopped reporting,41Late,150Stale,50Offline");
  await page.click("#counts [data-standing=late] button");
  await untilDom(page, NAMES, (names) => names === "Lorry 1,Lorry 2");
  assert.equal(asked.at(-1).get("state"), "late");
  await page.click("#counts [data-standing=moving] button");
  await untilDom(page, NAMES, (names) => names === "Lorry 1");
  assert.equal(asked.at(-1).get("state"), "late");
  await page.click(".groups-head");
  assert.deepEqual(await page.$$eval(".group", (lines) => lines.map((line) => line.textContent)), ["North/Durban", "South"], "no count that nobody knows");
  await page.close();
});

function greetLarge(viewer) {
  viewer.hello();
  viewer.json({ type: "sources", all: true, base: 1, seq: 1, sources: [] });
  viewer.view([]);
  viewer.cells([[591, 590, 800, 200], [564, 614, 29_000]], { vehicles: 30_100 });
  setInterval(() => viewer.json({ type: "heartbeat", seq: 1 }), 500).unref();
}

function json(response, body) {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** The desk over a world that says nothing more by itself. */
async function openDesk(world) {
  let viewer;
  host = await standIn(server, (next) => clearInterval(world.greet((viewer = next))), world.answer);
  const watched = await open(browser, host.url, { viewport: { width: 1440, height: 900 } });
  await until(watched.page, (state) => state.listed === 11, 30_000);
  setInterval(() => viewer.json({ type: "heartbeat", seq: 1 }), 1_000).unref();
  return { page: watched.page, watched, viewer };
}
