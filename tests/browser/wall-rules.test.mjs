// The wall's rules, without a page and without a clock: how large letters are, when it is night, which
// scene is on, what an address may say, when to reload.

import assert from "node:assert/strict";
import { test } from "node:test";
import { imported } from "./lib/bundle.mjs";

// What of a browser the modules ask for as they load.
globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} });
const rules = await imported(`
  export * from "./src/wall/legibility.ts";
  export * from "./src/wall/sun.ts";
  export * from "./src/wall/scene.ts";
  export * from "./src/wall/setup.ts";
  export * from "./src/wall/rotation.ts";
  export * from "./src/wall/losses.ts";
  export { isDarkBy } from "./src/wall/night.ts";
  export { isPassed } from "./src/wall/nightly.ts";
  export { ErrorBook } from "./src/wall/report.ts";
  export { sizesOf } from "./src/wall/sizes.ts";
  export { nextShift } from "./src/ui/unattended.ts";
  export { withLeastText } from "./src/map/least-text.ts";
  export { WALL_ORDER, DESK_ORDER } from "./src/map/label-placement.ts";
  export { Pacing } from "./src/map/pacing.ts";
  export { reconnectDelayMs, askedDelayMs } from "./src/live/backoff.ts";
`);
const { legibilityOf, isSunUp, sunHeightDeg, isDarkBy, setupOf, scenesOf, Rotation, Losses, isPassed, nextShift, WALL_ORDER, Pacing } = rules;
const CAPE_TOWN = [18.42, -33.93];
const ARCMIN = (16 / 60) * (Math.PI / 180);

test("letters and symbols fill 16 minutes of arc at the greatest distance", () => {
  for (const [inches, distanceM, width, height] of [[55, 5, 1920, 1080], [43, 3, 1920, 1080], [75, 8, 3840, 2160], [55, 3, 1080, 1920], [49, 3, 3840, 1080]]) {
    const { fontPx, glyphPx, markerScale, isReached } = legibilityOf({ inches, distanceM }, width, height);
    const mmPerPx = (inches * 25.4) / Math.hypot(width, height);
    const least = distanceM * 1_000 * Math.tan(ARCMIN);
    assert.equal(isReached, true, `${inches} inch at ${distanceM} m`);
    // Noto Sans has capitals of 0.714 of its size.
    assert.ok(fontPx * 0.7 * mmPerPx >= least * 0.998, `${fontPx * 0.7 * mmPerPx} mm of ${least} mm`);
    assert.ok(fontPx * 0.7 * mmPerPx < least * 1.06, "and no more than that");
    assert.ok(markerScale * 5.5 * 1.24 >= glyphPx - 1e-9, "the least symbol, from afar");
  }
  assert.ok(Math.abs(legibilityOf({ inches: 55, distanceM: 5 }, 1920, 1080).fontPx - 52.5) < 1.6, "as wall.md has it");
});

test("a panel that is too small for its distance says so", () => {
  const { fontPx, isReached } = legibilityOf({ inches: 32, distanceM: 8 }, 1920, 1080);
  assert.equal(isReached, false);
  assert.ok(fontPx <= 1080 * 0.075 + 1);
});

test("the sun is where the almanac has it", () => {
  // Noon and midnight in Cape Town, the longest and the shortest day; Berlin; the pole.
  assert.ok(Math.abs(sunHeightDeg(Date.UTC(2026, 11, 21, 10, 45), CAPE_TOWN) - 79.5) < 0.6);
  assert.ok(Math.abs(sunHeightDeg(Date.UTC(2026, 5, 21, 10, 48), CAPE_TOWN) - 32.6) < 0.6);
  assert.ok(Math.abs(sunHeightDeg(Date.UTC(2026, 2, 20, 11, 14), [13.4, 52.5]) - 37.5) < 0.6);
  assert.equal(isSunUp(Date.UTC(2026, 5, 21, 0), [20, 80]), true);
  assert.equal(isSunUp(Date.UTC(2026, 11, 21, 12), [20, 80]), false);
});

test("sunrise and sunset of Cape Town to five minutes", () => {
  // 23 November 2026: up at 05:31, down at 19:38 SAST.
  const at = (hour, minute) => Date.UTC(2026, 10, 23, hour - 2, minute);
  for (const [ms, isUp] of [[at(5, 26), false], [at(5, 37), true], [at(19, 33), true], [at(19, 44), false]]) assert.equal(isSunUp(ms, CAPE_TOWN), isUp, new Date(ms).toISOString());
});

