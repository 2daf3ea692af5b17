// Alarms on the desk: the bell, the feed, marks, taking note, the history, the sound.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { AlarmDesk, isTooWide, picture, refuseSound } from "./lib/alarm-desk.mjs";
import { findings } from "./lib/axe.mjs";
import { imported } from "./lib/bundle.mjs";
import { assertClean, until, untilDom } from "./lib/page.mjs";
import { stopAll } from "./lib/server.mjs";

const TRUCK = { id: "small/1", name: "Truck 1" };
const VAN = { id: "small/5", name: "Van 1" };
const SPEEDING = { rule: { id: "s", name: "Too fast" }, kind: "speeding", severity: "warning", vehicle: TRUCK, detail: { speed_mps: 30, over_mps: 25, for_s: 10 } };
const PANIC = { vehicle: VAN };

let desk;
let world;

before(async () => (desk = await AlarmDesk.start()));
beforeEach(async () => (world = await desk.begin()));
afterEach(() => desk.end());
after(async () => {
  await desk?.stop();
  await stopAll();
});

const bellLabel = (page) => untilDom(page, () => document.querySelector(".bell").getAttribute("aria-label"), () => true);

test("turns: new ones sound, again after their time, quiet and noted ones never", async () => {
  const { AlarmTurns } = await imported('export { AlarmTurns } from "./src/page/alarm-turns.ts";');
  const turns = new AlarmTurns();
  const at = (s) => new Date(s * 1000).toISOString();
  const alarm = (id, beganS, more = {}) => ({ id, severity: "warning", began_at: at(beganS), ...more });
  const old = alarm("1", 50, { repeat_s: 30 });
  assert.equal(turns.due([old], 100_000), null, "it began before the page");
  const fresh = alarm("2", 101, { severity: "alarm" });
  assert.equal(turns.due([old, fresh], 101_000), "alarm");
  assert.equal(turns.due([old, fresh], 102_000), null, "once, where nothing repeats it");
  assert.equal(turns.due([old, fresh], 130_000), "warning", "30 s after the page opened");
  assert.equal(turns.due([old, fresh], 159_000), null);
  assert.equal(turns.due([{ ...old, acknowledged_at: at(160) }, fresh], 165_000), null, "somebody took note");
  assert.equal(turns.due([alarm("3", 170, { quiet: true })], 170_000), null);
});

test("order: what waits first, the worst of it, the newest", async () => {
  const { inOrder, worstOf, severityByVehicle } = await imported('export { inOrder, worstOf, severityByVehicle } from "./src/page/alarm-order.ts";');
  const alarm = (id, severity, began_at, more = {}) => ({ id, severity, began_at, vehicle: { id: `v${id}` }, ...more });
  const all = [alarm("1", "notice", "2026-01-01T00:00:09Z"), alarm("2", "alarm", "2026-01-01T00:00:01Z"), alarm("3", "alarm", "2026-01-01T00:00:02Z"), alarm("4", "alarm", "2026-01-01T00:00:03Z", { acknowledged_at: "2026-01-01T00:00:04Z" })];
  assert.deepEqual(inOrder(all).map(({ id }) => id), ["3", "2", "1", "4"]);
  assert.equal(worstOf(all), "alarm");
  assert.equal(worstOf([]), null);
  const both = [alarm("1", "notice", "2026-01-01T00:00:09Z"), { ...alarm("5", "warning", "2026-01-01T00:00:01Z"), vehicle: { id: "v1" } }];
  assert.deepEqual([...severityByVehicle(both)], [["v1", "warning"]]);
});

