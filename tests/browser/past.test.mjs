// The parts of time travel: what is asked of the server and when, and the table of the past. No
// page, no server, no clock but the test's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { imported } from "./lib/bundle.mjs";

const { PastAsker, PastTable, flagText, partText, stateWords, trailText } = await imported(`
  export { flagText, partText, stateWords, trailText } from "./src/ui/words.ts";
  export { PastAsker } from "./src/page/past-asker.ts";
  export { PastTable } from "./src/page/past-table.ts";
`);

/** An asker whose questions are answered by the test. */
function asking(t) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let nowMs = 0;
  t.mock.method(performance, "now", () => nowMs);
  const [open, asked, shown, troubles] = [[], [], [], []];
  let mostOpen = 0;
  const asker = new PastAsker({
    fetchAt: (atMs) => {
      asked.push([nowMs, atMs]);
      return new Promise((resolve, reject) => {
        open.push({ atMs, resolve, reject });
        mostOpen = Math.max(mostOpen, open.length);
      });
    },
    onAnswer: (atMs, answer) => shown.push(answer === null ? null : atMs),
    onTrouble: (hasTrouble) => troubles.push(hasTrouble),
  });
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  const advance = async (ms) => {
    nowMs += ms;
    t.mock.timers.tick(ms);
    await settle();
  };
  const answer = async (value = { vehicles: [] }) => {
    open.shift().resolve(value);
    await settle();
  };
  const fail = async () => {
    open.shift().reject(new Error("no answer"));
    await settle();
  };
  return { asker, asked, shown, troubles, advance, answer, fail, most: () => mostOpen, waiting: () => open.length };
}

test("however a scrubber is dragged, one question is open at a time, and the newest wish wins", async (t) => {
  const { asker, asked, shown, advance, answer, most, waiting } = asking(t);
  for (let ms = 1; ms <= 100; ms++) {
    asker.want(ms, null);
    await advance(10);
    if (waiting() > 0 && ms % 7 === 0) await answer();
  }
  for (let i = 0; i < 3; i++) {
    await advance(1_000);
    if (waiting() > 0) await answer();
  }
  assert.equal(most(), 1);
  assert.equal(shown.at(-1), 100);
  assert.ok(asked.length >= 3 && asked.length <= 6, `${asked.length} questions`);
  asked.slice(1).forEach(([atMs], i) => assert.ok(atMs - asked[i][0] >= 300, "at most a few a second"));
});

test("a slow answer is waited for before another question", async (t) => {
  const { asker, asked, shown, advance, answer } = asking(t);
  for (let ms = 1; ms <= 30; ms++) {
    asker.want(ms, null);
    await advance(100);
  }
  assert.equal(asked.length, 1);
  await answer();
  assert.deepEqual(shown, [], "what is not wanted any more is not shown");
  await advance(0);
  await answer();
  assert.deepEqual(shown, [30]);
});

test("what comes next is fetched ahead, and then shown without asking", async (t) => {
  const { asker, asked, shown, advance, answer } = asking(t);
  asker.want(1_000, 2_000);
  await advance(0);
  await answer();
  assert.deepEqual(shown, [1_000]);
  await advance(300);
  assert.deepEqual(asked.map(([, atMs]) => atMs), [1_000, 2_000]);
  await answer();
  assert.deepEqual(shown, [1_000], "not before it is wanted");
  asker.want(2_000, 3_000);
  assert.deepEqual(shown, [1_000, 2_000]);
  assert.equal(asker.isWaiting, false);
});

test("what was wanted ahead and is wanted now is not asked for twice", async (t) => {
  const { asker, asked, shown, advance, answer } = asking(t);
  asker.want(1_000, 2_000);
  await advance(0);
  await answer();
  await advance(300);
  asker.want(2_000, null);
  await answer();
  await advance(1_000);
  assert.deepEqual(shown, [1_000, 2_000]);
  assert.equal(asked.length, 2);
});

