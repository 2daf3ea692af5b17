// Places on the desk: drawn, typed, found, changed, deleted, imported; on the map and in the address.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { AlarmDesk, isTooWide, picture } from "./lib/alarm-desk.mjs";
import { findings } from "./lib/axe.mjs";
import { imported } from "./lib/bundle.mjs";
import { assertClean, until, untilDom } from "./lib/page.mjs";
import { stopAll } from "./lib/server.mjs";

const DEPOT = { id: "depot", name: "Depot", shape: { kind: "circle", lat_deg: -26.2, lng_deg: 28.05, radius_m: 1_500 } };
const YARD = { id: "yard", name: "Yard", shape: { kind: "polygon", rings: [[[28.06, -26.19], [28.08, -26.19], [28.08, -26.21], [28.06, -26.21], [28.06, -26.19]]] }, groups: ["North"] };

let desk;
let world;

before(async () => (desk = await AlarmDesk.start()));
beforeEach(async () => (world = await desk.begin()));
afterEach(() => desk.end());
after(async () => {
  await desk?.stop();
  await stopAll();
});

function keep(...places) {
  for (const place of places) world.places.set(place.id, place);
}

test("a name stands in the middle of its place, once", async () => {
  const { middleOf } = await imported('export { middleOf } from "./src/page/places.ts";');
  const [lng, lat] = middleOf(YARD.shape);
  assert.ok(Math.abs(lng - 28.07) < 1e-9 && Math.abs(lat + 26.2) < 1e-9, `${lng}, ${lat}`);
  assert.deepEqual(middleOf(DEPOT.shape), [28.05, -26.2]);
  const flat = [[1, 2], [2, 2], [1, 2]];
  assert.deepEqual(middleOf({ kind: "polygon", rings: [flat] }), [1, 2], "without an area");
});

/** Opens the tab with the places. */
async function openPlaces(options, path) {
  const watched = await desk.open(options, path);
  await watched.page.keyboard.press("p");
  await watched.page.getByRole("tabpanel", { name: "Places" }).waitFor();
  return watched;
}

test("a circle is a ring that is closed and as wide as its radius", async () => {
  const { circleRing } = await imported('export { circleRing } from "./src/page/places.ts";');
  const { distanceM } = await imported('export { distanceM } from "./src/map/great-circle.ts";');
  const ring = circleRing(28.05, -26.2, 1_000);
  assert.deepEqual(ring[0], ring.at(-1));
  for (const point of ring) assert.ok(Math.abs(distanceM([28.05, -26.2], point) - 1_000) < 10);
});

test("a circle is drawn by dragging, and its radius typed", { timeout: 120_000 }, async () => {
  const watched = await openPlaces({}, "#map=13/-26.2/28.05");
  const { page } = watched;
  await page.getByRole("button", { name: "Draw a circle" }).click();
  await page.locator("#side").getByLabel("Name", { exact: true }).fill("Workshop");
  await page.mouse.move(600, 450);
  await page.mouse.down();
  await page.mouse.move(640, 450, { steps: 4 });
  await page.mouse.move(680, 450, { steps: 4 });
  await page.mouse.up();
  const { sketch, center } = await until(page, (state) => state.sketch?.center !== null);
  assert.ok(sketch.radiusM > 500, `${sketch.radiusM} m`);
  assert.ok(Math.abs(center[0] - 28.05) < 0.001, "the map stayed where it was");
  await page.getByLabel("Radius").fill("750");
  await page.keyboard.press("Tab");
  await until(page, (state) => Math.round(state.sketch.radiusM) === 750);
  await picture(page, "places-circle");
  await page.getByRole("button", { name: "Save place" }).click();
  await page.getByText("Workshop is saved.").waitFor();
  const [place] = [...world.places.values()];
  assert.match(place.id, /^[A-Za-z0-9_-]{1,64}$/);
  assert.equal(place.name, "Workshop");
  assert.equal(place.shape.kind, "circle");
  assert.ok(Math.abs(place.shape.radius_m - 750) < 1);
  assert.equal((await until(page, (state) => state.places === 1)).sketch, null);
  assertClean(watched);
});