test("the bell counts, the feed is in order, taking note is shared", { timeout: 180_000 }, async () => {
  world.raise(SPEEDING);
  world.raise(PANIC);
  const watched = await desk.open();
  const { page } = watched;
  await until(page, (state) => state.alarms.length === 2);
  assert.match(await bellLabel(page), /^Alarms: 2 to acknowledge, the worst an alarm; 2 open/);
  assert.equal(await page.title(), "(2) Fleetglass");
  assert.equal(await page.locator(".bell .severity-icon[data-severity=alarm]").count(), 1);
  assert.match(await page.locator(".bell-place [role=alert]").textContent(), /^Alarm: Panic button, Van 1$/);
  await page.keyboard.press("a");
  const lines = page.locator("#side-alarms .alarm-line");
  await lines.nth(1).waitFor();
  assert.match(await lines.nth(0).textContent(), /Alarm:Panic button Van 1/);
  assert.match(await lines.nth(1).textContent(), /Too fast Truck 1Speeding; 108 km\/h, where 90 km\/h is allowed/);
  assert.equal(await page.locator(".row .row-alarm[data-severity=alarm]").count(), 1);
  await picture(page, "alarms-light");
  const { page: other } = await desk.open();
  await page.getByRole("button", { name: "Acknowledge: Panic button, Van 1" }).click();
  await until(other, () => true);
  await untilDom(other, () => document.querySelector(".bell").getAttribute("aria-label"), (label) => label.startsWith("Alarms: 1 to acknowledge, the worst a warning; 2 open"));
  assert.deepEqual(world.asked.map(({ path }) => path), ["/alarms/2/acknowledge"]);
  await untilDom(page, () => document.querySelector("#side-alarms .alarm-lines").textContent, (text) => text.includes("Acknowledged by ada"));
  await page.getByRole("button", { name: "Acknowledge all shown" }).click();
  await untilDom(other, () => document.title, (title) => title === "Fleetglass");
  world.change("1", { ended_at: new Date().toISOString() });
  world.change("2", { ended_at: new Date().toISOString() });
  await untilDom(page, () => document.querySelector("#side-alarms").textContent, (text) => text.includes("No open alarm. All is well."));
  assert.equal(await page.locator(".row .row-alarm:not([hidden])").count(), 0);
  assertClean(watched);
});

test("the history comes page by page", { timeout: 120_000 }, async () => {
  for (let i = 0; i < 70; i++) world.raise({ ...SPEEDING, ended_at: new Date().toISOString(), acknowledged_at: new Date().toISOString() });
  const { page } = await desk.open();
  await page.keyboard.press("a");
  await page.locator("label[for=alarm-state-all]").click();
  await untilDom(page, () => document.querySelectorAll("#side-alarms .alarm-line").length, (count) => count === 50);
  await page.getByRole("button", { name: "Older ones" }).click();
  await untilDom(page, () => document.querySelectorAll("#side-alarms .alarm-line").length, (count) => count === 70);
  assert.equal(await page.getByRole("button", { name: "Older ones" }).count(), 0);
});

