// What one does with the desk's map: following, arrows at the edge, measuring, going to coordinates,
// other maps, the whole screen.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findings } from "./lib/axe.mjs";
import { CirclingDesk, LISTED, drag, isSettled, rowOf, untilPart } from "./lib/circling-desk.mjs";
import { assertClean, read, until, untilDom } from "./lib/page.mjs";
import { idOf } from "./lib/small-world.mjs";

const TRUCK = idOf(0);
const CAR = idOf(9);
const VAN = idOf(5);
const desk = new CirclingDesk();

before(() => desk.start());
after(() => desk.stop());

test("a followed vehicle stays in view; a drag pauses that, visibly, and f goes on", { timeout: 240_000 }, async () => {
  const watched = await desk.open();
  const { page } = watched;
  await rowOf(page, "Truck 1").click();
  await until(page, (state) => state.selectedId === TRUCK && isSettled(state));
  // So close that it leaves the middle within a fix or two.
  await page.evaluate(() => (location.hash = location.hash.replace(/map=[\d.]+/, "map=16.5")));
  await until(page, (state) => Math.abs(state.zoom - 16.5) < 0.01);
  await page.locator("#map canvas.maplibregl-canvas").focus();
  await page.keyboard.press("f");
  await until(page, (state) => state.follow?.id === TRUCK && !state.isFollowPaused);
  assert.match(await page.textContent(".follow-bar p"), /^Following Truck 1$/);
  const first = (await until(page, isSettled)).center;
  await until(page, (state) => Math.hypot(state.center[0] - first[0], state.center[1] - first[1]) > 5e-4, 60_000);
  await until(page, isSettled);
  const at = await page.evaluate((id) => window.fleetglass.screenPoint(id), TRUCK);
  assert.ok(at.xPx > 344 && at.xPx < 1096 && at.yPx > 60 && at.yPx < 880, JSON.stringify(at));
  await drag(page, 300, 0);
  await until(page, (state) => state.isFollowPaused);
  assert.match(await page.textContent(".follow-bar p"), /paused/);
  await untilPart(page, "follow", (follow) => follow === "vehicle,paused");
  const paused = (await until(page, isSettled)).center;
  await page.waitForTimeout(3_000); // three looks, and none moves the map
  assert.deepEqual((await read(page)).center, paused);
  await page.keyboard.press("f");
  await until(page, (state) => !state.isFollowPaused && Math.abs(state.center[0] - paused[0]) > 1e-4);
  await page.locator(".maplibregl-ctrl-zoom-out").click();
  await until(page, (state) => state.isFollowPaused);
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await until(page, (state) => state.follow === null);
  assert.equal(await page.isVisible(".follow-bar"), false);
  assertClean(watched);
  await page.close();
});

test("several that are chosen are kept in view, whole, and so after a reload", { timeout: 240_000 }, async () => {
  const watched = await desk.open("#map=13/-26.2/28.05");
  const { page } = watched;
  await rowOf(page, "Truck 1").click({ modifiers: ["Shift"] });
  await page.focus("#search");
  await page.fill("#search", "Car 1");
  // The other one's id has a 1 in it; the name comes first.
  await until(page, (state) => state.listed === 2);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Shift+Enter");
  await until(page, (state) => state.chosen.length === 2 && state.selectedId === undefined);
  await page.getByRole("button", { name: "Keep in view (f)", exact: true }).click();
  const areInView = async (ids) => {
    const points = await page.evaluate((all) => all.map((id) => window.fleetglass.screenPoint(id)), ids);
    return points.every(({ xPx, yPx }) => xPx > 344 && xPx < 1392 && yPx > 46 && yPx < 866);
  };
  // They go round by the clock, so how far out that is differs.
  await until(page, (state) => state.follow?.kind === "several" && isSettled(state) && ["Truck 1", "Car 1"].every((name) => state.labels.some((label) => label.startsWith(name))));
  assert.ok(await areInView([TRUCK, CAR]));
  await untilPart(page, "follow", (follow) => follow === "group");
  // What is searched for would be there again too.
  await page.fill("#search", "");
  await untilPart(page, "q", (text) => text === null);
  await page.reload();
  await until(page, (state) => state.listed === LISTED && state.follow?.kind === "several" && state.chosen.length === 2, 30_000);
  assert.match(await untilDom(page, () => document.querySelector(".follow-bar p").textContent, (text) => text.includes("Truck 1")), /Keeping Truck 1, Car 1 in view/);
  // Somebody else who is selected has the map.
  await rowOf(page, "Van 2").click();
  await until(page, (state) => state.isFollowPaused && state.selectedId === VAN);
  assertClean(watched);
  await page.close();
});

