// A view put on a real wall through a real server: from the desk of an administrator to a paired
// display, and what the page of displays then tells of it. One story, told in its order.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertClean, until, untilDom } from "./lib/page.mjs";
import { RealDoors } from "./lib/real-doors.mjs";
import { stopAll } from "./lib/server.mjs";

const HORSE = "correct horse battery";
const SCREEN = { viewport: { width: 1920, height: 1080 }, reducedMotion: "reduce" };

let doors;
let grace;
let wall;

before(async () => {
  doors = await RealDoors.open();
  grace = await doors.browser("login", { viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  await doors.go(grace, await doors.firstLink());
  await grace.page.fill("input[name=name]", "Grace");
  await grace.page.fill("input[type=password]", HORSE);
  await grace.page.keyboard.press("Enter");
  await grace.page.waitForURL(doors.url(""));
  await until(grace.page, isLive);
});
after(async () => {
  await doors?.close();
  await stopAll();
});

const isLive = (state) => state.vehicles > 10 && state.screen === "live";
const sceneOnWall = (text) => untilDom(wall.page, () => document.querySelector("#scene").textContent, (shown) => shown === text);

/** One part of the story. */
function part(name, tell) {
  test(name, { timeout: 120_000 }, tell);
}

part("a display is paired, and the view on the desk is put on it", async () => {
  wall = await doors.browser("wall", SCREEN);
  const code = await untilDom(wall.page, () => document.querySelector(".pairing-code")?.textContent ?? "", (text) => /^\w{3} \w{3}$/.test(text));
  const page = await doors.go(grace, `displays#code=${code.replace(" ", "")}`);
  await page.getByRole("button", { name: "Look it up" }).click();
  await page.getByLabel("Name of the display").fill("Hall");
  await page.getByRole("button", { name: "Approve" }).click();
  await page.locator(".display .name", { hasText: "Hall" }).waitFor();
  await until(wall.page, isLive);
  await doors.go(grace, "");
  await until(page, isLive);
  await page.keyboard.press("w");
  await page.locator("#side-wall").getByLabel("Name", { exact: true }).fill("City");
  await page.locator("#side-wall").getByLabel("Hall").check();
  await doors.picture(grace, "desk-put");
  await until(page, (state) => state.isMapIdle);
  await page.locator("#side-wall").getByRole("button", { name: "Save" }).click();
  await page.getByText("City is saved, and on Hall.").waitFor();
  await sceneOnWall("City");
  const [west, south, east, north] = await page.evaluate(async () => (await (await fetch("/api/v1/scenes")).json()).scenes[0].scene.bounds);
  // The wall looks at what was in the frame.
  await until(wall.page, ({ isMapIdle, center: [lngDeg, latDeg] }) => isMapIdle && Math.abs(lngDeg - (west + east) / 2) < 1 && south < latDeg && latDeg < north);
  await doors.picture(wall, "wall-put");
});

part("a second scene goes round with the first; one is shown when it is asked for", async () => {
  const { page } = grace;
  await page.getByRole("button", { name: "Put this view on the wall", exact: true }).click();
  const side = page.locator("#side-wall");
  await side.getByLabel("Name", { exact: true }).fill("All of it");
  await side.getByLabel("The whole fleet").check();
  await side.getByLabel("Hall").check();
  await side.getByRole("button", { name: "Save" }).click();
  await sceneOnWall("All of it · 2 of 2");
  await doors.go(grace, "displays");
  await page.getByRole("button", { name: "Show a scene: Hall" }).click();
  await page.getByLabel("Scene", { exact: true }).selectOption("City");
  await page.getByRole("button", { name: "Show it", exact: true }).click();
  await page.getByText("Hall shows City.").waitFor();
  await sceneOnWall("City · 1 of 2");
});

part("it shows its name and a message, is darker, and loads itself anew", async () => {
  const { page } = grace;
  const message = (text) => untilDom(wall.page, () => (document.querySelector("#message").hidden ? "" : document.querySelector("#message").textContent), (shown) => shown === text);
  await page.getByRole("button", { name: "Show its name: Hall" }).click();
  await message("Hall");
  await page.getByRole("button", { name: "Message: Hall" }).click();
  await page.getByLabel("Message", { exact: true }).fill("Shift ends at six");
  await page.getByRole("button", { name: "Send it" }).click();
  await message("Shift ends at six");
  await page.getByRole("button", { name: "Dim: Hall" }).click();
  await page.getByLabel("Darker by").fill("40");
  await page.getByRole("button", { name: "Dim it" }).click();
  await page.getByText("Hall is darker by 40 %").waitFor();
  await wall.page.evaluate(() => (window.isOld = true));
  await page.getByRole("button", { name: "Load anew: Hall" }).click();
  await untilDom(wall.page, () => window.isOld === true, (isOld) => !isOld).catch(() => untilDom(wall.page, () => window.isOld === true, (isOld) => !isOld));
  await until(wall.page, isLive);
  await untilDom(wall.page, () => document.querySelector("#scene").textContent, (text) => /^(City|All of it) · \d of 2$/.test(text));
});

part("it tells of itself each minute, and the page says what", async () => {
  const { page } = grace;
  const hall = page.locator(".display", { hasText: "Hall" });
  // A minute after it began.
  await hall.getByText("the server's", { exact: true }).waitFor({ timeout: 100_000 });
  assert.equal(await hall.locator(".badge").textContent(), "Live");
  await hall.getByText("1920 × 1080 px").waitFor({ state: "attached" });
  await doors.picture(grace, "displays-real");
});

part("a scene in use is not deleted; taken off, it is, and the wall shows what is left", async () => {
  const { page } = grace;
  await page.getByRole("button", { name: "Delete: City" }).click();
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.getByText("City is still on Hall: take it off there first.").waitFor();
  await page.getByRole("button", { name: "Scenes: Hall" }).click();
  await page.getByRole("button", { name: "Take off: City" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await sceneOnWall("All of it");
  await page.getByRole("button", { name: "Delete: City" }).click();
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.getByText("City is deleted.").waitFor();
  assertClean({ violations: grace.violations, errors: grace.errors.filter((text) => !/status of (401|409)/.test(text)) });
  assert.deepEqual(wall.violations, []);
});
