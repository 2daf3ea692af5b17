// How displays come in and go: the wall's own pairing screen, the page that approves it, links for
// kiosks, and what wall and desk do when access ends. All before a stand-in for the API.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { AccessHost } from "./lib/access-host.mjs";
import { until, untilDom } from "./lib/page.mjs";
import { stopAll } from "./lib/server.mjs";

const SCREEN = { viewport: { width: 1920, height: 1080 } };

let host;
let world;

before(async () => (host = await AccessHost.start()));
beforeEach(async () => (world = await host.begin()));
afterEach(() => host.end());
after(async () => {
  await host?.stop();
  await stopAll();
});

/** The code on a display, once it shows another one than `not`. */
async function codeOn(page, not = "") {
  const text = await untilDom(page, () => document.querySelector(".pairing-code")?.textContent ?? "", (code) => /^\w{3} \w{3}$/.test(code) && code.replace(" ", "") !== not);
  return text.replace(" ", "");
}

test("a display is let in by keyboard alone, and shows the map by itself", { timeout: 60_000 }, async () => {
  const wall = await host.open("wall", undefined, SCREEN);
  const code = await codeOn(wall.page);
  assert.match(await wall.page.textContent(".pairing"), new RegExp(`${new URL(host.url("")).host}/displays`));
  assert.match(await wall.page.textContent(".pairing-left"), /^New code in (9:5\d|10:00)$/);
  assert.equal(await wall.page.locator("input, button, form, a").locator("visible=true").count(), 0, "nothing to click, and no login form");
  assert.equal(host.connections.length, 0, "who is not let in does not connect");

  const { page } = await host.open("displays", "ada");
  await page.waitForSelector(".code:focus");
  await page.keyboard.type(code.toLowerCase());
  assert.equal(await page.inputValue(".code"), `${code.slice(0, 3)} ${code.slice(3)}`);
  await page.keyboard.press("Enter");
  await page.getByText("Is this your display?").waitFor();
  assert.match(await page.textContent(".pair .facts"), /198\.51\.100\.9.*Chrome on Linux/);
  await page.keyboard.type("Gate 4");
  for (let i = 0; i < 2; i++) await page.keyboard.press("Tab");
  await page.keyboard.press("Space"); // hides the driver
  await page.keyboard.press("Enter");
  await page.getByText("Gate 4 is let in.").waitFor();
  const { body } = world.asked.find(({ path }) => path.endsWith("/approve"));
  assert.deepEqual(body, { name: "Gate 4", sight: { groups: "all", hide: ["driver"] } });
  await page.locator(".display .name", { hasText: "Gate 4" }).waitFor();

  await wall.page.waitForSelector("#wall-bar:visible");
  await until(wall.page, (state) => state.vehicles === 2 && state.screen === "live");
  assert.equal(await wall.page.locator(".pairing").isVisible(), false);
  assert.equal(await wall.page.locator("#wall-bar").isVisible(), true);
  host.assertClean([401]);
});

test("a display that is refused, and a code that runs out, get another code", { timeout: 60_000 }, async () => {
  const wall = await host.open("wall", undefined, SCREEN);
  const first = await codeOn(wall.page);
  const { page } = await host.open(`displays#code=${first}`, "ada");
  assert.equal(await page.inputValue(".code"), `${first.slice(0, 3)} ${first.slice(3)}`);
  assert.equal(new URL(page.url()).hash, "", "the code is out of the address");
  assert.equal(world.asked.some(({ path }) => path.startsWith(`/pairing/${first}`)), false, "a link alone looks nothing up");
  await page.keyboard.press("Enter");
  // Before the refusal: the display may ask for its next code at once.
  world.codeLastsMs = 5_000;
  await page.getByRole("button", { name: "Refuse" }).click();
  await page.getByText("The display is refused.").waitFor();
  const second = await codeOn(wall.page, first);
  world.codeLastsMs = 600_000;
  await codeOn(wall.page, second);
  assert.equal(new Set(world.pairings.map(({ code }) => code)).size, 3);
  await page.fill(".code", "MMM MMM");
  await page.keyboard.press("Enter");
  await page.getByText("No display shows this code.").waitFor();
  host.assertClean([401, 410]);
});

test("any code fits on the screen beside its picture", async () => {
  const code = { code: "MWMWMW", secret: "s", expires_at: new Date(Date.now() + 600_000).toISOString() };
  world.overrides["/pairing"] = () => [201, code];
  for (const viewport of [SCREEN.viewport, { width: 1080, height: 1920 }, { width: 1280, height: 720 }, { width: 3440, height: 1440 }]) {
    const { page } = await host.open("wall#token=unknown", undefined, { viewport });
    await codeOn(page);
    const boxes = await page.evaluate(() => [".pairing-code", ".pairing-qr", ".pairing-left", ".pairing-reason"].map((name) => document.querySelector(name)).map((part) => ({ ...part.getBoundingClientRect().toJSON(), inner: part.scrollWidth, outer: part.clientWidth })));
    for (const { top, bottom, left, right, inner, outer } of boxes) {
      assert.ok(top >= 0 && bottom <= viewport.height && left >= 0 && right <= viewport.width, JSON.stringify([viewport, boxes]));
      assert.ok(inner <= outer + 1, JSON.stringify([viewport, boxes]));
    }
    const fontPx = await page.evaluate(() => Number.parseFloat(getComputedStyle(document.querySelector(".pairing-code")).fontSize));
    assert.ok(fontPx >= 0.14 * Math.min(viewport.width, viewport.height), `${fontPx} px on ${JSON.stringify(viewport)}`);
  }
});

