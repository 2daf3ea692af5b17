// The decoder against what the server wrote, and against what no server should. No page, no server.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { imported } from "./lib/bundle.mjs";
import { DICTIONARY, DIFFERENCES, KEYFRAME, fleetMessage } from "./lib/fleet-message.mjs";

const { FleetFeed, FleetTable, FleetColumns, FleetDecoder, WireError, MOST_ROWS } = await imported(`
  export { FleetFeed } from "./src/live/fleet-feed.ts";
  export { FleetTable } from "./src/page/fleet-table.ts";
  export { FleetColumns, MOST_ROWS } from "./src/live/columns.ts";
  export { FleetDecoder } from "./src/live/decoder.ts";
  export { WireError } from "./src/live/wire.ts";
`);
const FIXTURE = path.resolve(import.meta.dirname, "../fixtures/bin/sequence.json");
const { views } = JSON.parse(fs.readFileSync(FIXTURE, "utf8"));
const AT_MS = 1_800_000_000_000;
const ROW = { state: 0x40, flags: 0, heading: 45, speed: 20, fixed_s: AT_MS / 1000 - 3, x: 1 << 26, y: 1 << 25 };

for (const { name, messages } of views) {
  test(`what the server wrote is read back, in the worker and on the page (${name})`, () => {
    const feed = new FleetFeed();
    const table = new FleetTable();
    feed.greet("epoch", false);
    let checked = 0;
    for (const { hex, gives, expect } of messages) {
      const message = bufferOf(Buffer.from(hex, "hex"));
      const taken = feed.take(message);
      assert.equal(taken === "gap", gives === "gap");
      assert.equal(taken === null, gives === "already" || gives === "dictionary");
      if (taken !== null && taken !== "gap") table.apply(message, taken.isFirst, taken.labels);
      if (expect === undefined) continue;
      for (const columns of [feed.columns, table]) assert.deepEqual(heldRows(columns), rowsOf(expect));
      assert.deepEqual(heldIds(table), expect.ids);
      assert.equal(Object.values(feed.directory.counts()).reduce((a, b) => a + b), rowsOf(expect).length);
      const query = { text: "", standings: [], sort: "name" };
      assert.deepEqual([...feed.directory.order(query, AT_MS / 1000)].sort((a, b) => a - b), rowsOf(expect).map(([index]) => index));
      checked += 1;
    }
    assert.ok(checked > 2, "the fixture says what to expect");
  });
}

test("a position takes the short way round the world", () => {
  const { decoder, columns } = held([{ index: 0, ...ROW, x: 2 ** 27 - 5 }]);
  decoder.apply(differences({ moved: [{ index: 0, state: 0, flags: 0, heading: 0, speed: 0, fixed_s: 1, dx: 12, dy: -7 }] }), false);
  assert.equal(columns.mercatorX[0] >>> 5, 7);
  assert.equal(columns.mercatorY[0] >>> 5, ROW.y - 7);
  assert.equal(columns.fixedAtS[0], ROW.fixed_s + 1);
});

test("a row that another tile took over is not removed by the first", () => {
  const { decoder, columns } = held([{ index: 3, ...ROW }]);
  decoder.apply(bufferOf(fleetMessage({ kind: KEYFRAME, tile: [1, 1, 0], at_ms: AT_MS, seq: 2, full: [{ index: 3, ...ROW }] })), false);
  decoder.apply(differences({ removed: [3] }), false);
  assert.ok(columns.isInUse(3));
  decoder.apply(differences({ tile: [1, 1, 0], removed: [3] }), false);
  assert.ok(!columns.isInUse(3));
});

test("a new state forgets what rows meant before", () => {
  const table = new FleetTable();
  const labels = (id) => [{ rows: Uint32Array.of(0), ids: [id], names: [id], registrations: [""], drivers: [""], groups: [""] }];
  table.apply(keyframe([{ index: 0, ...ROW }, { index: 1, ...ROW }], [1, 0, 0]), true, labels("old"));
  const { removed } = table.apply(keyframe([{ index: 0, ...ROW }]), true, labels("new"));
  assert.deepEqual([...removed], [0, 1]);
  assert.equal(table.row("old"), undefined);
  assert.equal(table.row("new"), 0);
  assert.ok(!table.isInUse(1));
});

test("messages cut short are errors, at every length", () => {
  for (const { hex } of views.flatMap(({ messages }) => messages).filter((_, i) => i % 5 === 0)) {
    const whole = Buffer.from(hex, "hex");
    for (let length = 0; length < whole.length; length++) {
      const columns = new FleetColumns();
      assert.throws(() => new FleetDecoder(columns).apply(bufferOf(whole.subarray(0, length)), true), WireError);
    }
  }
});

