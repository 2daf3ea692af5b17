// Parts of a fleet: rows that enter and leave tiles, tiles that come and go, in the worker's half
// and the page's. No page, no server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { imported } from "./lib/bundle.mjs";
import { DICTIONARY, DIFFERENCES, KEYFRAME, fleetMessage } from "./lib/fleet-message.mjs";

const { FleetFeed, FleetTable, CellBook, SightTeller, sightOf } = await imported(`
  export { FleetFeed } from "./src/live/fleet-feed.ts";
  export { FleetTable } from "./src/page/fleet-table.ts";
  export { CellBook } from "./src/live/cells.ts";
  export { SightTeller, sightOf } from "./src/live/sight.ts";
`);
const AT_MS = 1_800_000_000_000;
const ROW = { state: 0x40, flags: 0, heading: 45, speed: 20, fixed_s: AT_MS / 1000 - 3, x: 1 << 26, y: 1 << 25 };
const [WEST, EAST, SOUTH] = [[1, 0, 0], [1, 1, 0], [1, 0, 1]];

/** A worker's half and a page's, to which messages are given as the worker gives them. */
class Viewer {
  feed = new FleetFeed();
  table = new FleetTable();

  constructor({ isResumed = false } = {}) {
    this.feed.greet("epoch", isResumed);
  }

  view(tiles, whole = false) {
    const { keep } = this.feed.takeView({ whole, tiles });
    if (keep !== null) this.table.keepOnly(keep);
  }

  message(parts) {
    const message = fleetMessage({ at_ms: AT_MS, ...parts }).slice().buffer;
    const taken = this.feed.take(message);
    if (taken === null || taken === "gap") return taken;
    this.table.apply(message, taken.isFirst, taken.labels);
    if (taken.keep !== null) this.table.keepOnly(taken.keep);
    return "taken";
  }

  keyframe(tile, indices, seq = 1) {
    this.message({ kind: DICTIONARY, tile, seq, names: named(indices) });
    return this.message({ kind: KEYFRAME, tile, seq, full: full(indices) });
  }

  differences(tile, base, { enter = [], leave = [] }) {
    return this.message({ kind: DIFFERENCES, tile, base, seq: base + 1, names: named(enter), removed: leave, full: full(enter) });
  }

  /** The names of what is held, the same in both halves. */
  get held() {
    const { feed, table } = this;
    const rows = Array.from({ length: table.rowCount }, (_, row) => row).filter((row) => table.isInUse(row));
    assert.deepEqual(rows.filter((row) => !feed.columns.isInUse(row)), []);
    const query = { text: "", standings: [], sort: "name" };
    assert.deepEqual([...feed.directory.order(query, AT_MS / 1000)].sort((a, b) => a - b), rows);
    assert.equal(Object.values(feed.directory.counts()).reduce((a, b) => a + b), rows.length);
    assert.deepEqual(rows.map((row) => table.row(`v/${row}`)), rows);
    return rows;
  }
}

const named = (indices) => indices.map((index) => [index, { id: `v/${index}`, name: `Lorry ${index}`, devices: [] }]);
const full = (indices) => indices.map((index) => ({ index, ...ROW }));

test("rows enter and leave tiles by differences", () => {
  const viewer = new Viewer();
  viewer.view([WEST, EAST]);
  viewer.keyframe(WEST, [0, 1]);
  viewer.keyframe(EAST, [5]);
  assert.deepEqual(viewer.held, [0, 1, 5]);
  viewer.differences(WEST, 1, { enter: [2], leave: [0] });
  assert.deepEqual(viewer.held, [1, 2, 5]);
});

test("a row crosses from tile to tile within a tick, in either order", () => {
  for (const order of [["leave", "enter"], ["enter", "leave"]]) {
    const viewer = new Viewer();
    viewer.view([WEST, EAST]);
    viewer.keyframe(WEST, [0, 1]);
    viewer.keyframe(EAST, []);
    for (const what of order) viewer.differences(what === "leave" ? WEST : EAST, 1, { [what]: [1] });
    assert.deepEqual(viewer.held, [0, 1], order.join());
    viewer.differences(EAST, 2, { leave: [1] });
    assert.deepEqual(viewer.held, [0], order.join());
  }
});

test("a keyframe replaces its own tile only", () => {
  const viewer = new Viewer();
  viewer.view([WEST, EAST]);
  viewer.keyframe(WEST, [0, 1]);
  viewer.keyframe(EAST, [5, 6]);
  viewer.keyframe(EAST, [6, 7], 2);
  assert.deepEqual(viewer.held, [0, 1, 6, 7]);
});

test("tiles that are not sent any more go, with their rows, once the new ones are all there", () => {
  const viewer = new Viewer();
  viewer.view([WEST, EAST]);
  viewer.keyframe(WEST, [0]);
  viewer.keyframe(EAST, [5]);
  viewer.view([EAST, SOUTH, [2, 0, 0]]);
  viewer.keyframe(SOUTH, [7]);
  assert.deepEqual(viewer.held, [0, 5, 7], "nothing goes before what takes its place");
  viewer.keyframe([2, 0, 0], [0, 1]);
  assert.deepEqual(viewer.held, [0, 1, 5, 7], "a row that a new tile has too stays");
  viewer.view([EAST]);
  assert.deepEqual(viewer.held, [5]);
  viewer.keyframe(EAST, [5], 3);
  assert.deepEqual(viewer.table.tileKeys.length, 1);
});

