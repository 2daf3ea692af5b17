// The page of displays: whether there is a picture on each, what it can be told, and the scenes that
// it shows. A stand-in answers as the server's contract has it.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { findings } from "./lib/axe.mjs";
import { AccessHost } from "./lib/access-host.mjs";
import { isTooWide, picture } from "./lib/alarm-desk.mjs";
import { reportOf } from "./lib/display-world.mjs";
import { read, untilDom } from "./lib/page.mjs";
import { stopAll } from "./lib/server.mjs";

const ERRORS = [{ text: "TypeError: x is undefined", count: 3, last_s_ago: 700 }, { text: "NetworkError: the line broke", count: 1, last_s_ago: 20 }];

let host;
let world;
let screens;

before(async () => (host = await AccessHost.start()));
beforeEach(async () => {
  world = await host.begin();
  screens = world.screens;
  const token = (id, name) => ({ id, kind: "display", name, sight: { groups: "all" }, made_by: "user:1", made_at: new Date().toISOString() });
  world.tokens = [token("t1", "Dispatch room"), token("t2", "Gate 4"), token("t3", "Hall")];
  for (const [id, name, scene] of [["north", "North", { group: "North", dwell_s: 20 }], ["port", "Port", { bounds: [18.3, -34.1, 18.6, -33.8], theme: "dark" }], ["all", "Everything", {}]]) screens.scenes.set(id, { id, name, scene });
  screens.add("t1", { name: "Dispatch room", address: "192.0.2.9", scenes: ["north", "port"], report: reportOf({ build: await buildOf(), scene: "Port" }) });
  screens.add("t2", { name: "Gate 4", is_connected: false, last_seen_at: new Date(Date.now() - 740_000).toISOString(), report: reportOf({ received_at: new Date(Date.now() - 740_000).toISOString() }) });
  screens.add("t3", { name: "Hall", scenes: ["north"], dim_pct: 20, report: reportOf({ build: "00ddba11", errors: ERRORS, shows: "list", heap_mb: null, frames_per_s: null }) });
});
afterEach(() => host.end());
after(async () => {
  await host?.stop();
  await stopAll();
});

async function buildOf() {
  const text = await (await fetch(host.url("login"))).text();
  return JSON.parse(/data-boot="([^"]*)"/.exec(text)[1].replaceAll("&#34;", '"')).build;
}

const card = (page, name) => page.locator(".display", { has: page.getByRole("heading", { name, exact: true }) });
const orders = () => screens.orders.map(({ id: _id, ...order }) => order);

async function openDisplays(who = "ada", options = {}) {
  const { page } = await host.open("displays", who, { viewport: { width: 1280, height: 900 }, ...options });
  await card(page, "Hall").waitFor();
  return page;
}

test("each display says whether there is a picture on it, of what, and how it does", { timeout: 60_000 }, async () => {
  const page = await openDisplays();
  await page.getByText("3 displays; Gate 4 and Hall need a look").waitFor();
  const facts = async (name) => Object.fromEntries(await card(page, name).locator(".display-facts > div").evaluateAll((rows) => rows.map((row) => [row.querySelector("dt").textContent, row.querySelector("dd").textContent])));
  assert.equal(await card(page, "Dispatch room").locator(".badge").textContent(), "Live");
  assert.deepEqual(await facts("Dispatch room"), { Shows: "Port", Scenes: "North, Port", Picture: "live", Frames: "29.8 a second", Memory: "84 MB", "Open for": "3 d 5 h", Build: "the server's", Told: "just now", "Time a frame": "95 of 100 within 11.4 ms", Screen: "1920 × 1080 px", Sees: "All vehicles", From: "192.0.2.9", Until: "no end", "Let in by": "Ada" });
  assert.equal(await card(page, "Gate 4").locator(".badge").textContent(), "Not connected");
  assert.match(await card(page, "Gate 4").locator(".display-note").textContent(), /^last seen 12 min ago$/);
  assert.equal((await facts("Gate 4"))["Shows"], undefined, "nobody knows what is on it now");
  assert.equal((await facts("Gate 4"))["Showed"], "The whole fleet");
  const hall = await facts("Hall");
  assert.deepEqual([hall["Picture"], hall["Frames"], hall["Memory"], hall["Build"], hall["Darker by night"]], ["live; a list in place of the map", "not known", "not known", "00ddba11", "20 %"]);
  assert.equal(await card(page, "Hall").locator(".display-note").textContent(), "a list stands in place of the map, there were errors and its page is of another build than the server's");
  await card(page, "Hall").getByText("2 errors").click();
  await card(page, "Hall").getByText("3 times, last 11 min before it told").waitFor();
  host.assertClean();
});