test("a polygon is drawn by clicks, taken back, closed, moved; and Escape ends it", { timeout: 120_000 }, async () => {
  const watched = await openPlaces({}, "#map=13/-26.2/28.05");
  const { page } = watched;
  await page.getByRole("button", { name: "Draw a polygon" }).click();
  await page.locator("#side").getByLabel("Name", { exact: true }).waitFor();
  for (const [x, y] of [[560, 400], [680, 400], [680, 500], [620, 560]]) await page.mouse.click(x, y);
  await until(page, (state) => state.sketch.points.length === 4);
  await page.locator(".maplibregl-canvas").focus();
  await page.keyboard.press("Backspace");
  await until(page, (state) => state.sketch.points.length === 3);
  await page.keyboard.press("Enter");
  const { sketch: closed } = await until(page, (state) => state.sketch.isClosed);
  const handle = await page.locator(".place-handle").nth(2).boundingBox();
  await page.mouse.move(handle.x + 7, handle.y + 7);
  await page.mouse.down();
  await page.mouse.move(handle.x + 47, handle.y + 27, { steps: 4 });
  await page.mouse.up();
  const { sketch: moved } = await until(page, (state) => state.sketch.points[2][0] !== closed.points[2][0]);
  assert.deepEqual(moved.points.slice(0, 2), closed.points.slice(0, 2));
  await page.locator("#side").getByLabel("Name", { exact: true }).fill("Quarry");
  await page.keyboard.press("Enter");
  await page.getByText("Quarry is saved.").waitFor();
  const [{ shape }] = [...world.places.values()];
  assert.equal(shape.rings[0].length, 4);
  assert.deepEqual(shape.rings[0][0], shape.rings[0].at(-1));
  await page.getByRole("button", { name: "Draw a polygon" }).click();
  await page.locator("#side").getByLabel("Name", { exact: true }).waitFor();
  await page.mouse.click(560, 400);
  await until(page, (state) => state.sketch?.points.length === 1);
  await page.keyboard.press("Escape");
  await until(page, (state) => state.sketch === null && state.side === "places");
  assert.equal(world.places.size, 1);
  assertClean(watched);
});

test("a polygon is typed, with the keyboard alone; what cannot be read is named", { timeout: 120_000 }, async () => {
  const { page } = await openPlaces();
  await page.getByRole("button", { name: "Draw a polygon" }).focus();
  await page.keyboard.press("Enter");
  await page.locator("#side").getByLabel("Name", { exact: true }).waitFor();
  await page.keyboard.type("Mine");
  await page.keyboard.press("Tab");
  await page.keyboard.type("-26.1, 28.0\nnowhere\n");
  await page.keyboard.press("Tab");
  await page.getByText("No coordinates can be read from line 2.").waitFor();
  await page.getByLabel(/^Points/).fill("-26.1, 28.0\n-26.1, 28.1\n-26.2, 28.1");
  await page.getByRole("button", { name: "Save place" }).press("Enter");
  await page.getByText("Mine is saved.").waitFor();
  const [{ shape }] = [...world.places.values()];
  assert.deepEqual(shape.rings[0], [[28, -26.1], [28.1, -26.1], [28.1, -26.2], [28, -26.1]]);
});

test("places are found, renamed, and not deleted while a rule uses them", { timeout: 120_000 }, async () => {
  keep(DEPOT, YARD);
  world.rules.set("r", { id: "r", name: "Night yard", kind: "leaving", severity: "alarm", enabled: true, places: ["yard"] });
  const { page } = await openPlaces();
  await page.getByLabel("Search places").fill("yar");
  assert.equal(await page.locator("#side-places .side-line").count(), 1);
  await page.getByRole("button", { name: "Delete: Yard" }).click();
  await page.getByRole("button", { name: "Yes, delete: Yard" }).click();
  await page.getByText("That did not work: It is used by the rule “Night yard”.").waitFor();
  assert.equal(world.places.has("yard"), true);
  await page.getByRole("button", { name: "Edit: Yard" }).click();
  await page.locator("#side").getByLabel("Name", { exact: true }).fill("South yard");
  await page.getByRole("button", { name: "Save place" }).click();
  await page.getByText("South yard is saved.").waitFor();
  assert.deepEqual(world.places.get("yard"), { ...YARD, name: "South yard" });
  await page.getByLabel("Search places").fill("");
  await page.getByRole("button", { name: "Delete: Depot" }).click();
  await page.getByRole("button", { name: "Yes, delete: Depot" }).click();
  await page.getByText("Depot is deleted.").waitFor();
  assert.equal(world.places.has("depot"), false);
});