test("what a filter finds is kept in view", { timeout: 240_000 }, async () => {
  const watched = await desk.open("#map=15/-26.2/28.05");
  const { page } = watched;
  await page.click("#counts [data-standing=overdue] button");
  await until(page, (state) => state.listed === 2);
  await page.locator(".map-tools button").first().click();
  // How far out that is goes by where on its round the one is; both are to be seen.
  await until(page, (state) => state.follow?.kind === "listed" && state.zoom < 14.5 && ["Truck 4", "Van 3"].every((name) => state.labels.some((label) => label.startsWith(name))));
  assert.equal(await page.textContent(".follow-bar p"), "Keeping 2 vehicles of the list in view");
  assertClean(watched);
  await page.close();
});

test("an arrow at the edge points at the selected vehicle outside, and Enter goes there", { timeout: 240_000 }, async () => {
  const watched = await desk.open();
  const { page } = watched;
  await rowOf(page, "Van 2").click();
  await until(page, (state) => state.selectedId === VAN && isSettled(state));
  assert.equal((await read(page)).pointers, 0, "none at what is in view");
  await page.evaluate(() => (location.hash = location.hash.replace(/map=[^&]+/, "map=12/-26.2/27.0")));
  await until(page, (state) => state.pointers === 1);
  const pointer = page.locator(".edge-pointer");
  const { km } = await page.evaluate(() => ({ km: Number(document.querySelector(".edge-distance").textContent.replace(" km", "")) }));
  assert.ok(km > 80 && km < 130, `${km} km`);
  assert.match(await pointer.textContent(), /^Van 2, [\d.]+ km away, outside of the map: go there$/);
  const box = await pointer.boundingBox();
  assert.ok(box.x + box.width <= 1096 && box.x > 800, `at the right edge of the free map: ${JSON.stringify(box)}`);
  assert.match(await page.locator(".edge-pointer svg").getAttribute("style"), /rotate\((8|9|10)\d*deg\)/);
  const entries = await page.evaluate(() => history.length);
  await pointer.focus();
  await page.keyboard.press("Enter");
  await until(page, (state) => state.pointers === 0 && isSettled(state));
  assert.ok((await page.evaluate(() => history.length)) <= entries + 1);
  assertClean(watched);
  await page.close();
});

test("a distance is measured with the mouse, and with keys alone; Escape ends it", { timeout: 240_000 }, async () => {
  const watched = await desk.open("#map=12/0/10");
  const { page } = watched;
  await page.keyboard.press("m");
  await until(page, (state) => state.measurePoints === 0);
  // A degree of longitude on the equator is 111.2 km, and 512 * 2^12 / 360 pixels.
  const pxPerDeg = (512 * 2 ** 12) / 360;
  await page.mouse.click(720, 450);
  await page.mouse.click(720 + Math.round(pxPerDeg * 0.05), 450);
  const { measuredM } = await until(page, (state) => state.measurePoints === 2);
  assert.ok(Math.abs(measuredM - 5_560) < 30, `${measuredM} m`);
  assert.match(await page.textContent(".measure-bar p"), /^5\.5\d km, 2 points$/);
  assert.equal((await read(page)).selectedId, undefined, "a click is a point and nothing else");
  await page.getByRole("button", { name: "Undo" }).click();
  await until(page, (state) => state.measurePoints === 1);
  await page.keyboard.press("Escape");
  await until(page, (state) => state.measurePoints === 0);
  assert.equal(await page.isVisible(".measure-bar"), false);
  await page.locator("#map canvas.maplibregl-canvas").focus();
  await page.keyboard.press("m");
  await page.waitForSelector(".map-cross:visible");
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowRight");
  await until(page, (state) => isSettled(state) && state.center[0] > 10.001);
  await page.keyboard.press("Enter");
  const keyed = await until(page, (state) => state.measurePoints === 2);
  assert.ok(keyed.measuredM > 500, `${keyed.measuredM} m`);
  await page.keyboard.press("Backspace");
  await until(page, (state) => state.measurePoints === 1);
  await page.keyboard.press("Escape");
  await until(page, (state) => state.measurePoints === 0);
  assertClean(watched);
  await page.close();
});

test("coordinates are gone to, pinned and shared; what cannot be read is said", { timeout: 240_000 }, async () => {
  const watched = await desk.open();
  const { page } = watched;
  await page.keyboard.press("g");
  await page.fill("#go-to-field", "999, 999");
  await page.keyboard.press("Enter");
  await page.getByText("No coordinates can be read from this.").waitFor();
  await page.fill("#go-to-field", "52°31'12\"N 13°24'18\"E");
  await page.keyboard.press("Enter");
  await until(page, (state) => Math.abs(state.center[1] - 52.52) < 0.05 && isSettled(state));
  assert.equal(await page.isVisible("#go-to"), false);
  assert.equal(await page.textContent(".pin span"), "52.52000, 13.40500");
  await untilPart(page, "pin", (pin) => pin === "52.52000/13.40500");
  await page.reload();
  await page.waitForSelector(".pin");
  await until(page, (state) => state.listed === LISTED && Math.abs(state.center[1] - 52.52) < 0.05, 30_000);
  await page.getByRole("button", { name: "Remove the pin" }).click();
  await untilPart(page, "pin", (pin) => pin === null);
  assertClean(watched);
  await page.close();
});

