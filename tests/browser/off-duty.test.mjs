// A vehicle that goes off duty under somebody's eyes: its place is gone, and nothing is alarming.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DICTIONARY, DIFFERENCES, KEYFRAME } from "./lib/fleet-message.mjs";
import { assertClean, launch, open, until, untilDom } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";
import { SmallWorld, rowOf } from "./lib/small-world.mjs";
import { standIn } from "./lib/stand-in.mjs";

/** The fleet stands still; Truck 2 is somebody's phone. */
class Evening extends SmallWorld {
  isOffDuty = false;
  #viewer;
  #startMs = Date.now();

  fleetAt() {
    const fleet = super.fleetAt(this.#startMs);
    if (!this.isOffDuty) return fleet;
    const { id, name, devices } = fleet[1];
    const since = new Date(this.#startMs).toISOString();
    const device = { source: devices[0].source, device: devices[0].device, reason: "off duty: where it is is neither shown nor stored" };
    fleet[1] = { id, name, flags: ["off_duty"], motion: { state: "unknown", since }, freshness: { state: "never", since }, devices: [device] };
    return fleet;
  }

  greet(viewer) {
    this.#viewer = viewer;
    viewer.hello({ heartbeat_ms: 4_000 });
    viewer.json({ type: "sources", all: true, base: 1, seq: 1, sources: this.sources() });
    const fleet = this.fleetAt();
    viewer.fleet({ kind: DICTIONARY, seq: 1, names: fleet.map(({ id, name }, index) => [index, { id, name, devices: [] }]) });
    viewer.fleet({ kind: KEYFRAME, seq: 1, full: fleet.map(rowOf) });
  }

  turn(seq) {
    this.isOffDuty = !this.isOffDuty;
    this.#viewer.fleet({ kind: DIFFERENCES, base: seq - 1, seq, full: [rowOf(this.fleetAt()[1], 1)] });
  }
}

let server;
let browser;
let world;
let host;

before(async () => {
  server = await startDemo("--vehicles", "5");
  browser = await launch();
  world = new Evening();
  host = await standIn(server, (viewer) => world.greet(viewer), world.answer);
});
after(async () => {
  host?.close();
  await browser?.close();
  await stopAll();
});

test("off duty: listed, counted and explained, on no map, and back with the next fix", { timeout: 120_000 }, async () => {
  const watched = await open(browser, host.url);
  const { page } = watched;
  await until(page, (state) => state.listed === 11 && state.markers === 10, 30_000);
  const row = page.locator(".row", { hasText: "Truck 2" });
  await row.click();
  await untilDom(page, () => document.querySelector("#detail-headline").textContent, (text) => text.startsWith("Moving"));
  const overdue = await page.textContent("#counts [data-standing=overdue]");
  assert.equal(await page.isHidden("#counts [data-standing=off_duty]"), true);

  world.turn(2);
  const { listed } = await until(page, (state) => state.markers === 9);
  assert.equal(listed, 11);
  // The list is drawn anew a little later than the map.
  await row.locator(".row-state", { hasText: /^Off duty$/ }).waitFor();
  assert.equal(await row.locator(".row-age").textContent(), "");
  assert.equal(await row.locator(".state-icon").getAttribute("data-freshness"), "off_duty");
  await untilDom(page, () => document.querySelector("#counts [data-standing=off_duty]").textContent, (text) => text === "1Off duty");
  assert.equal(await page.textContent("#counts [data-standing=overdue]"), overdue, "it has not stopped reporting");
  await untilDom(page, () => document.querySelector("#detail-flags").textContent, (text) => text === "its place is neither shown nor stored during these hours");
  assert.equal(await page.textContent("#detail-headline"), "Off duty");
  assert.equal((await page.textContent("#detail-position")).includes("km/h"), false);
  await page.click("#counts [data-standing=off_duty] button");
  await untilDom(page, () => document.querySelectorAll(".row:not([hidden])").length, (n) => n === 1);
  if (process.env.OFF_DUTY_SCREENSHOT) await page.screenshot({ path: process.env.OFF_DUTY_SCREENSHOT });
  await page.click("#counts [data-standing=off_duty] button");

  world.turn(3);
  await until(page, (state) => state.markers === 10);
  await row.locator(".row-state", { hasText: /^Moving/ }).waitFor();
  assertClean(watched);
  await page.close();
});
