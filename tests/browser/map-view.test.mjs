// The view in the address, and what is remembered of how somebody reads.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CirclingDesk, LISTED, PLACED, drag, isSettled, rowOf, untilPart } from "./lib/circling-desk.mjs";
import { assertClean, open, read, until, untilDom } from "./lib/page.mjs";
import { idOf } from "./lib/small-world.mjs";

const TRUCK = idOf(0);
const VAN = idOf(5);
const desk = new CirclingDesk();

before(() => desk.start());
after(() => desk.stop());

const hashOf = (page) => page.evaluate(() => location.hash);
const partsOf = async (page) => Object.fromEntries(new URLSearchParams((await hashOf(page)).slice(1)));

test("a selection is an entry, a drag is not; back, forward and a reload show what was", { timeout: 240_000 }, async () => {
  const watched = await desk.open();
  const { page } = watched;
  await untilPart(page, "map", (map) => map !== null);
  const entries = await page.evaluate(() => history.length);
  const before = await hashOf(page);
  await drag(page, 60, 40);
  await untilDom(page, () => location.hash, (hash) => hash !== before);
  assert.equal(await page.evaluate(() => history.length), entries, "a drag is no entry");
  const dragged = await partsOf(page);
  await rowOf(page, "Van 2").click();
  await until(page, (state) => state.selectedId === VAN && isSettled(state));
  await untilPart(page, "vehicle", (id) => id === VAN);
  assert.equal(await page.evaluate(() => history.length), entries + 1);
  await untilPart(page, "map", (map) => map !== dragged.map);
  const chosen = await partsOf(page);
  assert.doesNotMatch(decodeURIComponent(await hashOf(page)), /Van|AB \d|GP/, "no names, no plates");
  await page.goBack();
  await until(page, (state) => state.selectedId === undefined);
  assert.equal((await partsOf(page)).map, dragged.map);
  assert.equal(await page.isVisible("#detail"), false);
  await page.goForward();
  await until(page, (state) => state.selectedId === VAN);
  await page.reload();
  const { center, zoom } = await until(page, (state) => state.listed === LISTED && state.selectedId === VAN && isSettled(state), 30_000);
  await untilDom(page, () => document.querySelector("#detail-name").textContent, (name) => name === "Van 2");
  const [zoomThen, latThen, lngThen] = chosen.map.split("/").map(Number);
  assert.ok(Math.abs(zoom - zoomThen) < 0.02 && Math.abs(center[1] - latThen) < 1e-4 && Math.abs(center[0] - lngThen) < 1e-4, `${center} ${zoom} for ${chosen.map}`);
  assertClean(watched);
  await page.close();
});

