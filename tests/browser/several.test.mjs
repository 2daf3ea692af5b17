// Several vehicles at once: choosing them, rings, comparing; the nearest to a place or a vehicle.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findings } from "./lib/axe.mjs";
import { imported } from "./lib/bundle.mjs";
import { CirclingDesk, isSettled, rowOf } from "./lib/circling-desk.mjs";
import { assertClean, read, until, untilDom } from "./lib/page.mjs";
import { idOf } from "./lib/small-world.mjs";

const { nearestRows, FleetColumns, MarkerBuffer, boxAround, farNearest, filterOf, mercatorFixedX, mercatorFixedY } = await imported(`
  export { nearestRows } from "./src/live/nearest.ts";
  export { filterOf } from "./src/live/filter.ts";
  export { FleetColumns } from "./src/live/columns.ts";
  export { MarkerBuffer } from "./src/map/marker-buffer.ts";
  export { mercatorFixedX, mercatorFixedY } from "./src/map/mercator.ts";
  export { boxAround, farNearest } from "./src/page/far-nearest.ts";
`);
const ALL = filterOf({ text: "", standings: [], sort: "name" });
const FREE = filterOf({ text: "", standings: ["stopped", "parked"], sort: "name" });
const desk = new CirclingDesk();

before(() => desk.start());
after(() => desk.stop());

function columnsOf(vehicles) {
  const columns = new FleetColumns();
  columns.reserve(vehicles.length);
  vehicles.forEach(([lngDeg, latDeg, motion = 0, freshness = 0], row) => {
    columns.tile[row] = 1;
    columns.state[row] = 0x40 | motion | (freshness << 3);
    columns.mercatorX[row] = mercatorFixedX(lngDeg);
    columns.mercatorY[row] = mercatorFixedY(latDeg);
  });
  return columns;
}

test("the nearest by the round Earth, over the date line, and only those that are meant", () => {
  const columns = columnsOf([[179.9, 0, 3], [-179.95, 0], [170, 0, 2], [179.95, 0, 3, 3], [0, 80], [90, 80]]);
  const rows = (place, passes = ALL, most = 3, except = -1) => nearestRows(columns, place, passes, most, except).map(({ row }) => row);
  assert.deepEqual(rows([-179.99, 0]), [1, 3, 0]);
  assert.deepEqual(rows([-179.99, 0], FREE), [0, 2], "one that stopped reporting is not known to be parked");
  assert.deepEqual(rows([-179.99, 0], ALL, 2, 1), [3, 0]);
  const [near] = nearestRows(columns, [180, 0], ALL, 1);
  assert.ok(Math.abs(near.metres - 5_560) < 10, `${near.metres} m`);
  columns.clearRow(1);
  assert.deepEqual(rows([-179.99, 0], ALL, 1), [3], "a row that is free is nobody");
});

test("a ring stays with those that were chosen, however the fleet changes", () => {
  const columns = columnsOf([[0, 0], [1, 1], [2, 2]]);
  const markers = new MarkerBuffer(columns, () => false);
  const all = { removed: new Uint32Array(0), changed: Uint32Array.of(0, 1, 2) };
  markers.update(all, 0);
  const ringed = () => [0, 1, 2].filter((row) => (markers.words[row * 7 + 6] & (1 << 10)) !== 0);
  markers.choose([0, 2]);
  markers.select(2);
  assert.deepEqual(ringed(), [0, 2]);
  markers.update(all, 10);
  assert.deepEqual(ringed(), [0, 2]);
  markers.choose([1]);
  assert.deepEqual(ringed(), [1]);
});

test("of a large fleet boxes grow until they hold enough, and shrink where they hold too many", async (t) => {
  assert.deepEqual(boxAround([179.9, 0], 111_195).map((deg) => Math.round(deg)), [179, -1, -179, 1]);
  assert.deepEqual(boxAround([0, 89.9], 100_000)[0], -180, "around a pole it is all of it");
  const vehicles = Array.from({ length: 3_000 }, (_, i) => ({ id: `v/${i}`, name: `V${i}`, motion: { state: i % 2 === 0 ? "parked" : "moving" }, freshness: { state: "live" }, position: { lat_deg: 0, lng_deg: 0.0005 * (i + 1), fixed_at: "2026-08-05T12:00:00Z" } }));
  const asked = [];
  globalThis.location = { href: "http://host/" };
  t.after(() => delete globalThis.location);
  t.mock.method(globalThis, "fetch", async (url) => {
    asked.push(url.searchParams);
    const [west, , east] = url.searchParams.get("bbox").split(",").map(Number);
    const states = url.searchParams.get("state")?.split(",");
    const fitting = vehicles.filter(({ position, motion }) => position.lng_deg >= west && position.lng_deg <= east && (states?.includes(motion.state) ?? true));
    return { ok: true, json: async () => ({ vehicles: fitting.slice(-1_000), total: fitting.length }) };
  });
  const ids = async (place, standings = [], most = 3, except) => (await farNearest(place, standings, most, except, new AbortController().signal)).map(({ vehicle }) => vehicle.id);
  assert.deepEqual(await ids([0, 0]), ["v/0", "v/1", "v/2"]);
  assert.deepEqual(await ids([-5, 0], ["moving"]), ["v/1", "v/3", "v/5"], "it grew, and the server's order is not taken for the nearest");
  assert.ok(asked.length > 3);
  assert.deepEqual(await ids([0, 0], [], 2, "v/0"), ["v/1", "v/2"]);
});