test("too many displays at once: it says so, and comes back when it was told to", async () => {
  world.overrides["/pairing"] = () => [429, { error: { code: "too_many", message: "too many" } }, { "retry-after": "1" }];
  const { page } = await host.open("wall", undefined, SCREEN);
  await page.getByText("Many displays are waiting for a code. Trying again in 1 second").waitFor();
  delete world.overrides["/pairing"];
  await codeOn(page);
  assert.equal(await page.textContent(".pairing-trouble"), "");
});

test("a display whose access is revoked says so and offers a code at once", async () => {
  world.cookies.set("session=wall", "display");
  const { page } = await host.open("wall", "wall", SCREEN);
  await until(page, (state) => state.vehicles === 2);
  world.cookies.delete("session=wall");
  host.viewers.at(-1).close(4003);
  await codeOn(page);
  assert.equal(await page.textContent(".pairing-reason"), "Access for this display has ended.");
  assert.equal(await page.locator("main, header").locator("visible=true").count(), 0, "the map is gone");
  assert.equal(new URL(page.url()).pathname, "/wall");
});

test("a socket that is not opened for want of access leads a wall to a code", async () => {
  world.cookies.set("session=wall", "display");
  const { page } = await host.open("wall", "wall", SCREEN);
  await until(page, (state) => state.vehicles === 2);
  world.cookies.delete("session=wall");
  host.viewers.at(-1).close(1012, "retry_ms=100");
  await codeOn(page);
  const came = host.refusals;
  // Longer than any wait between attempts in the first half minute.
  await page.waitForTimeout(5_000);
  assert.equal(host.refusals, came, "it does not try any more");
});

test("a kiosk's token leaves the address at once, is waited for, and lets the display in", { timeout: 60_000 }, async () => {
  world.isAway = true;
  const wall = await host.open("wall#token=fg_view_kiosk", undefined, SCREEN);
  await untilDom(wall.page, () => location.hash, (hash) => hash === "");
  await wall.page.getByText("Waiting for the server").waitFor();
  world.isAway = false;
  await wall.page.waitForSelector("#wall-bar:visible");
  await until(wall.page, (state) => state.vehicles === 2);
  assert.equal(await wall.page.locator(".pairing").isVisible(), false);
  assert.deepEqual(world.asked.filter(({ path }) => path === "/display").at(-1).body, { token: "fg_view_kiosk" });
  assert.equal(world.asked.some(({ path }) => path.includes("fg_view")), false);
  assert.deepEqual(wall.violations, []);
});

test("a kiosk link is made, shown once, and displays are renamed and revoked", async () => {
  const { page } = await host.open("displays", "ada");
  await page.getByRole("button", { name: "Make a kiosk link" }).click();
  await page.getByLabel("Name of the display").fill("Canteen");
  await page.getByRole("button", { name: "Make it" }).click();
  await page.locator(".secret").waitFor();
  assert.equal(await page.locator(".secret").inputValue(), host.url("wall#token=fg_display_shown-once"));
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Change: Canteen" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Kitchen");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Kitchen is changed.").waitFor();
  await page.getByRole("button", { name: "Revoke: Kitchen" }).click();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByText("Kitchen is revoked.").waitFor();
  assert.deepEqual(world.tokens.map(({ name }) => name), ["Dispatch room", "Route planner"]);
  host.assertClean();
});

test("the map has a menu for who is signed in, and none to sign out where nobody is", async () => {
  const { page } = await host.open("", "ada");
  await page.getByRole("button", { name: "Account of Ada" }).click();
  assert.deepEqual(await page.locator("#account-menu li").allTextContents(), ["Account", "Users", "Displays", "Tokens", "Webhooks", "Audit log", "Sign out"]);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(host.url("login"));
  assert.ok(world.asked.some(({ method, path }) => method === "DELETE" && path === "/session"));
  world.isLocal = true;
  await page.goto(host.url(""));
  await page.getByRole("button", { name: "Manage" }).click();
  assert.deepEqual(await page.locator("#account-menu li").allTextContents(), ["Users", "Displays", "Tokens", "Webhooks", "Audit log"]);
  host.assertClean();
});

test("the desk goes to the login page when its session is over, and says so when it is ended", { timeout: 60_000 }, async () => {
  const first = await host.open("", "vic");
  await until(first.page, (state) => state.vehicles === 2);
  world.cookies.delete("session=vic");
  host.viewers.at(-1).close(1012, "retry_ms=100");
  // What was looked at goes along.
  await first.page.waitForURL((url) => url.pathname === "/login" && url.hash.includes("map="));

  world.cookies.set("session=vic", "Vic");
  const second = await host.open("", "vic");
  await until(second.page, (state) => state.vehicles === 2);
  world.cookies.delete("session=vic");
  host.viewers.at(-1).close(4003);
  await second.page.getByRole("dialog").getByText("no longer signed in").waitFor();
  const covered = await second.page.evaluate(() => document.elementFromPoint(700, 100)?.closest("dialog") !== null);
  assert.ok(covered, "the map is out of sight");
  assert.equal(await second.page.getByRole("link", { name: "Sign in" }).getAttribute("href"), "/login");
});