test("what makes no sense in an address changes nothing", { timeout: 240_000 }, async () => {
  const plain = await desk.open();
  const { center, zoom } = await read(plain.page);
  await plain.page.close();
  const watched = await desk.open("#map=99/95/400&vehicle=&theme=pink&units=furlongs&hours=%E0%A4%A&follow=nobody&group=,,&pin=1/999&at=yesterday&token=fg_secret&x");
  const { page } = watched;
  const state = await read(page);
  assert.deepEqual([state.selectedId, state.follow, state.chosen, state.past.isOn], [undefined, null, [], false]);
  assert.ok(Math.abs(state.zoom - zoom) < 0.3 && Math.abs(state.center[0] - center[0]) < 0.05);
  assert.equal(await page.locator(".pin").count(), 0);
  await untilDom(page, () => location.hash, (hash) => /^#map=[\d./-]+$/.test(hash));
  // One that there never was is said to be gone, and no way leads back to it.
  const entries = await page.evaluate(() => history.length);
  await page.evaluate(() => (location.hash = "#map=8/-26/28&vehicle=nobody"));
  await until(page, (now) => Math.abs(now.zoom - 8) < 0.01);
  await untilPart(page, "vehicle", (id) => id === null);
  assert.equal(await page.evaluate(() => history.length), entries + 1);
  assert.deepEqual(watched.violations, []);
  await page.close();
});

test("a link to a vehicle alone leads to where it is", { timeout: 240_000 }, async () => {
  const watched = await desk.open(`#vehicle=${encodeURIComponent(TRUCK)}`);
  const { page } = watched;
  await until(page, (state) => state.selectedId === TRUCK && state.zoom >= 10.9 && isSettled(state));
  const at = await page.evaluate((id) => window.fleetglass.screenPoint(id), TRUCK);
  assert.ok(at.xPx > 344 && at.xPx < 1096 && at.yPx > 0 && at.yPx < 900, JSON.stringify(at));
  assertClean(watched);
  await page.close();
});

test("a time of the past is in the address too", { timeout: 240_000 }, async () => {
  const atMs = Math.floor((Date.now() - 3_600_000) / 60_000) * 60_000;
  const watched = await desk.open(`#map=10/-26.2/28.05&at=${new Date(atMs).toISOString().replace(".000", "")}`);
  const { page } = watched;
  await until(page, (state) => state.past.isOn && state.past.shownMs === atMs, 30_000);
  await page.keyboard.press("n");
  await untilPart(page, "at", (at) => at === null);
  await page.goBack();
  await until(page, (state) => state.past.isOn && state.past.shownMs === atMs);
  assertClean(watched);
  await page.close();
});

test("sharing copies the link that shows the same to somebody else", { timeout: 240_000 }, async () => {
  const watched = await desk.open("", { permissions: ["clipboard-read", "clipboard-write"] });
  const { page } = watched;
  await rowOf(page, "Van 2").click();
  await until(page, (state) => state.selectedId === VAN && isSettled(state));
  await page.getByRole("button", { name: "Share this view" }).click();
  await page.getByText("The link to this view is copied.").waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await open(desk.browser, link, { viewport: { width: 1440, height: 900 } });
  await until(other.page, (state) => state.selectedId === VAN && state.listed === LISTED, 30_000);
  const [mine, theirs] = [await read(page), await read(other.page)];
  assert.ok(Math.abs(mine.zoom - theirs.zoom) < 0.02 && Math.abs(mine.center[0] - theirs.center[0]) < 1e-3);
  assertClean(watched);
  await other.page.close();
  await page.close();
});

test("units, hours and colours are chosen once and remembered; a link's are its own", { timeout: 240_000 }, async () => {
  const watched = await desk.open("", { locale: "en-US", timezoneId: "Africa/Johannesburg", colorScheme: "light" });
  const { page } = watched;
  const stateOf = (name) => rowOf(page, name).locator(".row-state").textContent();
  assert.equal(await stateOf("Truck 2"), "Moving · 34 mph", "as the language has it");
  await rowOf(page, "Van 2").click();
  await untilDom(page, () => document.querySelector("#detail-since").textContent, (text) => /^for 30 min, since \d{1,2}:\d\d\s[AP]M GMT\+2$/.test(text));
  assert.match(await page.textContent(".maplibregl-ctrl-scale"), /mi|ft/);
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByText("km, km/h").click();
  await page.getByText("24 hours").click();
  await page.getByText("Dark", { exact: true }).click();
  await until(page, (state) => state.style === "fleetglass-dark");
  assert.equal(await stateOf("Truck 2"), "Moving · 54 km/h");
  assert.match(await page.textContent("#detail-since"), /^for 30 min, since \d\d:\d\d GMT\+2$/);
  assert.match(await page.textContent("#legend-title"), /km\/h/);
  assert.match(await page.textContent(".maplibregl-ctrl-scale"), /km|m/);
  await page.getByText("Names of vehicles").click();
  await until(page, (state) => state.labels.length <= 1);
  await page.keyboard.press("Escape");
  await untilPart(page, "units", (units) => units === "km");
  await page.goto(desk.host.url);
  await until(page, (state) => state.listed === LISTED && state.style === "fleetglass-dark", 30_000);
  assert.equal(await stateOf("Truck 2"), "Moving · 54 km/h", "remembered on the machine");
  await page.goto("about:blank");
  await page.goto(`${desk.host.url}#units=mi&theme=light&names=on`);
  await until(page, (state) => state.listed === LISTED && state.style === "fleetglass-light" && state.labels.length > 1, 30_000);
  assert.equal(await stateOf("Truck 2"), "Moving · 34 mph", "the link's");
  await page.goto("about:blank");
  await page.goto(desk.host.url);
  await until(page, (state) => state.listed === LISTED && state.style === "fleetglass-dark", 30_000);
  assert.equal(await stateOf("Truck 2"), "Moving · 54 km/h", "a link changes nothing for good");
  assertClean(watched);
  await page.close();
});

test("the filter is in the address, and a reload filters the same", { timeout: 240_000 }, async () => {
  const watched = await desk.open();
  const { page } = watched;
  await page.locator('[data-standing="moving"] button').click();
  const { listed } = await until(page, (state) => state.listed < LISTED);
  await untilPart(page, "show", (show) => show === "moving");
  await page.locator("#search").fill("truck");
  const found = await until(page, (state) => state.listed < listed);
  await untilPart(page, "q", (text) => text === "truck");
  await page.reload();
  await until(page, (state) => state.listed === found.listed && state.markers === PLACED, 30_000);
  assert.equal(await page.locator('[data-standing="moving"] button').getAttribute("aria-pressed"), "true");
  assert.equal(await page.locator("#search").inputValue(), "truck");
  await page.evaluate(() => (location.hash = "#show=parked,unheard-of,late&sort=silence"));
  await untilPart(page, "show", (show) => show === "parked,late");
  assert.equal(await page.locator("#search").inputValue(), "");
  assert.equal(await page.locator("#sort").inputValue(), "silence");
  assert.equal(await page.locator('[data-standing="moving"] button').getAttribute("aria-pressed"), "false");
  assertClean(watched);
  await page.close();
});