test("dark by the sun, by hours over midnight, or as it was told", () => {
  const noon = new Date(2026, 10, 23, 12).getTime();
  const late = new Date(2026, 10, 23, 23, 30).getTime();
  assert.equal(isDarkBy("dark", noon, null, false), true);
  assert.equal(isDarkBy("light", late, null, true), false);
  assert.equal(isDarkBy("system", noon, null, true), true);
  assert.equal(isDarkBy("sun", noon, null, true), null, "no place, no sun");
  assert.equal(isDarkBy("sun", Date.UTC(2026, 10, 23, 22), CAPE_TOWN, false), true);
  const hours = { darkFromMin: 21 * 60, darkToMin: 6 * 60 };
  assert.deepEqual([noon, late, late + 3 * 3_600_000].map((ms) => isDarkBy(hours, ms, null, false)), [false, true, true]);
  assert.equal(isDarkBy({ darkFromMin: 60, darkToMin: 300 }, late, null, false), false);
});

test("an address sets a display up, and what makes no sense in it is named and left out", () => {
  const setup = setupOf("#panel=75&distance=8&labels=1.5&overscan=2.5&theme=21:00-06:00&dim=40&reload=03:30&dwell=45&token=fg_secret");
  assert.deepEqual(setup.problems, []);
  assert.deepEqual([setup.panel, setup.overscanPct, setup.dimPct, setup.reloadAtMin], [{ inches: 75, distanceM: 8 }, 2.5, 40, 210]);
  assert.deepEqual(setup.theme, { darkFromMin: 1_260, darkToMin: 360 });
  assert.deepEqual([setup.scenes.length, setup.scenes[0].dwellS, setup.scenes[0].scales.labels], [1, 45, 1.5]);
  const bad = setupOf("#panel=0&distance=x&overscan=6&theme=pink&reload=25:00&scenes=[&odd=1&icons=%E0%A4%A");
  assert.equal(bad.problems.length, 8, bad.problems.join("; "));
  assert.deepEqual([bad.panel, bad.overscanPct, bad.theme, bad.reloadAtMin, bad.scenes.length], [{ inches: 55, distanceM: 3 }, 0, "sun", null, 1]);
  assert.deepEqual(setupOf("").problems, []);
});

test("scenes are taken one by one: a bad one costs itself alone", () => {
  const problems = [];
  const scenes = scenesOf([{ name: "North", group: "North", dwell_s: 20, panels: { feeds: false }, scales: { labels: 2 } }, 7, { bounds: [10, 50, 5, 40] }, { name: "Port", bounds: [18.3, -34.1, 18.6, -33.8], theme: "dark" }], {}, (problem) => problems.push(problem));
  assert.deepEqual(scenes.map(({ name }) => name), ["North", "Port"]);
  assert.deepEqual(scenes[0].panels, { clock: true, counts: true, feeds: false });
  assert.deepEqual([scenes[0].dwellS, scenes[1].dwellS, scenes[1].theme, scenes[0].scales.labels], [20, 30, "dark", 2]);
  assert.equal(problems.length, 2);
  assert.match(problems[0], /^scene 2: /);
  assert.equal(scenesOf([], {}, () => {}).length, 1, "a wall without scenes shows the fleet");
});

test("scenes go round; an alarm comes in between, is held, and the one before comes back", () => {
  const scenes = scenesOf([{ name: "A" }, { name: "B" }, { name: "C", dwell_s: 60 }], {}, () => {});
  const rotation = new Rotation(scenes, 0);
  const names = (times) => times.map((s) => rotation.at(s * 1_000).scene.name).join("");
  assert.equal(names([0, 29, 30, 59, 60, 119, 120]), "AABBCCA");
  assert.deepEqual([rotation.at(121_000).number, rotation.at(121_000).of], [1, 3]);
  const alarm = { ...scenes[0], name: "!" };
  rotation.interrupt("a1", alarm, 130_000);
  assert.equal(names([130, 200, 700]), "!!!");
  rotation.release("a1", 710_000);
  assert.equal(names([710, 739, 740]), "AAB", "the one that was interrupted has its time anew");
  rotation.interrupt("a2", alarm, 750_000, 5_000);
  rotation.interrupt("a3", { ...alarm, name: "?" }, 751_000, 1_000);
  assert.equal(names([751, 753, 756]), "?!B", "each for as long as it is held");
  assert.equal(rotation.goTo("C", 757_000), true);
  assert.equal(rotation.goTo("nowhere", 757_000), false);
  assert.equal(names([758]), "C");
});

