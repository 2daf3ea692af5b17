// The plots of a trail: what is drawn of it, read with mouse and keys, and where that is on the map;
// and facts that may be so no more.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findings } from "./lib/axe.mjs";
import { imported } from "./lib/bundle.mjs";
import { CirclingDesk, isSettled, rowOf } from "./lib/circling-desk.mjs";
import { until, untilDom } from "./lib/page.mjs";
import { idOf } from "./lib/small-world.mjs";

const { plotPoints, speedPath, gapPath, axisTop, nearestPoint, vehicleFacts, positionFacts } = await imported(`
  export { plotPoints, speedPath, gapPath, axisTop, nearestPoint } from "./src/map/trail-plot.ts";
  export { vehicleFacts, positionFacts } from "./src/ui/detail-facts.ts";
`);
const desk = new CirclingDesk();

before(() => desk.start());
after(() => desk.stop());

test("what is plotted: breaks where nothing is known, a bar for each report, none of another span", () => {
  const at = (s, speed_mps, more = {}) => ({ lat_deg: 1, lng_deg: s, fixed_at: new Date(s * 1000).toISOString(), ...(speed_mps === undefined ? {} : { speed_mps }), ...more });
  const trail = [at(5, 3), at(10, 0), at(20, 10), at(30), at(40, 20), at(100, 10, { gap: true })];
  const points = plotPoints(trail, 10_000, 110_000);
  assert.deepEqual(points.map(({ x, afterMs, isGap }) => [x, afterMs, isGap]), [[0, 5_000, false], [0.1, 10_000, false], [0.2, 10_000, false], [0.3, 10_000, false], [0.9, 60_000, true]]);
  assert.equal(speedPath(points, 20, 100, 10), "M0.0 10.0h0L10.0 5.0M30.0 0.0h0M90.0 5.0h0", "no line over what is not known");
  assert.equal(gapPath(points, 60_000, true, 100, 10), "M90.0 10V0.0");
  assert.equal(gapPath(points, 60_000, false, 100, 12).split("M").length - 1, 4);
  assert.deepEqual([axisTop(0), axisTop(20), axisTop(83), axisTop(2_500)], [20, 20, 100, 3_000]);
  assert.deepEqual([nearestPoint(points, 0.24), nearestPoint(points, 2), nearestPoint([], 0.5)], [2, 4, -1]);
});

test("a fact that is old says so, and so does a place nobody reported from lately", () => {
  const nowMs = Date.parse("2026-08-05T12:00:00Z");
  const fact = (value, minutes) => ({ value, at: new Date(nowMs - minutes * 60_000).toISOString(), source: "alpha" });
  const vehicle = { id: "a", driver: fact("Thandi", 59), ignition: fact(true, 61), freshness: { state: "stale" } };
  const facts = vehicleFacts(vehicle, nowMs);
  assert.deepEqual([facts.get("driver").isOld, facts.get("ignition").isOld], [false, true]);
  assert.equal(facts.get("ignition").note, "61 min ago, alpha");
  const position = { lat_deg: 1, lng_deg: 2, speed_mps: 3, fixed_at: "2026-08-05T11:00:00Z", received_at: "2026-08-05T11:00:01Z", source: "alpha", device: "1" };
  assert.equal(positionFacts(vehicle, position, nowMs, null).get("speed").isOld, true);
  assert.equal(positionFacts({ ...vehicle, freshness: { state: "live" } }, position, nowMs, null).get("speed").isOld, false);
});

test("the last hour is plotted, in the viewer's units; mouse and keys read a report and show it on the map", { timeout: 240_000 }, async () => {
  const { page, errors, violations } = await desk.open("", { bypassCSP: true });
  await rowOf(page, "Truck 1").click();
  await until(page, (state) => state.selectedId === idOf(0) && state.trailPoints > 50 && isSettled(state));
  await page.locator(".plots").scrollIntoViewIfNeeded();
  assert.deepEqual(await page.$$eval(".plot-top", (tops) => tops.map((top) => top.textContent)), ["140 km/h", "4 min"]);
  const lengths = () => [...document.querySelectorAll(".plot-speed, .plot-bars")].map((path) => path.getAttribute("d").split("M").length - 1);
  const [lines, bars, gaps] = await page.evaluate(lengths);
  assert.equal(gaps, 1, "one report after the gap");
  assert.ok(lines === 2 && bars > 120, `${lines} stretches, ${bars} bars`);
  const box = await page.locator(".plot").first().boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
  const reading = () => document.querySelector(".plot-reading").textContent;
  assert.match(await untilDom(page, reading, Boolean), /^\d\d:\d\d:\d\d \S+, \d+ km\/h, 20 s after the one before$/);
  assert.equal(await page.locator(".trail-spot").count(), 1);
  await page.mouse.move(5, 5);
  await untilDom(page, reading, (text) => text === "");
  assert.equal(await page.locator(".trail-spot").count(), 0);
  const slider = page.getByRole("slider", { name: /^Speed over time/ });
  await slider.focus();
  await page.keyboard.press("Home");
  assert.match(await slider.getAttribute("aria-valuetext"), /speed unknown/);
  const first = await page.locator(".trail-spot").getAttribute("style");
  for (let i = 0; i < 12; i++) await page.keyboard.press("PageUp");
  await page.keyboard.press("ArrowRight");
  assert.notEqual(await page.locator(".trail-spot").getAttribute("style"), first, "the spot goes along");
  assert.equal(await slider.getAttribute("aria-valuenow") > 100, true);
  assert.deepEqual(await findings(page), []);
  await page.click("[aria-label=Settings]");
  await page.click("label[for=units-mi]");
  assert.equal(await page.textContent(".plot-top >> nth=0"), "100 mph");
  assert.deepEqual([errors, violations], [[], []]);
});
