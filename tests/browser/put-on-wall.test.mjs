// "Put this view on the wall": what is seen on the desk becomes a scene, is tried, kept and put on
// displays. A stand-in keeps it as the server's contract has it.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { AlarmDesk, isTooWide, picture } from "./lib/alarm-desk.mjs";
import { findings } from "./lib/axe.mjs";
import { reportOf } from "./lib/display-world.mjs";
import { assertClean, until, untilDom } from "./lib/page.mjs";
import { stopAll } from "./lib/server.mjs";
import { ToldWorld } from "./lib/told-world.mjs";

const NORTH = { id: "north", name: "North", scene: { group: "North", dwell_s: 20 } };
const PORT = { id: "port", name: "Port", scene: { bounds: [18.3, -34.1, 18.6, -33.8], theme: "dark" } };

let desk;
let world;

before(async () => (desk = await AlarmDesk.start()));
beforeEach(async () => {
  world = await desk.begin(new ToldWorld());
  world.screens.add("hall", { name: "Hall" });
  world.screens.add("gate", { name: "Gate 4", is_connected: false, scenes: ["north"], report: reportOf({ size_px: [1080, 1920] }) });
  world.screens.scenes.set("north", NORTH);
});
afterEach(() => desk.end());
after(async () => {
  await desk?.stop();
  await stopAll();
});

const side = (page) => page.locator("#side-wall");
const kept = (name) => [...world.screens.scenes.values()].find((scene) => scene.name === name);
/** Where the frame is, in pixels of the window. */
const frameBox = (page) => page.locator(".wall-frame").boundingBox();

async function begin(page) {
  await page.keyboard.press("w");
  await side(page).getByLabel("Name", { exact: true }).waitFor();
}

test("what the frame shows is kept as a scene, and put on the displays that are ticked", { timeout: 120_000 }, async () => {
  const watched = await desk.open({ reducedMotion: "reduce" });
  const { page } = watched;
  await page.getByRole("button", { name: "Put this view on the wall (w)" }).click();
  await page.waitForSelector("#side-wall input[type=text]:focus");
  await page.keyboard.type("City");
  const [frame, list, panel] = [await frameBox(page), await page.locator("#fleet").boundingBox(), await page.locator("#side").boundingBox()];
  assert.ok(frame.x > list.x + list.width && frame.x + frame.width < panel.x, "it is where no panel is");
  assert.ok(Math.abs(frame.width / frame.height - 16 / 9) < 0.05);
  await side(page).getByLabel("Colours").selectOption("dark");
  await side(page).getByLabel("Seconds on").fill("45");
  await side(page).getByLabel("Feeds").uncheck();
  await side(page).getByText("Sizes").click();
  await side(page).getByLabel("Names", { exact: true }).fill("1.5");
  await side(page).getByLabel("Hall").check();
  await picture(page, "put-on-wall");
  const { center } = await until(page, (state) => state.isMapIdle);
  await side(page).getByRole("button", { name: "Save" }).click();
  await side(page).getByText("City is saved, and on Hall.").waitFor();
  const { scene } = kept("City");
  assert.deepEqual({ ...scene, bounds: null }, { bounds: null, dwell_s: 45, theme: "dark", scales: { labels: 1.5 }, panels: { feeds: false } });
  const [west, south, east, north] = scene.bounds;
  assert.ok(west < east && south < north && Math.abs((west + east) / 2 - center[0]) < east - west, "what is in view");
  assert.deepEqual(world.screens.displays.get("hall").scenes, [kept("City").id]);
  assert.deepEqual(world.screens.displays.get("gate").scenes, ["north"], "what is not ticked stays as it was");
  assert.deepEqual(world.screens.orders, [{ id: "hall", do: "scene", name: "City" }], "who puts something on a wall looks up at it");
  assert.equal(await page.locator(".wall-frame").isVisible(), false);
  assertClean(watched);
});

test("with one group chosen it is that group, and the wall shows it in a tab of its own before it is kept", { timeout: 120_000 }, async () => {
  const { page } = await desk.open({ reducedMotion: "reduce" }, "#groups=South");
  await until(page, (state) => state.listed === 3);
  await begin(page);
  assert.equal(await side(page).getByLabel("Name", { exact: true }).inputValue(), "South");
  assert.equal(await side(page).getByLabel("A group").isChecked(), true);
  assert.equal(await page.locator(".wall-frame").isVisible(), false);
  const [wall] = await Promise.all([page.context().waitForEvent("page"), side(page).getByRole("link", { name: /Open as a wall/ }).click()]);
  await untilDom(wall, () => document.querySelector("#scene").textContent, (text) => text === "South");
  await until(wall, (state) => state.scene === "South" && state.markers > 0);
  assert.equal(await wall.textContent("#setup-notice"), "");
  assert.equal(kept("South"), undefined, "nothing is kept by looking");
  await wall.close();
  // Whoever wants the map instead has the frame back.
  await side(page).getByLabel("This part of the map").check();
  await page.locator(".wall-frame").waitFor();
});

