// The tree of groups: how names make it, what it counts, and how it filters.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { imported } from "./lib/bundle.mjs";
import { DICTIONARY, DIFFERENCES } from "./lib/fleet-message.mjs";
import { assertClean, launch, open, until, untilDom } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";
import { rowOf } from "./lib/small-world.mjs";
import { standIn } from "./lib/stand-in.mjs";
import { NAMES, ToldWorld } from "./lib/told-world.mjs";

const { GroupBook, pathsOf, treeOf } = await imported(`export { GroupBook, pathsOf, treeOf } from "./src/live/groups.ts";`);
const LINES = () => [...document.querySelectorAll(".group")].map((line) => line.textContent).join();

let server;
let browser;

before(async () => {
  server = await startDemo("--vehicles", "5");
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stopAll();
});

test("a name with a slash is a path, and what holds nothing else is no branch", () => {
  assert.deepEqual(pathsOf("North / Durban/ East"), ["North", "North/Durban", "North/Durban/East"]);
  assert.deepEqual(pathsOf(" / "), []);
  const book = new GroupBook();
  ["North / Durban", "North/Pretoria", "Zone 10", "Zone 9", "A/C repairs"].forEach((group, row) => book.put(row, [group]));
  const outline = (nodes) => nodes.map(({ name, vehicles, children }) => [`${name} ${vehicles}`, ...(children.length > 0 ? [outline(children)] : [])]).flat();
  assert.deepEqual(outline(treeOf(book.counts())), ["A/C repairs 1", "North 2", ["Durban 1", "Pretoria 1"], "Zone 9 1", "Zone 10 1"]);
});

test("a vehicle in two groups of one branch counts once there, and counts follow it", () => {
  const book = new GroupBook();
  const counted = () => Object.fromEntries(book.counts().map(({ path, vehicles }) => [path, vehicles]));
  book.put(0, ["North/Durban", "North/Pretoria"]);
  book.put(1, ["North"]);
  book.put(2);
  assert.deepEqual(counted(), { North: 2, "North/Durban": 1, "North/Pretoria": 1 });
  const isNorth = book.chosen(["North"]);
  assert.deepEqual([0, 1, 2, 3].map((row) => isNorth(row)), [true, true, false, false]);
  const { version } = book;
  book.put(1, ["North"]);
  assert.equal(book.version, version, "the same groups change nothing");
  book.put(1, ["South"]);
  book.remove(0);
  assert.deepEqual(counted(), { South: 1 });
  assert.equal(book.chosen([]), null);
  assert.equal(book.chosen(["Gone"])(1), false);
});

test("a line until it is opened; chosen by keyboard, several at a time, together with states", { timeout: 120_000 }, async () => {
  const world = new ToldWorld();
  let viewer;
  const host = await standIn(server, (next) => clearInterval(world.greet((viewer = next))), world.answer);
  const watched = await open(browser, host.url);
  const { page } = watched;
  await until(page, (state) => state.listed === 11, 30_000);
  setInterval(() => viewer.json({ type: "heartbeat", seq: 1 }), 1_000).unref();
  assert.equal(await page.textContent(".groups-head"), "Groups3");
  assert.equal(await page.isHidden(".group-tree"), true);
  await page.focus(".groups-head");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(LINES), "A/C repairs1,North4,South3");
  await page.keyboard.press("Tab");
  for (const key of ["ArrowDown", "ArrowRight", "ArrowRight", "Space"]) await page.keyboard.press(key);
  assert.equal(await page.evaluate(LINES), "A/C repairs1,North4,Durban2,Pretoria2,South3");
  await untilDom(page, NAMES, (names) => names === "Truck 1,Truck 2");
  assert.equal(await page.textContent("#list-summary"), "2 of 11 vehicles");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-selected")), "true");
  for (const key of ["End", "Enter"]) await page.keyboard.press(key);
  await untilDom(page, NAMES, (names) => names === "Truck 1,Truck 2,Truck 4,Van 1,Van 2");
  await page.click("#counts [data-standing=idling] button");
  await untilDom(page, NAMES, (names) => names === "Van 1");
  await page.click("#counts [data-standing=idling] button");
  // Folded, it still says what is filtered.
  await page.click(".groups-head");
  assert.equal(await page.textContent(".groups-summary"), "North/Durban, South");
  await page.click(".groups-clear");
  await until(page, (state) => state.listed === 11);
  await page.click(".groups-head");
  const car = world.fleetAt(Date.now())[9];
  viewer.fleet({ kind: DICTIONARY, seq: 1_000, names: [[9, { id: car.id, name: car.name, groups: ["South"], devices: [] }]] });
  viewer.fleet({ kind: DIFFERENCES, base: 0, seq: 1_000, full: [rowOf(car, 9)] });
  await untilDom(page, LINES, (lines) => lines.endsWith("South4"));
  assertClean(watched);
  await page.close();
  host.close();
});

test("where there are no groups there is no line", { timeout: 120_000 }, async () => {
  class Ungrouped extends ToldWorld {
    entryOf({ id, name }) {
      return { id, name, devices: [] };
    }
  }
  const world = new Ungrouped();
  const host = await standIn(server, (viewer) => world.greet(viewer), world.answer);
  const { page } = await open(browser, host.url);
  await until(page, (state) => state.listed === 11, 30_000);
  assert.equal(await page.isHidden("#groups"), true);
  await page.close();
  host.close();
});
