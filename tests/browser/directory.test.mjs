// The list's order, search and counts, as the worker makes them. No page, no server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { imported } from "./lib/bundle.mjs";

const { Directory, FleetColumns } = await imported(`
  export { Directory } from "./src/live/directory.ts";
  export { FleetColumns } from "./src/live/columns.ts";
`);
const [MOVING, STOPPED, PARKED] = [0, 2, 3];
const [LIVE, STALE, OFFLINE, NEVER, OFF_DUTY] = [0, 2, 3, 4, 5];

test("names sort as people do, with numbers by their value", () => {
  const fleet = fleetOf([{ name: "Truck 10" }, { name: "truck 9" }, { name: "Äpfel" }, { name: "Zug" }, { registration: "B 1" }]);
  assert.deepEqual(fleet.listed(), ["Äpfel", "B 1", "truck 9", "Truck 10", "Zug"]);
});

test("thousands of names come into order by and by, and renamed ones move", () => {
  const numbers = Array.from({ length: 12_000 }, (_, i) => (i * 7_919) % 12_000);
  const fleet = fleetOf(numbers.map((number) => ({ name: `Van ${number}` })));
  const sorted = numbers.toSorted((a, b) => a - b).map((number) => `Van ${number}`);
  let rounds = 1;
  for (; fleet.directory.isSorting || rounds === 1; rounds++) assert.equal(fleet.listed().length, 12_000);
  assert.ok(rounds > 2, "not all at once");
  assert.deepEqual(fleet.listed(), sorted);
  fleet.rename(numbers.indexOf(5), "Aardvark");
  fleet.drop(numbers.indexOf(6));
  const expected = ["Aardvark", ...sorted.filter((name) => name !== "Van 5" && name !== "Van 6")];
  assert.deepEqual(fleet.listed(), expected);
  assert.deepEqual(fleet.listed(), expected);
});

test("a search finds plates, drivers, groups and trackers, and names that begin so come first", () => {
  const fleet = fleetOf([
    { name: "Red Van", groups: ["Café"] },
    { name: "Van 2", driver: "José Red" },
    { name: "Caravan", registration: "AB-12 C" },
    { name: "Fourth", devices: ["cartrack/5551"] },
  ]);
  assert.deepEqual(fleet.listed({ text: "van" }), ["Van 2", "Red Van", "Caravan"]);
  assert.deepEqual(fleet.listed({ text: "jose" }), ["Van 2"]);
  assert.deepEqual(fleet.listed({ text: "cafe" }), ["Red Van"]);
  assert.deepEqual(fleet.listed({ text: "ab12c" }), ["Caravan"]);
  assert.deepEqual(fleet.listed({ text: "5551" }), ["Fourth"]);
  assert.deepEqual(fleet.listed({ text: "van red" }), ["Red Van", "Van 2"]);
  assert.deepEqual(fleet.listed({ text: "nothing" }), []);
});

test("newest first, and overdue first with those that were moving on top", () => {
  const fleet = fleetOf([
    { name: "a", motion: MOVING, freshness: LIVE, fixedAtS: 90 },
    { name: "b", motion: PARKED, freshness: STALE, fixedAtS: 50 },
    { name: "c", motion: MOVING, freshness: STALE, fixedAtS: 60 },
    { name: "d", motion: PARKED, freshness: OFFLINE, fixedAtS: 10 },
    { name: "e", motion: STOPPED, freshness: LIVE, fixedAtS: 95 },
    { name: "f", motion: 4, freshness: NEVER, fixedAtS: 0 },
  ]);
  assert.deepEqual(fleet.listed({ sort: "recent" }), ["e", "a", "c", "b", "d", "f"]);
  assert.deepEqual(fleet.listed({ sort: "silence" }), ["c", "d", "b", "a", "e", "f"]);
  assert.deepEqual(fleet.listed({ standings: ["overdue"] }), ["b", "c", "d"]);
});

