// The pages of access on a real server with a sign-in, from the first administrator's link to a
// display that is revoked: one story, told in its order, each step on what the step before left.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertClean, until, untilDom } from "./lib/page.mjs";
import { RealDoors } from "./lib/real-doors.mjs";
import { stopAll } from "./lib/server.mjs";

const HORSE = "correct horse battery";
const OTHER = "another good password";
const SCREEN = { viewport: { width: 1920, height: 1080 } };
const REVOKED_WITHIN_MS = 2_000;

let doors;
let grace;
let wall;

before(async () => (doors = await RealDoors.open()));
after(async () => {
  await doors?.close();
  await stopAll();
});

const isLive = (state) => state.vehicles > 10 && state.screen === "live";

/** What a browser notes by itself when it is turned away is no complaint of the page. */
function isClean({ errors, violations }, statuses = []) {
  const isExpected = (text) => statuses.some((status) => text.includes(`status of ${status}`) || text.includes(`response code: ${status}`));
  assertClean({ violations, errors: errors.filter((text) => !isExpected(text)) });
}

async function signIn({ page }, name, password) {
  await page.fill("input[name=name]", name);
  await page.fill("#main input[type=password]", password);
  await page.keyboard.press("Enter");
}

/** The code on a display. */
async function codeOn(page) {
  const text = await untilDom(page, () => document.querySelector(".pairing-code")?.textContent ?? "", (code) => /^\w{3} \w{3}$/.test(code));
  return text.replace(" ", "");
}

test("the link in the server's own words makes the first administrator, once", { timeout: 60_000 }, async () => {
  grace = await doors.browser("displays");
  await grace.page.waitForURL(doors.url("login?next=/displays"));
  await doors.picture(grace, "login");
  const link = await doors.firstLink();
  await doors.go(grace, link);
  await grace.page.waitForSelector("input[name=name]:focus");
  assert.equal(new URL(grace.page.url()).hash, "", "the secret is out of the address");
  await doors.picture(grace, "invitation-first");
  await grace.page.fill("input[name=name]", "Grace");
  await grace.page.fill("input[type=password]", HORSE);
  await grace.page.keyboard.press("Enter");
  await grace.page.waitForURL(doors.url(""));
  await until(grace.page, isLive);
  const again = await doors.browser(link);
  await again.page.getByText("This link is used up").waitFor();
  await doors.picture(again, "invitation-spent");
  await again.page.context().close();
  isClean(grace);
});

test("who signs out is out, and comes back to where they wanted to go", { timeout: 60_000 }, async () => {
  const { page } = grace;
  await page.getByRole("button", { name: "Account of Grace" }).click();
  await doors.picture(grace, "desk-menu");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(doors.url("login"));
  await doors.go(grace, "users");
  await page.waitForURL(doors.url("login?next=/users"));
  await signIn(grace, "Grace", "not her password");
  await page.getByText("Name or password is wrong.").waitFor();
  await doors.picture(grace, "login-wrong");
  await signIn(grace, "grace", HORSE);
  await page.waitForURL(doors.url("users"));
  isClean(grace, [401]);
});

test("a user is added, comes in by the link, and sees only what was said", { timeout: 60_000 }, async () => {
  const { page } = grace;
  await page.getByRole("button", { name: "Add a user" }).click();
  await page.getByLabel("Name").fill("Vic");
  await page.getByLabel("Only these groups").check();
  const group = page.locator("dialog .choices.indented input").first();
  await group.check();
  await page.getByLabel("Driver").check();
  await doors.picture(grace, "users-add");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.locator(".secret").waitFor();
  const link = await page.locator(".secret").inputValue();
  await doors.picture(grace, "users-link");
  await page.getByRole("button", { name: "Done" }).click();
  await page.locator("tbody .name", { hasText: "Vic" }).waitFor();
  await doors.picture(grace, "users");

  const vic = await doors.browser(link.slice(doors.server.url.length));
  await vic.page.getByText("Welcome, Vic").waitFor();
  await doors.picture(vic, "invitation");
  await vic.page.fill("input[type=password]", OTHER);
  await vic.page.keyboard.press("Enter");
  await vic.page.waitForURL(doors.url(""));
  const seen = await until(vic.page, (state) => state.vehicles > 0 && state.screen === "live");
  await doors.go(grace, "");
  const all = await until(page, isLive);
  assert.ok(seen.vehicles < all.vehicles, `${seen.vehicles} of ${all.vehicles}`);
  // Shut out, the page says so over an empty map.
  await doors.go(grace, "users");
  await page.getByRole("button", { name: "Disable: Vic" }).click();
  await page.getByRole("button", { name: "Disable", exact: true }).click();
  await vic.page.getByRole("dialog").getByText("no longer signed in").waitFor();
  await doors.picture(vic, "desk-ended");
  await vic.page.context().close();
  isClean(grace, [401]);
});