test("what cannot be is said where it is, and nothing is sent", { timeout: 120_000 }, async () => {
  const { page } = await desk.open({ reducedMotion: "reduce" });
  await begin(page);
  const save = () => side(page).getByRole("button", { name: "Save" }).click();
  await save();
  await side(page).getByText("Give it a name.").waitFor();
  await side(page).getByLabel("Name", { exact: true }).fill("North");
  await save();
  await side(page).getByText("There is another scene with the name North.").waitFor();
  await side(page).getByLabel("Name", { exact: true }).fill("Other");
  await side(page).getByLabel("Seconds on").fill("4");
  await save();
  await side(page).getByText("a number from 5 to 3600").waitFor();
  await side(page).getByLabel("Seconds on").fill("30");
  await side(page).getByText("Sizes").click();
  await side(page).getByLabel("Panels").fill("9");
  await side(page).getByText("Sizes").click();
  await save();
  await side(page).getByText("a number from 0.4 to 3").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.closest("details")?.open), true, "what is wrong is open");
  assert.deepEqual(world.asked, []);
  await page.keyboard.press("Escape");
  await side(page).getByRole("button", { name: "Put this view on the wall" }).waitFor();
  assert.equal(await page.locator(".wall-frame").isVisible(), false);
});

test("a scene is changed: the map shows it, the frame has the shape of its display, and it is taken off one", { timeout: 120_000 }, async () => {
  world.screens.scenes.set("port", PORT);
  world.screens.displays.get("gate").scenes = ["north", "port"];
  const { page } = await desk.open({ reducedMotion: "reduce" }, "#scene=port");
  await side(page).getByLabel("Name", { exact: true }).waitFor();
  const { center } = await until(page, (state) => Math.abs(state.center[0] - 18.45) < 0.5);
  assert.ok(Math.abs(center[1] + 33.95) < 0.5);
  assert.equal(new URL(page.url()).hash.includes("scene="), false, "it is gone from the address");
  const frame = await frameBox(page);
  assert.ok(Math.abs(frame.width / frame.height - 1080 / 1920) < 0.05, "that of the one display that it is on");
  await side(page).getByLabel("Gate 4").uncheck();
  await side(page).getByLabel("Name", { exact: true }).fill("Harbour");
  await side(page).getByRole("button", { name: "Save" }).click();
  await side(page).getByText("Harbour is saved, and on no display.").waitFor();
  const { name, scene } = world.screens.scenes.get("port");
  assert.deepEqual([name, scene.theme], ["Harbour", "dark"]);
  assert.deepEqual(scene.bounds, PORT.scene.bounds, "nobody moved the map");
  assert.deepEqual(world.screens.displays.get("gate").scenes, ["north"]);
  assert.deepEqual(world.screens.orders, []);
  // Moved, it is what the frame shows then.
  await page.getByRole("button", { name: "Edit: Harbour" }).click();
  await side(page).getByLabel("Name", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Zoom in" }).click();
  await until(page, (state) => state.isMapIdle);
  await side(page).getByRole("button", { name: "Save" }).click();
  await side(page).getByText("Harbour is saved").waitFor();
  const [, south, , north] = world.screens.scenes.get("port").scene.bounds;
  assert.ok(Math.abs(north - south - 0.15) < 0.02, `half as high: ${north - south}`);
});

test("a display that somebody else changed meanwhile keeps that, and one that fails is named", { timeout: 120_000 }, async () => {
  const { page } = await desk.open({ reducedMotion: "reduce" });
  await begin(page);
  await side(page).getByLabel("Name", { exact: true }).fill("City");
  await side(page).getByLabel("Hall").check();
  world.screens.displays.get("hall").scenes = ["north"];
  await side(page).getByLabel("Gate 4").check();
  world.screens.displays.get("gate").dim_pct = 99; // the server would refuse that
  await side(page).getByRole("button", { name: "Save" }).click();
  await side(page).getByText("City is saved, and on Hall. It did not work for Gate 4: try again.").waitFor();
  assert.deepEqual(world.screens.displays.get("hall").scenes, ["north", kept("City").id]);
});

test("a viewer has neither the tool nor the tab", { timeout: 120_000 }, async () => {
  world.role = "viewer";
  const { page } = await desk.open();
  await page.getByRole("button", { name: /^Alarms/ }).first().click();
  await page.getByRole("tab", { name: "Alarms" }).waitFor();
  await page.keyboard.press("w");
  assert.equal(await page.getByRole("tab", { name: "Wall" }).count(), 0);
  assert.equal(await page.getByRole("button", { name: /on the wall/ }).count(), 0);
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
    test(`the tab for walls has no serious finding (${colorScheme}, ${viewport.width} px)`, { timeout: 120_000 }, async () => {
      const { page } = await desk.open({ colorScheme, viewport, bypassCSP: true, reducedMotion: "reduce" });
      await page.keyboard.press("a");
      await page.getByRole("tab", { name: "Wall" }).click();
      await side(page).getByText("on Gate 4").waitFor();
      await picture(page, `wall-tab-${colorScheme}-${viewport.width}`);
      assert.deepEqual(await findings(page), []);
      await side(page).getByRole("button", { name: "Put this view on the wall" }).click();
      await side(page).getByLabel("Name", { exact: true }).fill("City");
      await picture(page, `wall-form-${colorScheme}-${viewport.width}`);
      assert.deepEqual(await findings(page), []);
      assert.equal(await isTooWide(page), false);
    });
  }
}