test("an answer that does not come is asked for again, and nothing is delivered after the end", async (t) => {
  const { asker, asked, shown, troubles, advance, answer, fail } = asking(t);
  asker.want(1_000, null);
  await advance(0);
  await fail();
  assert.deepEqual(troubles, [true]);
  await advance(1_900);
  assert.equal(asked.length, 1, "not at once");
  await advance(500);
  assert.equal(asked.length, 2);
  await answer(null);
  assert.deepEqual(shown, [null], "nothing remembered is an answer too");
  asker.want(3_000, null);
  await advance(300);
  asker.stop();
  await answer();
  assert.deepEqual(shown, [null]);
});

const vehicle = (id, more = {}) => ({ id, name: `Lorry ${id}`, position: { lat_deg: -26, lng_deg: 28, fixed_at: "2026-08-05T12:00:00Z", heading_deg: 359.5, speed_mps: 17.5 }, motion: { state: "moving" }, freshness: { state: "late", expected_s: 45 }, ...more });

test("the past is held in the same columns, and a vehicle keeps its row", () => {
  const table = new PastTable();
  table.take([vehicle("a"), vehicle("b", { flags: ["feed_down"] })]);
  const row = table.row("b");
  assert.equal(table.isFeedDown(row), true);
  assert.equal(table.expectedS[row], 45);
  assert.equal(table.speedMps(row), 17.5);
  assert.equal(table.heading[row], 0);
  const { removed, changed } = table.take([vehicle("b"), vehicle("c")]);
  assert.equal(table.row("b"), row);
  assert.equal(table.row("a"), undefined);
  assert.equal(removed.length, 1);
  assert.equal(changed.length, 2);
  assert.equal(table.isFeedDown(row), false);
  assert.equal(table.vehicle("c").name, "Lorry c");
  assert.equal(table.directory.counts().moving, 2);
});

test("who was off duty then is nowhere, and it is said why", () => {
  const table = new PastTable();
  table.take([vehicle("a"), { id: "b", name: "Phone", motion: { state: "unknown" }, freshness: { state: "never" }, flags: ["off_duty"] }]);
  const row = table.row("b");
  assert.equal(table.hasPosition(row), false);
  assert.equal(stateWords(table.motion(row), table.freshness(row)), "Off duty");
  assert.equal(flagText("off_duty"), "its place is neither shown nor stored during these hours");
  const { off_duty, never, moving } = table.directory.counts();
  assert.deepEqual([off_duty, never, moving], [1, 0, 1]);
});

test("what is drawn is the anchor where one is told, else the fix; without a fix nothing", () => {
  const table = new PastTable();
  table.take([vehicle("a"), vehicle("b", { drawn: { lat_deg: -26, lng_deg: 28.5 } }), { id: "c", freshness: { state: "never" } }]);
  const [a, b, c] = ["a", "b", "c"].map((id) => table.row(id));
  assert.equal(table.mercatorX[a], Math.round((28 / 360 + 0.5) * 2 ** 32));
  assert.equal(table.mercatorX[b], Math.round((28.5 / 360 + 0.5) * 2 ** 32));
  assert.equal(table.hasPosition(c), false);
  assert.ok(Number.isNaN(table.fixedAtMs(c)));
});

test("five hundred vehicles do not make it forget which row is whose", () => {
  const table = new PastTable();
  const fleet = Array.from({ length: 1_500 }, (_, i) => vehicle(`v${i}`));
  table.take(fleet);
  table.take(fleet.filter((_, i) => i % 3 !== 0));
  table.take(fleet);
  const rows = new Set(fleet.map(({ id }) => table.row(id)));
  assert.equal(rows.size, 1_500);
  assert.equal(table.rowCount, 1_500);
  for (const { id } of fleet) assert.equal(table.ids[table.row(id)], id);
});

test("one is not many, and a part of a large fleet is told to be one", () => {
  const hour = [Date.parse("2026-08-05T12:00:00Z"), Date.parse("2026-08-05T13:00:00Z")];
  const trail = (count) => trailText({ points: Array(count).fill({}) }, ...hour);
  assert.match(trail(1), /^1 position, /);
  assert.match(trail(2), /^2 positions, /);
  assert.match(trail(0), /^No positions, /);
  assert.equal(partText(5_000, 22_025), "The map shows 5,000 of the 22,025 vehicles here: zoom in to see all.");
  assert.equal(partText(0, 1), "The map shows 0 of the 1 vehicle here: zoom in to see all.");
  assert.equal(partText(40, 40), "The list and the counts are of what the map shows.");
});
