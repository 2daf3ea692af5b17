// Rules of scenes and displays, without a page and without a clock: a scene as it is sent and read
// again, the frame on the map, how well a display does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { imported } from "./lib/bundle.mjs";

globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} });
const { sceneOf, setupOf, sentOf, wallPath, boundsBetween, boxOfShape, healthOf, needsLook, areaText, sceneText, summaryText, stateNote, WHOLE_FLEET } = await imported(`
  export * from "./src/wall/scene.ts";
  export * from "./src/wall/setup.ts";
  export * from "./src/wall/scene-sent.ts";
  export { boxOfShape } from "./src/ui/wall-frame.ts";
  export * from "./src/page/display-health.ts";
  export { areaText, sceneText } from "./src/ui/scene-words.ts";
  export { stateNote, summaryText } from "./src/access/display-words.ts";
`);
const NOW_MS = Date.UTC(2026, 10, 23, 12);
const MINUTE_MS = 60_000;

const SCENES = [
  WHOLE_FLEET,
  { ...WHOLE_FLEET, name: "North", area: { kind: "group", group: "North/Durban" }, dwellS: 5, theme: "dark" },
  { ...WHOLE_FLEET, name: "Port", area: { kind: "bounds", bounds: [[18.3, -34.1], [18.6, -33.8]] }, theme: { darkFromMin: 1_260, darkToMin: 365 }, layers: { names: false }, scales: { icons: 0.4, labels: 3, panels: 1 }, panels: { clock: false, counts: true, feeds: false } },
];

test("a scene that is sent is read as the same, from a server and from an address", () => {
  for (const scene of SCENES) {
    const problems = [];
    assert.deepEqual(sceneOf({ ...sentOf(scene), name: scene.name }, {}, (problem) => problems.push(problem)), scene);
    assert.deepEqual(problems, []);
  }
  const [, fragment] = wallPath(SCENES).split("#");
  const setup = setupOf(fragment);
  assert.deepEqual(setup.problems, []);
  assert.deepEqual(setup.scenes, SCENES);
});

test("what is as usual is left out, so that a display's own scales count", () => {
  assert.deepEqual(sentOf(WHOLE_FLEET), { dwell_s: 30 });
  const { scales } = sceneOf(sentOf(WHOLE_FLEET), { scales: { icons: 1, labels: 1.5, panels: 1 } }, () => {});
  assert.equal(scales.labels, 1.5);
});

test("bounds of a map are those of a scene, over the date line and beyond the world's edge too", () => {
  const at = (lng, lat) => ({ lng, lat });
  const cases = [
    [at(27.123456789, -27), at(29, -25), [[27.12346, -27], [29, -25]]],
    [at(170, -20), at(190, -10), [[170, -20], [190, -10]]],
    [at(-190, -20), at(-170, -10), [[170, -20], [190, -10]]],
    [at(387, -27), at(389, -25), [[27, -27], [29, -25]]],
    [at(-200, -88), at(200, 88), [[-180, -85], [180, 85]]],
  ];
  for (const [southWest, northEast, expected] of cases) {
    const bounds = boundsBetween(southWest, northEast);
    assert.deepEqual(bounds, expected);
    assert.notEqual(sceneOf({ bounds: bounds.flat() }, {}, (problem) => assert.fail(problem)), null);
  }
});

test("the frame has the shape of the screen, in the middle of what is free", () => {
  const free = { left: 350, top: 60, right: 1_050, bottom: 860 };
  for (const shape of [16 / 9, 9 / 16, 32 / 9]) {
    const { left, top, right, bottom } = boxOfShape(free, shape);
    assert.ok(Math.abs((right - left) / (bottom - top) - shape) < 1e-9);
    assert.ok(left >= free.left && right <= free.right && top >= free.top && bottom <= free.bottom);
    assert.ok(Math.abs(left + right - 1_400) < 1e-9 && Math.abs(top + bottom - 920) < 1e-9);
  }
  const none = boxOfShape({ left: 300, top: 60, right: 310, bottom: 65 }, 16 / 9);
  assert.ok(none.right > none.left && none.bottom > none.top, "a box that nothing is left of is still a box");
});

test("a display is well only if its page tells of itself, and what it tells is well", () => {
  const at = (agoMs) => new Date(NOW_MS - agoMs).toISOString();
  const report = (agoMs, more = {}) => ({ build: "b1", screen: "live", shows: "map", errors: [], graphics_losses: 0, received_at: at(agoMs), ...more });
  const state = (display, sinceMs = NOW_MS) => healthOf({ id: "a", name: "A", scenes: [], dim_pct: 0, is_connected: true, ...display }, NOW_MS, "b1", sinceMs).state;
  assert.equal(state({ report: report(20_000) }), "well");
  assert.equal(state({ report: report(2.9 * MINUTE_MS) }, 0), "well");
  assert.equal(state({ report: report(3.1 * MINUTE_MS) }, 0), "silent", "its socket is open, its page is not");
  assert.equal(state({ report: report(10 * 60 * MINUTE_MS) }), "quiet", "it may have come back a moment ago");
  assert.equal(state({}), "new");
  assert.equal(state({}, NOW_MS - 4 * MINUTE_MS), "silent");
  assert.equal(state({ is_connected: false, last_seen_at: at(MINUTE_MS) }), "away");
  assert.equal(state({ is_connected: false, report: report(MINUTE_MS) }), "away");
  assert.equal(state({ is_connected: false }), "never");
  for (const more of [{ screen: "dead" }, { shows: "list" }, { build: "b2" }, { errors: [{ text: "x", count: 1, last_s_ago: 1 }] }, { graphics_losses: 1 }]) assert.equal(state({ report: report(20_000, more) }), "troubled", JSON.stringify(more));
  assert.equal(state({ report: { received_at: at(20_000) } }), "well", "what is not known is no trouble");
  assert.deepEqual(["well", "new", "troubled", "quiet", "silent", "away", "never"].map((one) => needsLook({ state: one })), [false, false, true, true, true, true, true]);
});

test("scenes and displays are said in words", () => {
  assert.equal(areaText({ kind: "bounds", bounds: [[170, -34.1], [194, -33.8]] }), "Part of the map around 33.95° S, 178.00° W");
  assert.equal(sceneText(SCENES[1]), "Group North/Durban, 5 s, dark");
  assert.equal(sceneText(SCENES[2]), "Part of the map around 33.95° S, 18.45° E, 30 s, dark 21:00 to 06:05");
  assert.equal(summaryText(1, []), "1 display, all well");
  assert.equal(summaryText(5, ["Hall", "Gate 4"]), "5 displays; Hall and Gate 4 need a look");
  assert.equal(summaryText(9, ["a", "b", "c", "d"]), "9 displays; 4 need a look");
  const away = { last_seen_at: new Date(NOW_MS - 12 * MINUTE_MS).toISOString() };
  assert.equal(stateNote(away, "away", [], NOW_MS), "last seen 12 min ago");
  assert.equal(stateNote({}, "troubled", ["not_live", "errors"], NOW_MS), "its picture is not live and there were errors");
});
