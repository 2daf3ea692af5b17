// Alarms on a wall: seen, heard, repeated, in view with their vehicle, and gone once a desk took
// note. Most before a stand-in, that says when an alarm begins; the last one before a real server.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { AlarmDesk, picture, refuseSound } from "./lib/alarm-desk.mjs";
import { assertClean, launch, open, until, untilDom } from "./lib/page.mjs";
import { clearFaults, setFault, startServer, startSimulator, stopAll } from "./lib/server.mjs";

/** As `kiosk/flags` has it: nobody is there to press a button. */
const KIOSK_FLAGS = ["--autoplay-policy=no-user-gesture-required"];
const FLEET = `theme=dark&scenes=${encodeURIComponent(JSON.stringify([{ name: "Fleet" }]))}`;
const VAN = { id: "small/5", name: "Van 1" };
const TRUCK = { id: "small/1", name: "Truck 1" };
const AT_VAN = { lat_deg: -26.25, lng_deg: 28.1, fixed_at: "2026-01-01T00:00:00Z" };
const PANIC = { vehicle: VAN, position: AT_VAN };
const SPEEDING = { rule: { id: "s", name: "Too fast" }, kind: "speeding", severity: "warning", vehicle: TRUCK };

let desk;
let world;

before(async () => (desk = await AlarmDesk.start(KIOSK_FLAGS)));
beforeEach(async () => (world = await desk.begin()));
afterEach(() => desk.end());
after(async () => {
  await desk?.stop();
  await stopAll();
});

const banner = (page) => page.locator(".alarm-banner");
const untilTitle = (page, text) => untilDom(page, () => document.querySelector(".alarm-banner:not([hidden]) .alarm-banner-title")?.textContent ?? "", (shown) => shown === text);
const isAround = ({ center }, { lng_deg, lat_deg }) => Math.abs(center[0] - lng_deg) < 0.02 && Math.abs(center[1] - lat_deg) < 0.02;

test("an alarm takes the screen with its vehicle and its sound; acknowledged at a desk it is gone, and the scene returns", { timeout: 120_000 }, async () => {
  const wall = await desk.openWall(FLEET);
  const { page } = wall;
  const before = await until(page, (state) => state.scene === "Fleet" && state.sound === "on");
  assert.deepEqual(before.played, []);
  assert.equal(await page.textContent("#setup-notice"), "");
  world.raise(PANIC);
  await untilTitle(page, "Panic button · Van 1");
  assert.equal(await banner(page).getAttribute("data-severity"), "alarm");
  const during = await until(page, (state) => state.scene === "Panic button · Van 1" && isAround(state, AT_VAN) && state.zoom > before.zoom + 0.5);
  assert.deepEqual(during.played, ["alarm"]);
  await untilDom(page, () => document.querySelector("#scene").textContent, (text) => text === "Panic button · Van 1");
  await picture(page, "wall-alarm");

  const { page: atDesk } = await desk.open();
  await atDesk.keyboard.press("a");
  await atDesk.getByRole("button", { name: "Acknowledge: Panic button, Van 1" }).click();
  await banner(page).waitFor({ state: "hidden" });
  await until(page, (state) => state.scene === "Fleet" && Math.abs(state.zoom - before.zoom) < 0.5 && Math.abs(state.center[0] - before.center[0]) < 0.02);
  assertClean(wall);
});

test("it sounds again as its rule says until somebody takes note, and never after", { timeout: 120_000 }, async () => {
  const { page } = await desk.openWall(FLEET);
  await until(page, (state) => state.sound === "on");
  const id = world.raise({ ...PANIC, repeat_s: 1 });
  await until(page, (state) => state.played.length >= 3);
  world.change(id, { acknowledged_at: new Date().toISOString(), acknowledged_by: "ada" });
  await banner(page).waitFor({ state: "hidden" });
  const { played } = await until(page, () => true);
  // Another's turns go by, in each of which this one would be due.
  world.raise({ ...SPEEDING, repeat_s: 1 });
  const since = await until(page, (state) => state.played.length >= played.length + 3);
  assert.deepEqual(since.played.slice(played.length), ["warning", "warning", "warning"]);
});

