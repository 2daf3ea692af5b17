// The open alarms in the worker: what is held after each change, and where a gap is seen. No page,
// no server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { imported } from "./lib/bundle.mjs";

const { AlarmBook, Continuity } = await imported(`
  export { AlarmBook } from "./src/live/alarm-book.ts";
  export { Continuity } from "./src/live/continuity.ts";
`);

const alarm = (id, name = "Truck") => ({ id, kind: "panic", vehicle: { id: "v", name } });
const ids = (alarms) => alarms.map(({ id }) => id);

test("changes are put in the place of what they follow, the newest first", () => {
  const book = new AlarmBook();
  assert.deepEqual(ids(book.take({ all: true, alarms: [alarm("9"), alarm("10")] })), ["10", "9"]);
  assert.deepEqual(ids(book.take({ alarms: [alarm("11")], closed: ["9"] })), ["11", "10"]);
  const [, renamed] = book.take({ alarms: [alarm("10", "Van")] });
  assert.equal(renamed.vehicle.name, "Van");
  assert.deepEqual(book.take({ all: true, alarms: [] }), []);
});

test("a change that builds on what is not held is a gap", () => {
  const continuity = new Continuity();
  continuity.greet("e", false);
  assert.equal(continuity.takeAlarms(3, 4, false), false);
  assert.equal(continuity.takeAlarms(4, 4, true), true);
  assert.equal(continuity.takeAlarms(4, 6, false), true);
  assert.equal(continuity.takeAlarms(7, 8, false), false);
});