const good = { kind: KEYFRAME, at_ms: AT_MS, seq: 1, full: [{ index: 0, ...ROW }] };
const still = { state: 0, flags: 0, heading: 0, speed: 0, fixed_s: 0, dx: 0, dy: 0 };
const HOSTILE = {
  "no kind": changed(fleetMessage(good), (bytes) => bytes.writeUInt8(0, 0)),
  "an unknown kind": changed(fleetMessage(good), (bytes) => bytes.writeUInt8(4, 0)),
  "a number that is none": changed(fleetMessage(good), (bytes) => bytes.writeDoubleLE(NaN, 16)),
  "bytes too many": Buffer.concat([fleetMessage(good), Buffer.alloc(1)]),
  "a count of names beyond its length": changed(fleetMessage(good), (bytes) => bytes.writeUInt32LE(2 ** 32 - 1, 32)),
  "a dictionary beyond its length": changed(fleetMessage(good), (bytes) => bytes.writeUInt32LE(2 ** 32 - 1, 36)),
  "a count of removed beyond its length": changed(fleetMessage({ ...good, kind: DIFFERENCES }), (bytes) => bytes.writeUInt32LE(2 ** 32 - 1, 40)),
  "a count of rows beyond its length": changed(fleetMessage(good), (bytes) => bytes.writeUInt32LE(2 ** 32 - 1, 44)),
  "a count of moved beyond its length": changed(fleetMessage({ ...good, kind: DIFFERENCES }), (bytes) => bytes.writeUInt32LE(2 ** 32 - 1, 48)),
  "an index beyond any fleet": fleetMessage({ ...good, full: [{ index: MOST_ROWS, ...ROW }] }),
  "an index without end": changed(fleetMessage({ ...good, kind: DIFFERENCES, full: [], removed: [1, 2, 3, 4, 5, 6, 7] }), (bytes) => bytes.fill(0xff, 52)),
  "an index that ends with the message": changed(fleetMessage({ ...good, kind: DIFFERENCES, full: [], removed: [1, 2] }), (bytes) => bytes.fill(0xff, 52)),
  "a move of a vehicle that is not there": fleetMessage({ ...good, kind: DIFFERENCES, full: [], moved: [{ index: 9, ...still }] }),
  "a keyframe that removes": fleetMessage({ ...good, removed: [1] }),
  "a dictionary with rows": fleetMessage({ ...good, kind: DICTIONARY }),
};
for (const [what, bytes] of Object.entries(HOSTILE)) {
  test(`refused: ${what}`, () => {
    const columns = new FleetColumns();
    assert.throws(() => new FleetDecoder(columns).apply(bufferOf(bytes), true), WireError);
    assert.equal(columns.capacity, 512, "nothing was reserved for it");
  });
}

test("a dictionary that is no list, or too short, is refused", () => {
  for (const [names, wrong] of [[[[0, { id: "a" }]], "{}"], [[[0, { id: "a" }], [1, { id: "b" }]], '[{"id":"a"}]']]) {
    const message = Buffer.from(fleetMessage({ kind: DICTIONARY, at_ms: AT_MS, seq: 1, names }));
    const before = message.readUInt32LE(36);
    message.writeUInt32LE(wrong.length, 36);
    const cut = Buffer.concat([message.subarray(0, message.length - before), Buffer.from(wrong)]);
    assert.throws(() => new FleetFeed().take(bufferOf(cut)), WireError);
  }
});

test("whatever bytes come, reading them ends soon and takes no more memory than a fleet does", () => {
  const { columns } = held([]);
  const decoder = new FleetDecoder(columns);
  let seed = 7;
  const random = (below) => (seed = (seed * 1_103_515_245 + 12_345) >>> 0) % below;
  let refused = 0;
  for (let round = 0; round < 3_000; round++) {
    const { messages } = views[round % views.length];
    const bytes = Buffer.from(messages[random(messages.length)].hex, "hex");
    for (let flips = 1 + random(4); flips > 0; flips--) bytes[random(bytes.length)] ^= 1 << random(8);
    try {
      decoder.apply(bufferOf(bytes), round % 3 === 0);
    } catch (error) {
      assert.ok(error instanceof WireError, `${error.stack}`);
      refused += 1;
    }
  }
  assert.ok(refused > 500 && columns.capacity <= MOST_ROWS, `${refused} refused`);
});

/** A decoder that holds these rows in tile 0/0/0. */
function held(full) {
  const columns = new FleetColumns();
  const decoder = new FleetDecoder(columns);
  decoder.apply(keyframe(full), true);
  return { columns, decoder };
}

function keyframe(full, tile = [0, 0, 0]) {
  return bufferOf(fleetMessage({ kind: KEYFRAME, tile, at_ms: AT_MS, seq: 1, full }));
}

function differences(parts) {
  return bufferOf(fleetMessage({ kind: DIFFERENCES, at_ms: AT_MS + 1000, seq: 2, base: 1, ...parts }));
}

function changed(bytes, change) {
  change(Buffer.from(bytes.buffer));
  return bytes;
}

function bufferOf(bytes) {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
}

function heldRows(columns) {
  const rows = [];
  for (let row = 0; row < columns.rowCount; row++) {
    if (!columns.isInUse(row)) continue;
    const { mercatorX, mercatorY, heading, speed, expected, state, flags, fixedAtS } = columns;
    rows.push([row, mercatorX[row] >>> 5, mercatorY[row] >>> 5, heading[row], speed[row], state[row], flags[row], expected[row], fixedAtS[row]]);
  }
  return rows;
}

function heldIds(table) {
  return Object.fromEntries(table.ids.map((id, row) => [row, id]).filter(([, id]) => id !== undefined));
}

function rowsOf({ tiles }) {
  return Object.values(tiles).flatMap(({ rows }) => rows).sort(([a], [b]) => a - b);
}