test("two losses in a row are hopeless; two canvases lost at once are one loss", () => {
  const losses = new Losses();
  assert.deepEqual([0, 300, 61_000, 90_000, 90_200].map((ms) => losses.lost(ms)), [false, false, false, true, false]);
  assert.equal(losses.count, 3);
});

test("the nightly reload is due once, and never because a clock leapt", () => {
  const at = (hour, minute, day = 23) => new Date(2026, 10, day, hour, minute).getTime();
  assert.equal(isPassed(210, at(3, 29), at(3, 30)), true);
  assert.equal(isPassed(210, at(3, 30), at(3, 31)), false);
  assert.equal(isPassed(0, at(23, 59), at(0, 0, 24)), true);
  assert.equal(isPassed(210, at(1, 0), at(9, 0)), false, "put right after the start");
  assert.equal(isPassed(210, at(9, 0), at(1, 0)), false, "put back");
});

test("what stands still moves by 1 to 4 px, and never stays", () => {
  let at = [0, 0];
  for (let i = 0; i < 500; i++) {
    const next = nextShift(at, Math.random);
    for (const px of next) assert.ok(Number.isInteger(px) && Math.abs(px) >= 1 && Math.abs(px) <= 4, `${px}`);
    assert.notDeepEqual(next, at);
    at = next;
  }
});

test("names on a wall: overdue before the selected one before those that move before the rest", () => {
  const [live, late, stale, offline] = [0, 1, 2, 3].map((freshness) => WALL_ORDER.ofState[freshness << 3]);
  const parked = WALL_ORDER.ofState[3];
  assert.ok(stale === offline && stale > WALL_ORDER.selected && WALL_ORDER.selected > live && live === late && live > parked);
});

test("no name of the map is smaller than what can be read", () => {
  const size = ["interpolate", ["linear"], ["zoom"], 3, 9, 10, ["get", "p"]];
  const style = { version: 8, sources: {}, layers: [{ id: "a", type: "symbol", layout: { "text-size": size } }, { id: "b", type: "line" }] };
  assert.deepEqual(rules.withLeastText(style, 30).layers[0].layout["text-size"], ["interpolate", ["linear"], ["zoom"], 3, ["max", 30, 9], 10, ["max", 30, ["get", "p"]]]);
  assert.equal(rules.withLeastText(style, 0), style);
});

test("a slow machine steps down to 30, 10, 4, 2 frames and then stands still; later it tries again", () => {
  const pacing = new Pacing("Mali-T860", true);
  const seen = [];
  let nowMs = 0;
  const run = (frames, beatMs) => {
    for (let i = 0; i < frames; i++) pacing.isDue((nowMs += beatMs));
    seen.push([pacing.framesPerSecond, pacing.isStill]);
  };
  run(10, 16);
  for (let i = 0; i < 6; i++) run(61, 80);
  assert.deepEqual(seen, [[0, false], [30, false], [10, false], [4, false], [2, false], [2, true], [2, true]]);
  run(70, 10_000);
  assert.equal(pacing.isStill, false, "after ten minutes");
  const desk = new Pacing("Mali-T860");
  for (let i = 0; i < 400; i++) desk.isDue(i * 80);
  assert.deepEqual([desk.framesPerSecond, desk.isStill], [4, false], "a desk goes no lower");
});

test("a report names no secret, and one error that repeats does not push others out", () => {
  const book = new rules.ErrorBook();
  book.note("first", 0);
  for (let i = 0; i < 1_000; i++) book.note("at https://fleet.example/wall?a=b#token=fg_display_x: no", 1_000);
  book.note("token fg_display_abc is bad", 2_000);
  const list = book.list(4_000);
  assert.deepEqual(list.map(({ count, last_s_ago }) => [count, last_s_ago]), [[1, 2], [1_000, 3], [1, 4]]);
  assert.doesNotMatch(JSON.stringify(list), /display_|token=|a=b/);
  for (let i = 0; i < 50; i++) book.note(`other ${i}`, 0);
  assert.equal(book.list(0).length, 10);
});

test("back-off: full jitter of 0.5 to 4 s, up to 15 s after half a minute; a server's own word counts", () => {
  assert.deepEqual([[0, 0], [0, 1], [29_999, 1], [30_000, 0], [30_000, 1]].map(([ms, random]) => rules.reconnectDelayMs(ms, random)), [500, 4_000, 4_000, 500, 15_000]);
  assert.equal(rules.askedDelayMs("retry_ms=12000"), 12_000);
});