test("what changes is shown by itself, and neither the focus nor what is open is lost", { timeout: 60_000 }, async () => {
  const page = await openDisplays();
  await card(page, "Hall").getByText("2 errors").click();
  await card(page, "Hall").getByRole("button", { name: "Message: Hall" }).focus();
  screens.displays.get("t1").is_connected = false;
  screens.displays.get("t3").report = reportOf({ build: "00ddba11", errors: [...ERRORS, { text: "RangeError", count: 1, last_s_ago: 1 }], frames_per_s: 12 });
  await card(page, "Dispatch room").getByText("Not connected").waitFor();
  await card(page, "Hall").getByText("3 errors").waitFor();
  assert.equal(await card(page, "Hall").locator(".display-errors").evaluate((details) => details.open), true);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Message: Hall");
  world.tokens.push({ ...world.tokens[0], id: "t4", name: "Attic" });
  await card(page, "Attic").getByText("paired, but never seen").waitFor();
  assert.deepEqual(await page.locator(".display .name").allTextContents(), ["Attic", "Dispatch room", "Gate 4", "Hall"]);
});

test("a display is told to load anew, to show its name, a message, a scene, and to be darker", { timeout: 60_000 }, async () => {
  const page = await openDisplays("dan");
  const press = (what, name = "Dispatch room") => page.getByRole("button", { name: `${what}: ${name}` }).click();
  await press("Load anew");
  await page.getByText("Dispatch room loads its page anew.").waitFor();
  await press("Show its name");
  await page.getByText("Dispatch room shows its name.").waitFor();
  await press("Message");
  await page.getByRole("button", { name: "Send it" }).click();
  await page.getByText("Write something.").waitFor();
  await page.getByLabel("Message", { exact: true }).fill(" Shift ends at six ");
  await page.getByLabel("For", { exact: true }).selectOption("5 minutes");
  await page.getByRole("button", { name: "Send it" }).click();
  await page.getByText("Dispatch room shows the message.").waitFor();
  await press("Show a scene");
  await page.getByLabel("Scene", { exact: true }).selectOption("Port");
  await page.getByRole("button", { name: "Show it", exact: true }).click();
  await page.getByText("Dispatch room shows Port.").waitFor();
  await press("Dim");
  await page.getByLabel("Darker by").fill("40");
  await page.getByLabel("Until it loads anew").check();
  await page.getByRole("button", { name: "Dim it" }).click();
  await page.getByText("Dispatch room is darker by 40 %").waitFor();
  assert.deepEqual(orders(), [{ do: "reload" }, { do: "identify" }, { do: "message", text: "Shift ends at six", for_s: 300 }, { do: "scene", name: "Port" }, { do: "dim", pct: 40 }]);
  assert.equal(screens.displays.get("t1").dim_pct, 0, "that was for now");
  await press("Dim", "Gate 4");
  assert.equal(await page.getByLabel("Until it loads anew").isDisabled(), true);
  await page.getByLabel("Darker by").fill("60");
  await page.getByRole("button", { name: "Dim it" }).click();
  await page.getByText("Gate 4 is darker by 60 %").waitFor();
  assert.deepEqual([screens.displays.get("t2").dim_pct, screens.displays.get("t2").scenes], [60, []]);
  for (const what of ["Load anew", "Show its name", "Message", "Show a scene"]) assert.equal(await page.getByRole("button", { name: `${what}: Gate 4` }).isDisabled(), true);
  assert.equal(await page.getByRole("button", { name: "Show a scene: Hall" }).isDisabled(), true, "it has but one");
  host.assertClean();
});

test("a display that went away meanwhile is said to be away", { timeout: 60_000 }, async () => {
  const page = await openDisplays("dan");
  screens.displays.get("t3").is_connected = false;
  await page.getByRole("button", { name: "Show its name: Hall" }).click();
  await page.getByText("This display is not connected just now.").waitFor();
  host.assertClean([409]);
});

test("scenes are put on a display, ordered and taken off, by keyboard", { timeout: 60_000 }, async () => {
  const page = await openDisplays("dan");
  const open = () => page.getByRole("button", { name: "Scenes: Dispatch room" }).press("Enter");
  await open();
  await page.getByRole("button", { name: "Up: Port" }).press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Down: Port", "at the top it can only go down");
  await page.getByLabel("Scene to add").selectOption("Everything");
  await page.getByRole("button", { name: "Add", exact: true }).press("Enter");
  await page.getByRole("button", { name: "Take off: North" }).press("Enter");
  await page.getByRole("button", { name: "Save" }).press("Enter");
  await page.getByText("Dispatch room shows 2 scenes by turns.").waitFor();
  assert.deepEqual(screens.displays.get("t1").scenes, ["port", "all"]);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Scenes: Dispatch room", "one goes on where one was");
  await open();
  for (let i = 0; i < 2; i++) await page.locator("dialog").getByRole("button", { name: /^Take off/ }).first().press("Enter");
  await page.getByText("None: it shows what its own address says.").waitFor();
  await page.getByRole("button", { name: "Save" }).press("Enter");
  await page.getByText("Dispatch room shows what its own address says.").waitFor();
  assert.deepEqual(screens.displays.get("t1").scenes, []);
});