test("who may not take note sees no button", { timeout: 120_000 }, async () => {
  world.role = "viewer";
  world.raise(PANIC);
  const { page } = await desk.open();
  await page.keyboard.press("a");
  await page.locator("#side-alarms .alarm-line").waitFor();
  assert.equal(await page.getByRole("button", { name: /^Acknowledge/ }).count(), 0);
  await page.keyboard.press("p");
  await page.getByRole("tabpanel", { name: "Places" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Draw a circle" }).count(), 0);
});

test("an alarm leads to its vehicle, and points at one outside of the map", { timeout: 120_000 }, async () => {
  world.raise(PANIC);
  const watched = await desk.open();
  const { page } = watched;
  await page.keyboard.press("a");
  await page.locator("#side-alarms .several-name", { hasText: "Van 1" }).click();
  const state = await until(page, ({ selectedId, isMapIdle }) => selectedId === "small/5" && isMapIdle);
  assert.ok(state.labels.some((label) => label.startsWith("Van 1")), "its name is shown");
  await untilDom(page, () => document.querySelector(".detail-alarms:not([hidden])")?.textContent ?? "", (text) => text.includes("Panic button"));
  await page.keyboard.press("Escape");
  await until(page, ({ selectedId }) => selectedId === undefined);
  await page.evaluate(() => (location.hash = "map=12/10/10"));
  await page.locator(".edge-pointer[data-kind=alarmed]", { hasText: "Van 1" }).waitFor();
  assertClean(watched);
});

test("sound is armed once, and one tab of several makes it", { timeout: 180_000 }, async () => {
  const { page } = await desk.open();
  await page.keyboard.press("a");
  assert.equal((await until(page, () => true)).sound, "off");
  world.raise({ ...SPEEDING, began_at: new Date().toISOString() });
  await until(page, (state) => state.alarms.length === 1);
  assert.deepEqual((await until(page, () => true)).played, [], "nobody armed it");
  await page.locator("#side-alarms").getByRole("button", { name: "Turn on: alarm sound" }).click();
  await until(page, (state) => state.sound === "on");
  await page.locator("#side-alarms").getByRole("button", { name: "Test: alarm sound" }).click();
  await until(page, (state) => state.played.length === 1);
  const tab = await desk.openTab(page);
  await tab.locator("#search").click();
  await until(tab, (state) => state.sound === "elsewhere");
  world.raise({ ...PANIC, began_at: new Date().toISOString() });
  world.raise({ ...PANIC, vehicle: TRUCK, began_at: new Date().toISOString(), quiet: true });
  await until(page, (state) => state.played.length === 2);
  await until(tab, (state) => state.alarms.length === 3);
  assert.deepEqual((await until(tab, () => true)).played, []);
  await page.close();
  await until(tab, (state) => state.sound === "on");
});

test("sound that was armed before is blocked until somebody does something, and the page says so", { timeout: 120_000 }, async () => {
  const stored = { name: "fleetglass-alarm-sound", value: JSON.stringify({ isArmed: true, volume: 0.3 }) };
  const { page } = await desk.open({ storageState: { cookies: [], origins: [{ origin: desk.origin, localStorage: [stored] }] } }, "", refuseSound);
  assert.equal((await until(page, () => true)).sound, "blocked");
  world.raise({ ...PANIC, began_at: new Date().toISOString() });
  await until(page, (state) => state.alarms.length === 1);
  assert.deepEqual((await until(page, () => true)).played, []);
  await page.locator(".bell").click();
  await until(page, (state) => state.sound === "on");
  await page.getByRole("button", { name: "Settings" }).click();
  assert.equal(await page.getByLabel("Volume").inputValue(), "30");
});

test("a shower of alarms is read out as one sentence, and milder ones are not", { timeout: 120_000 }, async () => {
  const { page } = await desk.open();
  const spoken = () => page.locator(".bell-place [role=alert]").textContent();
  world.raise(SPEEDING);
  await until(page, (state) => state.alarms.length === 1);
  assert.equal(await spoken(), "");
  world.raise(PANIC);
  await until(page, (state) => state.alarms.length === 2);
  assert.equal(await spoken(), "Alarm: Panic button, Van 1");
  for (let i = 1; i <= 5; i++) world.raise({ vehicle: { id: `small/${i}`, name: `Car ${i}` } });
  await untilDom(page, () => document.querySelector(".bell-place [role=alert]").textContent, (text) => text === "5 new alarms: Panic button, Car 1, and 4 more");
});

test("the bell swings as an alarm comes, and hangs still while it waits", { timeout: 120_000 }, async () => {
  const { page } = await desk.open({}, "", () => {
    window.swings = 0;
    const animate = Element.prototype.animate;
    Element.prototype.animate = function (...given) {
      window.swings += this.className === "bell-picture" ? 1 : 0;
      return animate.apply(this, given);
    };
  });
  const swings = () => page.evaluate(() => window.swings);
  world.raise(PANIC);
  await until(page, (state) => state.alarms.length === 1);
  assert.equal(await swings(), 0, "while the page opens");
  await untilDom(page, () => performance.now(), (ms) => ms > 5_000);
  world.raise({ ...PANIC, vehicle: TRUCK });
  await untilDom(page, () => window.swings, (count) => count === 1);
  // Else the browser would draw its page for as long as somebody leaves the alarm open.
  await untilDom(page, () => document.getAnimations().length, (count) => count === 0);
  assert.equal(await page.locator(".bell").getAttribute("data-severity"), "alarm");
  assert.equal(await swings(), 1);
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }, { width: 720, height: 450 }]) {
    test(`the feed has no serious finding (${colorScheme}, ${viewport.width} px)`, { timeout: 120_000 }, async () => {
      world.raise(SPEEDING);
      world.raise({ ...PANIC, repeat_s: 30 });
      world.raise({ kind: "source_down", severity: "warning", rule: { id: "d", name: "Feed down" }, source: "gamma" });
      world.change("1", { acknowledged_at: new Date().toISOString(), acknowledged_by: "ada" });
      const { page } = await desk.open({ colorScheme, viewport, bypassCSP: true });
      await page.locator(".bell").click();
      await page.locator("#side-alarms .alarm-line").first().waitFor();
      await picture(page, `alarms-${colorScheme}-${viewport.width}`);
      assert.deepEqual(await findings(page), []);
      assert.equal(await isTooWide(page), false);
    });
  }
}