test("one vehicle's place is copied, and other maps are links that tell them nothing before a click", { timeout: 240_000 }, async () => {
  const watched = await desk.open("", { permissions: ["clipboard-read", "clipboard-write"] });
  const { page } = watched;
  const foreign = [];
  page.on("request", (request) => new URL(request.url()).hostname !== "127.0.0.1" && !request.url().startsWith("blob:") && !request.url().startsWith("data:") && foreign.push(request.url()));
  await rowOf(page, "Van 2").click();
  await until(page, (state) => state.selectedId === VAN);
  await page.getByRole("button", { name: "Copy coordinates" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const { position } = desk.world.fleetAt(Date.now())[5];
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${position.lat_deg.toFixed(5)}, ${position.lng_deg.toFixed(5)}`);
  const links = await page.$$eval(".other-maps a", (all) => all.map(({ href, rel, target, title }) => ({ href, rel, target, title })));
  assert.deepEqual(links.map(({ href }) => href.split(/[:?]/)[0]), ["geo", "https"]);
  assert.match(links[0].href, /^geo:-26\.\d{6},2[78]\.\d{6}$/);
  assert.match(links[1].href, /^https:\/\/www\.openstreetmap\.org\/\?mlat=-26\.\d+&mlon=2[78]\.\d+#map=16\/-26\.\d+\/2[78]\.\d+$/);
  for (const { rel, title } of links) {
    assert.equal(rel, "noopener noreferrer");
    assert.match(title, /^Leaves this page/);
  }
  assert.deepEqual(foreign, []);
  assertClean(watched);
  await page.close();
});

test("the whole screen is the page's, panels included", { timeout: 240_000 }, async () => {
  const watched = await desk.open();
  const { page } = watched;
  await page.locator(".maplibregl-ctrl-fullscreen").click();
  await untilDom(page, () => document.fullscreenElement?.tagName, (tag) => tag === "HTML");
  assert.ok(await page.isVisible("#fleet"));
  assertClean(watched);
  await page.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`the tools have no serious finding (${colorScheme})`, { timeout: 240_000 }, async () => {
    const { page } = await desk.open("#map=12/-26.2/27.0&pin=-26.2/27.0", { colorScheme, bypassCSP: true });
    await rowOf(page, "Truck 1").click({ modifiers: ["Control"] });
    await rowOf(page, "Van 2").click({ modifiers: ["Control"] });
    await page.keyboard.press("m");
    await page.mouse.click(600, 500);
    await page.mouse.click(700, 500);
    await until(page, (state) => state.pointers === 2 && state.measurePoints === 2 && isSettled(state));
    if (process.env.FLEETGLASS_SHOTS) await page.screenshot({ path: `${process.env.FLEETGLASS_SHOTS}/tools-${colorScheme}.png` });
    assert.deepEqual(await findings(page), []);
    await page.getByRole("button", { name: "Settings" }).click();
    assert.deepEqual(await findings(page), []);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Go to a place/ }).click();
    assert.deepEqual(await findings(page), []);
    await page.close();
  });
}

test("single keys can be turned off, on this machine and in no link", { timeout: 120_000 }, async () => {
  const watched = await desk.open();
  const { page } = watched;
  const helpIsOpen = () => page.evaluate(() => document.getElementById("keys-help").matches(":popover-open"));
  await page.keyboard.press("?");
  assert.equal(await helpIsOpen(), true);
  await page.keyboard.press("Escape");
  await page.click("[popovertarget=settings]");
  await page.getByLabel("Shortcuts of a single key").uncheck();
  await page.keyboard.press("Escape");
  for (const key of ["?", "/", "a"]) await page.keyboard.press(key);
  assert.equal(await helpIsOpen(), false);
  assert.deepEqual(await page.evaluate(() => [document.activeElement.id === "search", document.getElementById("side").hidden]), [false, true]);
  assert.equal(await page.locator(".search-wrap kbd").isVisible(), false);
  assert.doesNotMatch(page.url(), /keys=/);
  await page.reload();
  await until(page, (state) => state.listed === LISTED);
  await page.keyboard.press("?");
  assert.equal(await helpIsOpen(), false);
  // What is focused, and Escape, go on as before.
  await page.locator("#search").focus();
  await page.keyboard.type("truck");
  await until(page, (state) => state.listed < LISTED);
  await page.locator("#past-open").focus();
  await page.keyboard.press("Escape");
  await until(page, (state) => state.listed === LISTED);
  assertClean(watched);
});