test("scenes are renamed and changed; one in use is not deleted, and it says where it is", { timeout: 60_000 }, async () => {
  const page = await openDisplays("dan");
  await page.getByRole("button", { name: "Delete: North" }).click();
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.getByText("North is still on Dispatch room and Hall: take it off there first.").waitFor();
  await page.getByRole("button", { name: "Delete: Everything" }).click();
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.getByText("Everything is deleted.").waitFor();
  assert.deepEqual([...screens.scenes.keys()], ["north", "port"]);
  await page.getByRole("button", { name: "Change: Port" }).click();
  assert.equal(await page.getByRole("link", { name: "Change the part of the map" }).getAttribute("href"), "/#scene=port");
  await page.locator("dialog").getByLabel("Name", { exact: true }).fill("North");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("There is another scene with the name North.").waitFor();
  await page.locator("dialog").getByLabel("Name", { exact: true }).fill("Harbour");
  await page.locator("dialog").getByLabel("Colours").selectOption("Dark at these hours");
  await page.locator("dialog").getByLabel("Dark from").fill("20:30");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Harbour is saved").waitFor();
  assert.deepEqual(screens.scenes.get("port"), { id: "port", name: "Harbour", scene: { bounds: [18.3, -34.1, 18.6, -33.8], dwell_s: 30, theme: "20:30-06:00" } });
  await card(page, "Dispatch room").getByText("North, Harbour").waitFor();
  host.assertClean([409]);
});

test("a dispatcher looks after displays, and neither lets one in nor shuts one out; a viewer has no such page", { timeout: 60_000 }, async () => {
  const page = await openDisplays("dan");
  assert.deepEqual(await page.locator("#bar nav a").allTextContents(), ["Back to the map", "Account", "Displays"]);
  for (const name of [/Pair|Look it up/, "Make a kiosk link", /^Revoke/, "Change: Hall"]) assert.equal(await page.getByRole("button", { name }).count(), 0, `${name}`);
  assert.ok(!world.asked.some(({ path }) => /^\/(tokens|users|pairing)/.test(path)), "nothing is asked for that would be refused");
  assert.equal(await page.getByText("192.0.2.9").count(), 0);
  const { page: other } = await host.open("displays", "vic");
  await other.getByText("Only dispatchers and administrators may use this page.").waitFor();
  host.assertClean();
});

test("a server that does not answer is said, with of when what is shown is", { timeout: 60_000 }, async () => {
  const page = await openDisplays("dan");
  world.isAway = true;
  await page.getByText("The server does not answer; this is of").waitFor();
  world.isAway = false;
  await page.getByText("3 displays; Gate 4 and Hall need a look").waitFor();
});

test("of a page that was open over an upgrade, displays with the new build are the server's", { timeout: 60_000 }, async () => {
  const page = await openDisplays("dan");
  await page.route(({ pathname }) => pathname === "/displays", async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(/(build&#34;:&#34;)[^&]*/, "$1new0000000");
    await route.fulfill({ response, body });
  }, { times: 1 });
  screens.displays.get("t1").report = reportOf({ build: "new0000000" });
  await untilDom(page, () => [...document.querySelectorAll(".display")].map((display) => display.textContent).find((text) => text.startsWith("Dispatch room")), (text) => text.includes("Buildthe server's"));
  assert.equal(await read(page), undefined, "this page has no map");
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [{ width: 1280, height: 900 }, { width: 390, height: 844 }]) {
    test(`the page of displays has no finding (${colorScheme}, ${viewport.width} px)`, { timeout: 60_000 }, async () => {
      const name = `${colorScheme}-${viewport.width}`;
      const page = await openDisplays("ada", { colorScheme, viewport, bypassCSP: true });
      await card(page, "Hall").getByText("2 errors").click();
      assert.deepEqual(await findings(page), []);
      assert.equal(await isTooWide(page), false);
      await picture(page, `displays-${name}`, { fullPage: true });
      for (const [button, ready] of [["Scenes: Dispatch room", "Shown by turns"], ["Dim: Hall", "For how long"], ["Message: Hall", "Large over the map"], ["Change: Port", "Colours"]]) {
        await page.getByRole("button", { name: button }).click();
        await page.locator("dialog[open]").getByText(ready).waitFor();
        assert.deepEqual(await findings(page), [], button);
        await picture(page, `displays-${button.split(":")[0].toLowerCase()}-${name}`);
        await page.keyboard.press("Escape");
        await page.locator("dialog").waitFor({ state: "detached" });
      }
    });
  }
}