test("several are chosen with mouse and keys, compared, and told apart in the list", { timeout: 240_000 }, async () => {
  const watched = await desk.open("", { bypassCSP: true });
  const { page } = watched;
  await rowOf(page, "Truck 1").click({ modifiers: ["Control"] });
  await rowOf(page, "Truck 3").click({ modifiers: ["Shift"] });
  await until(page, (state) => state.chosen.length === 3);
  assert.equal(await page.locator(".row.is-chosen").count(), 3);
  assert.equal((await read(page)).selectedId, undefined);
  await rowOf(page, "Truck 2").click({ modifiers: ["Control"] });
  await until(page, (state) => state.chosen.length === 2);
  await page.getByRole("button", { name: "Compare (c)" }).click();
  const table = () => [...document.querySelectorAll("[aria-label=Compare] tr")].map((line) => [...line.cells].map((cell) => cell.textContent));
  const lines = await untilDom(page, table, (found) => found.length === 7);
  assert.deepEqual(lines[0], ["", "Truck 1", "Truck 3"]);
  assert.deepEqual(lines.map(([head]) => head), ["", "State", "Age of fix", "Speed", "Driver", "To Truck 1", "To Truck 3"]);
  assert.deepEqual(lines[3].slice(1), ["54 km/h", "54 km/h"]);
  assert.match(lines[1][2], /^Late, moving/);
  assert.equal(lines[5][1], "–");
  assert.match(lines[5][2], /^[\d.]+ k?m$/);
  assert.equal(lines[5][2], lines[6][1], "as far there as back");
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press("Escape");
  assert.equal(await page.isVisible("section[aria-label=Compare]"), false);
  await page.click("#counts [data-standing=overdue] button");
  await until(page, (state) => state.listed === 2);
  await page.getByRole("button", { name: "Choose all 2" }).click();
  await until(page, (state) => state.chosen.length === 4);
  assert.deepEqual(watched.errors, []);
});

test("the nearest to a click, to coordinates and to a vehicle, of any state or those that are free", { timeout: 240_000 }, async () => {
  const watched = await desk.open("#map=11/-26.2/28.05");
  const { page } = watched;
  await page.keyboard.press("v");
  await page.locator(".nearest").getByText("Click on the map, or move it").waitFor();
  await page.mouse.click(900, 500);
  const lines = () => [...document.querySelectorAll(".nearest tbody tr")].map((line) => [...line.cells].map((cell) => cell.textContent));
  const any = await untilDom(page, lines, (found) => found.length === 10);
  const metres = any.map(([, distance]) => (distance.endsWith("km") ? 1_000 * parseFloat(distance) : parseFloat(distance)));
  assert.deepEqual(metres, metres.toSorted((a, b) => a - b));
  assert.ok(any.every(([, , state, age]) => state !== "" && /^\d+ (s|min|h|d)$/.test(age)));
  await page.selectOption("#nearest-filter", "free");
  const free = await untilDom(page, lines, (found) => found.length === 2);
  assert.deepEqual(free.map(([name]) => name).sort(), ["Van 2", "Van 5"], "Van 3 is parked, but silent");
  await page.fill("#nearest-field", "-26.3, 28.1");
  await page.keyboard.press("Enter");
  await page.getByText("Nearest to -26.30000, 28.10000").waitFor();
  await page.getByRole("button", { name: "Van 2", exact: true }).click();
  await until(page, (state) => state.selectedId === idOf(5) && isSettled(state));
  await page.selectOption("#nearest-filter", "any");
  await page.locator(".place-actions").getByRole("button", { name: "Nearest vehicles" }).click();
  await page.getByText("Nearest to Van 2").waitFor();
  const others = await untilDom(page, lines, (found) => found.length === 9);
  assert.ok(others.every(([name]) => name !== "Van 2"), "it is not near itself");
  await page.locator("#map canvas.maplibregl-canvas").focus();
  await page.keyboard.press("Escape");
  assert.equal(await page.isVisible(".nearest"), false);
  await page.keyboard.press("v");
  await page.getByText("Nearest to Van 2").waitFor();
  await page.getByRole("button", { name: "Another place" }).click();
  await page.locator(".nearest").getByText("Click on the map, or move it").waitFor();
  assertClean(watched);
});