test("a file is imported, and what was left out is told", { timeout: 120_000 }, async () => {
  const { page } = await openPlaces();
  const features = [
    { type: "Feature", properties: { name: "Gate" }, geometry: { type: "Point", coordinates: [28, -26] } },
    { type: "Feature", properties: { name: "Silo", radius_m: 80 }, geometry: { type: "Point", coordinates: [28, -26] } },
    { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: YARD.shape.rings } },
  ];
  const file = (text) => ({ name: "places.geojson", mimeType: "application/geo+json", buffer: Buffer.from(text) });
  await page.locator("#side-places input[type=file]").setInputFiles(file(JSON.stringify({ type: "FeatureCollection", features })));
  await page.getByText("2 places imported. 1 left out:").waitFor();
  await page.getByText("Entry 1: neither a polygon nor a point with radius_m").waitFor();
  await until(page, (state) => state.places === 2);
  await page.locator("#side-places input[type=file]").setInputFiles(file("not at all"));
  await page.getByText("This file is not GeoJSON.").waitFor();
  assert.equal(await page.getByRole("link", { name: "Export as GeoJSON" }).getAttribute("href"), "/api/v1/places.geojson");
});

test("they are a layer that can be turned off, and the address says so", { timeout: 120_000 }, async () => {
  keep(DEPOT, YARD);
  const { page } = await desk.open();
  await until(page, (state) => state.places === 2);
  await page.getByRole("button", { name: "Settings" }).click();
  await page.locator("#setting-places").uncheck();
  await until(page, (state) => state.places === 0);
  await untilDom(page, () => location.hash, (hash) => hash.includes("places=off"));
  const { page: linked } = await desk.open({}, "#places=off");
  await until(linked, (state) => state.places === 0);
});

test("ten thousand of them leave the map usable", { timeout: 180_000 }, async () => {
  for (let i = 0; i < 10_000; i++) keep({ id: `p${i}`, name: `Place ${i}`, shape: { kind: "circle", lat_deg: -34 + (i % 100) * 0.1, lng_deg: 18 + Math.floor(i / 100) * 0.13, radius_m: 400 } });
  const watched = await openPlaces({}, "#map=9/-26.2/28.05");
  const { page } = watched;
  await until(page, (state) => state.places === 10_000 && state.isMapIdle, 60_000);
  assert.equal(await page.locator("#side-places .side-line").count(), 100);
  await page.getByText("The first 100 of 10,000 places; search to see others.").waitFor();
  await picture(page, "places-many");
  assertClean(watched);
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
    test(`the places have no serious finding (${colorScheme}, ${viewport.width} px)`, { timeout: 120_000 }, async () => {
      keep(DEPOT, YARD);
      const { page } = await openPlaces({ colorScheme, viewport, bypassCSP: true }, "#map=12/-26.2/28.07");
      await page.locator("#side-places .side-line").first().waitFor();
      await until(page, (state) => state.places === 2 && state.isMapIdle);
      await picture(page, `places-${colorScheme}-${viewport.width}`);
      assert.deepEqual(await findings(page), []);
      await page.getByRole("button", { name: "Edit: Yard" }).click();
      await page.locator("#side").getByLabel("Name", { exact: true }).waitFor();
      await picture(page, `place-form-${colorScheme}-${viewport.width}`);
      assert.deepEqual(await findings(page), []);
      assert.equal(await isTooWide(page), false);
    });
  }
}
