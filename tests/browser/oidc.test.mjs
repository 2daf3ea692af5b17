// Signing in by an OpenID provider: a real server, a real provider and a real browser, from the
// button to the map and back. One story, told in its order.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertClean, until } from "./lib/page.mjs";
import { RealDoors } from "./lib/real-doors.mjs";
import { RealProvider } from "./lib/provider.mjs";
import { stopAll } from "./lib/server.mjs";

const GROUPS = `
[access.oidc.roles]
fleet-watchers = "viewer"
fleet-admins = "administrator"

[access.oidc.sees]
fleet-watchers = ["Cape Town"]
`;

let provider;
let doors;
let ada;

before(async () => {
  provider = await RealProvider.start();
  doors = await RealDoors.open(provider.section(GROUPS));
});
after(async () => {
  await doors?.close();
  provider?.close();
  await stopAll();
});

const button = ({ page }) => page.getByRole("link", { name: "Sign in with Example" });
const me = ({ page }) => page.evaluate(() => fetch("/api/v1/me").then((answer) => answer.json()));

/** After a failure the provider is left alone for a moment: waits until it is asked again. */
async function isAskedAgain() {
  for (;;) {
    const { headers } = await fetch(doors.url("api/v1/oidc/login"), { redirect: "manual" });
    if (headers.get("location")?.startsWith(provider.issuer)) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Through the provider's own pages. */
async function signIn(seen, name) {
  const { page } = seen;
  await button(seen).click();
  await page.waitForURL(`${provider.issuer}/interaction/**`);
  await page.fill("input[name=login]", name);
  await page.fill("input[name=password]", "any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

async function signOut({ page }, name) {
  await page.getByRole("button", { name: `Account of ${name}` }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(doors.url("login"));
}

/** A browser of its own. The provider's pages want a font from afar, and get none. */
async function browser(path) {
  const seen = await doors.browser(path);
  await seen.page.route(/googleapis/, (route) => route.fulfill({ contentType: "text/css", body: "" }));
  return seen;
}

/** What a browser notes by itself when it is turned away is no complaint of the page. */
function isClean({ errors, violations }) {
  assertClean({ violations, errors: errors.filter((text) => !/status of 401|response code: 401/.test(text)) });
}

/** The login page that leads to `next`, without the word of what went wrong. */
function isBackAt({ page }, next) {
  const { pathname, searchParams } = new URL(page.url());
  assert.deepEqual([pathname, ...searchParams], ["/login", ["next", next]]);
}

test("a provider that is down is told on the page, and nothing else is out of order", { timeout: 60_000 }, async () => {
  ada = await browser("users");
  const { page } = ada;
  await page.waitForURL(doors.url("login?next=/users"));
  await button(ada).waitFor();
  await doors.picture(ada, "login-oidc");
  await button(ada).click();
  await page.getByText("The sign-in service does not answer just now.").waitFor();
  isBackAt(ada, "/users");
  await doors.picture(ada, "login-oidc-down");
  assert.equal(await page.locator("input[name=name]").count(), 1, "a password does");
  isClean(ada);
});

test("who is in a group signs in by the button, with its role and sight", { timeout: 60_000 }, async () => {
  await provider.serve(doors.url("api/v1/oidc/callback"));
  provider.people.set("ada", ["fleet-watchers", "others"]);
  await isAskedAgain();
  const { page } = ada;
  await page.goto(doors.url("login?next=/account"));
  await signIn(ada, "ada");
  await page.waitForURL(doors.url("account"));
  const who = await me(ada);
  assert.deepEqual([who.name, who.role, who.kind], ["ada", "viewer", "person"]);
  assert.deepEqual(who.sight, { groups: ["Cape Town"] });
  await page.getByText("This one").waitFor();
  assert.equal(await page.locator("input[type=password]").count(), 0, "there is none to change");
  await doors.picture(ada, "account-oidc");
  await doors.go(ada, "");
  await until(page, (state) => state.vehicles > 0 && state.screen === "live");
  const { vehicles } = await page.evaluate(() => fetch("/api/v1/vehicles").then((answer) => answer.json()));
  assert.ok(vehicles.length > 0 && vehicles.every(({ groups }) => groups.includes("Cape Town")));
  const names = (await page.context().cookies()).filter(({ domain }) => domain === "127.0.0.1").map(({ name }) => name);
  assert.deepEqual(names, ["sid"], "what was for the way is gone");
  isClean(ada);
});

test("who signs out is out, and another group is another role at the next sign-in", { timeout: 60_000 }, async () => {
  await signOut(ada, "ada");
  provider.people.set("ada", ["fleet-admins"]);
  // The provider still knows them, and asks nothing.
  await button(ada).click();
  await ada.page.waitForURL(doors.url(""));
  await until(ada.page, (state) => state.vehicles > 10 && state.screen === "live");
  const who = await me(ada);
  assert.deepEqual([who.name, who.role, who.sight], ["ada", "administrator", { groups: "all" }]);
  isClean(ada);
});

test("who is in no group stays out, and hears why", { timeout: 60_000 }, async () => {
  for (const groups of [undefined, [], ["others"]]) {
    provider.people.set("eve", groups);
    const eve = await browser("login?next=/users");
    await signIn(eve, "eve");
    await eve.page.getByText("You are known, but not in a group that may see this map.").waitFor();
    isBackAt(eve, "/users");
    assert.equal((await me(eve)).error.code, "not_signed_in");
    await doors.picture(eve, "login-oidc-no-group");
    isClean(eve);
    await eve.page.context().close();
  }
});

test("an answer that another browser was meant to get lets nobody in", { timeout: 60_000 }, async () => {
  provider.people.set("mallory", ["fleet-watchers"]);
  const mallory = await browser("login");
  provider.holdAnswers();
  await signIn(mallory, "mallory");
  await mallory.page.getByText("held").waitFor();
  const victim = await browser("login");
  await victim.page.goto(provider.letGo());
  await victim.page.getByText("That sign-in took too long, or was begun in another window.").waitFor();
  assert.equal((await me(victim)).error.code, "not_signed_in");
  await victim.page.context().close();
  await mallory.page.context().close();
});

test("users and audit log tell of it, and no log holds a secret of it", { timeout: 60_000 }, async () => {
  const { page } = ada;
  const get = (path) => page.evaluate((path) => fetch(path).then((answer) => answer.json()), path);
  const { users } = await get("/api/v1/users");
  assert.deepEqual(users.map(({ name, is_external, has_password }) => [name, is_external, has_password]), [["ada", true, false]]);
  const { entries } = await get("/api/v1/audit?limit=1000");
  const count = (what) => entries.filter((entry) => entry.what === what).length;
  assert.deepEqual([count("login"), count("login_failed"), count("user_added"), count("user_changed")], [2, 3, 1, 1]);
  const told = doors.server.log + JSON.stringify(entries);
  assert.match(told, /audit/);
  assert.ok(!told.includes(provider.secret), "the client secret");
  assert.doesNotMatch(told, /code=|state=|nonce|eyJ|subject-of|@example/);
  assert.ok(provider.asked.includes("POST /token") && provider.asked.includes("GET /me"), "it is a real one");
});