test("the worst one is in the banner, the others are counted; a milder one does not take the screen", { timeout: 120_000 }, async () => {
  const { page } = await desk.openWall(FLEET);
  const warning = world.raise({ ...SPEEDING, position: AT_VAN });
  await untilTitle(page, "Too fast · Truck 1");
  assert.equal((await until(page, (state) => state.alarms.length === 1)).scene, "Fleet");
  const panic = world.raise(PANIC);
  await untilTitle(page, "Panic button · Van 1");
  assert.equal(await page.textContent(".alarm-banner-more"), "+1");
  await until(page, (state) => state.scene === "Panic button · Van 1");
  world.change(panic, { acknowledged_at: new Date().toISOString() });
  await untilTitle(page, "Too fast · Truck 1");
  await until(page, (state) => state.scene === "Fleet");
  assert.equal(await page.textContent(".alarm-banner-more"), "");
  world.change(warning, { acknowledged_at: new Date().toISOString() });
  await banner(page).waitFor({ state: "hidden" });
});

test("two that somebody must act on: the newest is shown, then the other, then the scene", { timeout: 120_000 }, async () => {
  const { page } = await desk.openWall(FLEET);
  const first = world.raise({ ...PANIC, began_at: "2026-01-01T00:00:00Z" });
  await until(page, (state) => state.scene === "Panic button · Van 1");
  const second = world.raise({ vehicle: TRUCK, position: { ...AT_VAN, lat_deg: -26.1 }, began_at: "2026-01-01T00:00:10Z" });
  await untilTitle(page, "Panic button · Truck 1");
  await until(page, (state) => state.scene === "Panic button · Truck 1" && isAround(state, { ...AT_VAN, lat_deg: -26.1 }));
  world.change(second, { acknowledged_at: new Date().toISOString() });
  await untilTitle(page, "Panic button · Van 1");
  await until(page, (state) => state.scene === "Panic button · Van 1" && isAround(state, AT_VAN));
  world.change(first, { acknowledged_at: new Date().toISOString() });
  await until(page, (state) => state.scene === "Fleet");
});

test("where the browser refuses to sound, the wall says so, shows the alarm all the same, and sounds once it may", { timeout: 120_000 }, async () => {
  const { page } = await desk.openWall(FLEET, refuseSound);
  await until(page, (state) => state.sound === "blocked");
  await untilDom(page, () => document.querySelector("#setup-notice").textContent, (text) => /sound/i.test(text));
  world.raise({ ...PANIC, repeat_s: 1 });
  await untilTitle(page, "Panic button · Van 1");
  assert.deepEqual((await until(page, () => true)).played, []);
  await picture(page, "wall-sound-blocked");
  await page.evaluate(() => window.allowSound());
  await until(page, (state) => state.sound === "on" && state.played.length > 0);
  await untilDom(page, () => document.querySelector("#setup-notice").textContent, (text) => text === "");
});

test("from a vendor's panic button to a desk's click, all of it real: the wall shows it, and it goes", { timeout: 240_000 }, async () => {
  const state = fs.mkdtempSync(path.join(os.tmpdir(), "fleetglass-wall-alarms-"));
  const simulator = await startSimulator("--vehicles", "40");
  const server = await startServer(["serve", "--listen", "127.0.0.1:0", "--state-dir", state], simulator.env);
  const browser = await launch(KIOSK_FLAGS);
  try {
    const { page } = await open(browser, new URL(`wall#${FLEET}`, server.url).href, { viewport: { width: 1920, height: 1080 } });
    const { page: atDesk } = await open(browser, server.url);
    await until(page, (now) => now.screen === "live" && now.vehicles > 20 && now.sound === "on", 60_000);
    await setFault(simulator, { vendor: "cartrack", fault: "panic" });
    await banner(page).waitFor({ timeout: 90_000 });
    assert.match(await page.textContent(".alarm-banner-title"), /^Panic button · \S/);
    await until(page, (now) => now.scene.startsWith("Panic button · ") && now.played.includes("alarm"));
    await clearFaults(simulator);
    await atDesk.keyboard.press("a");
    // One may still come with the vendor's next answer.
    while (await banner(page).isVisible()) {
      await atDesk.getByRole("button", { name: "Acknowledge all shown" }).click({ timeout: 5_000 }).catch(() => {});
      await banner(page).waitFor({ state: "hidden", timeout: 5_000 }).catch(() => {});
    }
    await until(page, (now) => now.scene === "Fleet");
  } finally {
    await browser.close();
    await stopAll();
    fs.rmSync(state, { recursive: true, force: true });
  }
});