test("one sees where one is signed in, and ends the other session", { timeout: 60_000 }, async () => {
  const elsewhere = await doors.browser("login");
  await signIn(elsewhere, "Grace", HORSE);
  await elsewhere.page.waitForURL(doors.url(""));
  await until(elsewhere.page, isLive);
  const page = await doors.go(grace, "account");
  await page.waitForSelector("tbody tr >> nth=1");
  assert.equal(await page.getByText("This one").count(), 1);
  await doors.picture(grace, "account");
  await page.getByRole("button", { name: "End", exact: true }).click();
  await page.getByText("That session has ended.").waitFor();
  await elsewhere.page.getByRole("dialog").getByText("no longer signed in").waitFor();
  await elsewhere.page.context().close();
  isClean(grace, [401]);
});

test("a wall shows a code, is let in, and is live", { timeout: 90_000 }, async () => {
  wall = await doors.browser("wall", SCREEN);
  const code = await codeOn(wall.page);
  await doors.picture(wall, "wall-code");
  const page = await doors.go(grace, "displays");
  await page.waitForSelector(".code:focus");
  await doors.picture(grace, "displays-empty");
  await page.keyboard.type(code);
  await page.keyboard.press("Enter");
  await page.getByText("Is this your display?").waitFor();
  await page.keyboard.type("Hall");
  await doors.picture(grace, "displays-approve");
  await page.keyboard.press("Enter");
  await page.getByText("Hall is let in.").waitFor();
  await page.locator(".display .name", { hasText: "Hall" }).waitFor();
  await until(wall.page, (state) => isLive(state) && state.isMapIdle, 30_000);
  await doors.picture(wall, "wall-live");
  await doors.go(grace, "displays");
  await page.locator(".display .name", { hasText: "Hall" }).waitFor();
  await doors.picture(grace, "displays");
});

test("a wall that is revoked shows a code again within two seconds", { timeout: 60_000 }, async () => {
  const { page } = grace;
  await page.getByRole("button", { name: "Revoke: Hall" }).click();
  await doors.picture(grace, "displays-revoke");
  const since = performance.now();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await codeOn(wall.page);
  const tookMs = performance.now() - since;
  assert.ok(tookMs < REVOKED_WITHIN_MS, `${tookMs} ms`);
  assert.equal(await wall.page.textContent(".pairing-reason"), "Access for this display has ended.");
  assert.equal(await wall.page.locator("main, header").locator("visible=true").count(), 0, "the map is gone");
  assert.equal(new URL(wall.page.url()).pathname, "/wall");
  await page.getByText("Hall is revoked.").waitFor();
  await doors.picture(wall, "wall-revoked");
  isClean(grace, [401]);
  isClean(wall, [401]);
});

test("a token is made and shown once", { timeout: 60_000 }, async () => {
  const page = await doors.go(grace, "tokens");
  await page.getByRole("button", { name: "Make a token" }).click();
  await page.getByLabel("Name").fill("Route planner");
  await doors.picture(grace, "tokens-make");
  await page.getByRole("button", { name: "Make it" }).click();
  await page.locator(".secret").waitFor();
  const token = await page.locator(".secret").inputValue();
  const asked = await fetch(doors.url("api/v1/vehicles"), { headers: { authorization: `Bearer ${token}` } });
  assert.equal(asked.status, 200);
  await page.keyboard.press("Escape");
  await page.locator("tbody .name", { hasText: "Route planner" }).waitFor();
  await doors.picture(grace, "tokens");
  isClean(grace, [401]);
});

test("the audit log tells all of it, with names and without secrets", { timeout: 60_000 }, async () => {
  const page = await doors.go(grace, "audit");
  await page.waitForSelector("tbody tr");
  const text = await page.textContent("tbody");
  for (const word of ["Link used", "Signed in", "Signed out", "Sign-in failed", "User added", "User disabled", "Session ended", "Display let in", "Token revoked", "Token made"]) {
    assert.ok(text.includes(word), `${word} is missing`);
  }
  assert.doesNotMatch(text, /fg_|undefined|null/);
  assert.match(text, /Grace/);
  assert.match(text, /Vic/);
  await doors.picture(grace, "audit");
  isClean(grace, [401]);
});