test("who stopped reporting: the road first, then by how many limits each is silent", () => {
  const nowS = 1_000_000;
  const silent = (name, motion, ageS, expectedS, freshness = STALE) => ({ name, motion, freshness, fixedAtS: nowS - ageS, expectedS });
  const fleet = fleetOf([
    silent("parked for two days", PARKED, 48 * 3_600, 3_600, OFFLINE),
    silent("parked, chatty", PARKED, 24 * 3_600, 60, OFFLINE),
    silent("on the road for an hour", MOVING, 3_600, 30),
    silent("on the road, slow tracker", MOVING, 2 * 3_600, 900),
    silent("idling", 1, 1_800, 10),
    silent("nobody knows", 4, 2_000, 10, OFFLINE),
    { ...silent("unknown by now, once parked", 4, 200 * 3_600, 60, OFFLINE), onTheMove: false },
  ]);
  const listed = fleet.listed({ sort: "silence", standings: ["overdue"] }, nowS);
  assert.deepEqual(listed, ["on the road for an hour", "nobody knows", "idling", "on the road, slow tracker", "unknown by now, once parked", "parked, chatty", "parked for two days"]);
});

test("counts follow changes", () => {
  const fleet = fleetOf([{ name: "a", motion: MOVING, freshness: LIVE }, { name: "b", motion: MOVING, freshness: LIVE }]);
  assert.equal(fleet.directory.counts().moving, 2);
  fleet.set(0, { motion: PARKED, freshness: LIVE });
  fleet.drop(1);
  assert.deepEqual(fleet.directory.counts(), { moving: 0, idling: 0, stopped: 0, parked: 1, unknown: 0, overdue: 0, never: 0, off_duty: 0 });
});

test("off duty is a standing of its own: neither overdue nor without a position, and no alarm", () => {
  const fleet = fleetOf([
    { name: "a", motion: 4, freshness: OFF_DUTY, fixedAtS: 0 },
    { name: "b", motion: 4, freshness: NEVER, fixedAtS: 0 },
    { name: "c", motion: PARKED, freshness: STALE, fixedAtS: 50 },
    { name: "d", motion: PARKED, freshness: LIVE, fixedAtS: 90 },
  ]);
  const { overdue, never, off_duty, unknown } = fleet.directory.counts();
  assert.deepEqual([overdue, never, off_duty, unknown], [1, 1, 1, 0]);
  assert.deepEqual(fleet.listed({ sort: "silence" }), ["c", "d", "a", "b"]);
  assert.deepEqual(fleet.listed({ standings: ["off_duty"] }), ["a"]);
  assert.deepEqual(fleet.listed({ standings: ["never"] }), ["b"]);
  fleet.set(0, { motion: PARKED, freshness: LIVE });
  assert.equal(fleet.directory.counts().off_duty, 0);
});

function fleetOf(vehicles) {
  const columns = new FleetColumns();
  const directory = new Directory(columns);
  const names = [];
  const set = (row, { motion = STOPPED, freshness = LIVE, fixedAtS = 1, expectedS = 30, onTheMove = motion !== STOPPED && motion !== PARKED }) => {
    columns.tile[row] = 1;
    columns.state[row] = motion | (freshness << 3) | (onTheMove ? 0x80 : 0);
    columns.fixedAtS[row] = fixedAtS;
    columns.expectedS[row] = expectedS;
    directory.recount(Uint32Array.of(row));
  };
  const label = (row, entry) => {
    directory.name(row, { id: `test/${row}`, ...entry });
    names[row] = entry.name ?? entry.registration;
  };
  columns.reserve(vehicles.length);
  vehicles.forEach(({ motion, freshness, fixedAtS, expectedS, onTheMove, ...entry }, row) => {
    label(row, entry);
    set(row, { motion, freshness, fixedAtS, expectedS, onTheMove });
  });
  return {
    directory,
    set,
    rename: (row, name) => label(row, { name }),
    drop: (row) => {
      columns.clearRow(row);
      directory.forget(row);
      directory.recount(Uint32Array.of(row));
    },
    listed: (query = {}, nowS = 100_000) => [...directory.order({ text: "", standings: [], sort: "name", ...query }, nowS)].map((row) => names[row]),
  };
}