test("a tile asked for again before it was dropped begins anew", () => {
  const viewer = new Viewer();
  viewer.view([WEST]);
  viewer.keyframe(WEST, [0]);
  viewer.view([EAST]);
  viewer.view([WEST]);
  assert.equal(viewer.differences(WEST, 1, { enter: [3] }), "gap", "what happened in between is not known");
});

test("no tiles: counts alone, and no rows", () => {
  const viewer = new Viewer();
  viewer.view([WEST]);
  viewer.keyframe(WEST, [0]);
  viewer.view([]);
  assert.deepEqual(viewer.held, []);
});

test("from parts to the whole and back", () => {
  const viewer = new Viewer();
  viewer.view([WEST]);
  viewer.keyframe(WEST, [0, 1]);
  viewer.view([[0, 0, 0]], true);
  viewer.keyframe([0, 0, 0], [0, 1, 2]);
  assert.deepEqual(viewer.held, [0, 1, 2]);
  viewer.view([EAST]);
  viewer.keyframe(EAST, [2]);
  assert.deepEqual(viewer.held, [2]);
});

test("after a fresh hello nothing of the old state stays, even where no tile comes", () => {
  const viewer = new Viewer();
  viewer.view([WEST]);
  viewer.keyframe(WEST, [0, 1]);
  viewer.feed.greet("another", false);
  viewer.view([]);
  assert.deepEqual(viewer.held, []);
  viewer.feed.continuity.reach(3);
  assert.deepEqual(viewer.feed.continuity.place, { epoch: "another", seq: 3 }, "counts alone can be gone on from");
});

test("counts alone and the whole fleet are gone on from where the last heartbeat was, parts never", () => {
  const viewer = new Viewer();
  viewer.view([]);
  viewer.feed.continuity.reach(6);
  assert.equal(viewer.feed.holdsParts, false);
  assert.deepEqual(viewer.feed.continuity.place, { epoch: "epoch", seq: 6 });
  viewer.view([WEST]);
  viewer.keyframe(WEST, [0, 1], 7);
  assert.equal(viewer.feed.holdsParts, true);
  viewer.view([[0, 0, 0]], true);
  viewer.keyframe([0, 0, 0], [0, 1, 2], 8);
  assert.equal(viewer.feed.holdsParts, false);
  viewer.feed.greet("epoch", true);
  assert.equal(viewer.differences([0, 0, 0], 8, { enter: [3] }), "taken");
  assert.deepEqual(viewer.held, [0, 1, 2, 3]);
});

test("cells are replaced, changed and emptied, and counted", () => {
  const book = new CellBook();
  const take = (cells, more) => book.take({ z: 10, cells, ...more });
  take([[5, 7, 0, 8, 3, 1, 0, 0, 0, 2], [6, 7, 0, 0, 1, 0, 0, 0, 0, 0]], { all: true });
  take([[6, 7, 0, 0, 0, 0, 0, 0, 0, 0], [9, 9, 15, 15, 0, 0, 4, 0, 0, 0]]);
  assert.deepEqual(book.counts(), { moving: 3, idling: 1, stopped: 4, parked: 0, unknown: 0, overdue: 2, never: 0, off_duty: 0 });
  assert.equal([...book.cells].length, 2, "an empty one is gone");
  const [first] = book.cells;
  assert.equal(first.mercatorX, (5 + 0.5 / 16) * 2 ** 22);
  take([], { vehicles: 14 });
  assert.equal(book.counts().never, 4);
  take([[1, 1, 0, 0, 1, 0, 0, 0, 0, 0]], { all: true });
  assert.equal([...book.cells].length, 1);
});

test("a map that shows the world more than once, or the date line, says so in degrees", () => {
  assert.deepEqual(sightOf([-400, -95, 20, 95], 0.123), { bounds: [-180, -90, 180, 90], zoom: 0.12 });
  assert.deepEqual(sightOf([170, -1, 190, 1], 5).bounds, [170, -1, -170, 1]);
  assert.deepEqual(sightOf([-190, -1, -170, 1], 5).bounds, [170, -1, -170, 1]);
  assert.deepEqual(sightOf([27.1234567, -26, 28, -25], 11).bounds, [27.12346, -26, 28, -25]);
});

test("a dragged map is told four times a second, and where it came to rest", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let nowMs = 0;
  t.mock.method(performance, "now", () => nowMs);
  const said = [];
  let isOpen = true;
  const teller = new SightTeller((text) => isOpen && said.push([nowMs, JSON.parse(text).zoom]));
  const advance = (ms) => {
    nowMs += ms;
    t.mock.timers.tick(ms);
  };
  for (let i = 0; i < 100; i++) {
    teller.look({ bounds: [0, 0, 1, 1], zoom: i });
    advance(10);
  }
  advance(1_000);
  assert.ok(said.length <= 6, `${said.length} in a second`);
  assert.equal(said.at(-1)[1], 99);
  assert.ok(teller.isTold);
  isOpen = false;
  teller.look({ bounds: [0, 0, 1, 1], zoom: 3 });
  advance(1_000);
  assert.ok(!teller.isTold, "what could not be said is for the next connection");
  teller.connect();
  assert.ok(teller.isTold);
});
