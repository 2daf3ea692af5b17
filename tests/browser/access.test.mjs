// The pages of access, before a stand-in for the API: signing in, invitations, one's own account,
// users, tokens and the audit log. Displays are in pairing.test.mjs.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { PASSWORD } from "./lib/access-world.mjs";
import { AccessHost } from "./lib/access-host.mjs";
import { imported } from "./lib/bundle.mjs";
import { untilDom } from "./lib/page.mjs";
import { stopAll } from "./lib/server.mjs";

const MARKUP = `<img src=x onerror="wasRun=1"><script>wasRun=1</script>`;
const { agoText, ownPath, sightText, failureText } = await imported(`
  export { ownPath } from "./src/access/own-path.ts";
  export { agoText, failureText, sightText } from "./src/access/words.ts";
`);

let host;
let world;

before(async () => (host = await AccessHost.start()));
beforeEach(async () => (world = await host.begin()));
afterEach(() => host.end());
after(async () => {
  await host?.stop();
  await stopAll();
});

test("a login leads to own paths only", () => {
  const own = "https://fleet.example";
  const kept = ["/users", "/?a=b#c", "/wall", "/displays#code=K7M4TX", "/a//b"];
  const refused = [null, "", "users", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example/", "/\t/evil.example", "/\n/evil.example", "/x/..//evil.example", "/.//evil.example", "javascript:alert(1)", "https:evil.example", "/api/v1/users", "/login?next=/login", "/a\\..\\\\evil"];
  for (const path of kept) assert.equal(ownPath(path, own), path);
  for (const path of refused) assert.equal(ownPath(path, own), "/", String(path));
});

test("sights are said in words", () => {
  assert.equal(sightText({ groups: "all" }), "All vehicles");
  assert.equal(sightText({ groups: [] }), "No vehicles");
  assert.equal(sightText({ groups: ["A", "B", "C"], hide: ["driver", "speed"] }), "Only A, B and C, without driver and speed");
  const nowMs = Date.now();
  assert.deepEqual([90 * 86_400_000 - 2_000, 59_000, -59_000, -7_200_000].map((ms) => agoText(nowMs + ms, nowMs)), ["in 90 d", "just now", "just now", "2 h ago"]);
  assert.equal(failureText(new TypeError("x is undefined")), "Something went wrong on this page. Load it again.");
});

test("signing in by keyboard alone; a wrong name and a wrong password are told alike", async () => {
  const { page } = await host.open("login?next=/users");
  await page.waitForSelector("input[name=name]:focus");
  const trouble = async (name, password) => {
    await page.locator("input[name=name]").focus();
    await page.keyboard.press("Control+A");
    await page.keyboard.type(name);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Control+A");
    await page.keyboard.type(password);
    await page.keyboard.press("Enter");
    const text = await untilDom(page, () => document.querySelector("[role=alert]")?.textContent ?? "", (said) => said !== "");
    await untilDom(page, () => document.activeElement?.type, (type) => type === "password");
    return text;
  };
  const unknown = await trouble("nobody", PASSWORD);
  assert.equal(await trouble("Ada", "not her password"), unknown);
  assert.doesNotMatch(unknown, /user|exist|unknown/i);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("#main input").nth(1).getAttribute("type"), "text", "shown on demand");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Control+A");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL(host.url("users"));
  assert.equal(await page.textContent("h1"), "Users");
  host.assertClean([401]);
});

test("whatever next says, a login stays on this server", async () => {
  for (const next of ["https://evil.example/", "//evil.example", "/\\evil.example", "/%09/evil.example"]) {
    const { page } = await host.open(`login?next=${next.includes("%") ? next : encodeURIComponent(next)}`);
    await page.fill("input[name=name]", "Ada");
    await page.fill("input[type=password]", PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForURL(host.url(""));
  }
});

test("too many tries: the page says when to come back, and then lets one", async () => {
  world.overrides["/session"] = () => [429, { error: { code: "throttled", message: "wait" } }, { "retry-after": "2" }];
  const { page } = await host.open("login");
  await page.fill("input[name=name]", "Ada");
  await page.fill("input[type=password]", "wrong");
  await page.keyboard.press("Enter");
  await page.getByText("Too many tries. Try again in 2 seconds.").waitFor();
  assert.equal(await page.isDisabled("button.primary"), true);
  await untilDom(page, () => document.querySelector("button.primary").disabled, (isDisabled) => !isDisabled);
  host.assertClean([429]);
});

test("another way to sign in is offered where there is one, and never one of a foreign page", async () => {
  world.signIn = { password: false, oidc: { name: MARKUP, href: "/api/v1/oidc/start" } };
  const { page } = await host.open("login");
  assert.equal(await page.textContent("a.button"), `Sign in with ${MARKUP}`);
  assert.equal(await page.getAttribute("a.button", "href"), "/api/v1/oidc/start");
  assert.equal(await page.locator("input").count(), 0);
  world.signIn = { password: true, oidc: { name: "Evil", href: "https://evil.example/" } };
  await page.reload();
  await page.waitForSelector("input");
  assert.equal(await page.getAttribute("a.button", "href"), "/login");
  host.assertClean();
});

test("what went wrong elsewhere is said in our words, once, and the way on is kept", async () => {
  world.signIn = { password: true, oidc: { name: "Example", href: "/api/v1/oidc/start" } };
  const { page } = await host.open("login?next=/users%3Fx%3D1&trouble=no_group");
  await page.getByRole("alert").getByText("You are known, but not in a group that may see this map.").waitFor();
  assert.equal(new URL(page.url()).search, "?next=%2Fusers%3Fx%3D1");
  assert.equal(await page.getAttribute("a.button", "href"), "/api/v1/oidc/start?next=%2Fusers%3Fx%3D1");
  await page.reload();
  await page.waitForSelector("input");
  assert.equal(await page.getByRole("alert").count(), 0);
  for (const trouble of [MARKUP, "constructor", ""]) {
    await page.goto(`${new URL(page.url()).origin}/login?next=//evil.example&trouble=${encodeURIComponent(trouble)}`);
    await page.waitForSelector("input");
    assert.equal(await page.locator(".notice[data-kind]").count(), 0, trouble);
    assert.equal(await page.getAttribute("a.button", "href"), "/api/v1/oidc/start");
  }
  host.assertClean();
});

test("the secret of an invitation is out of the address before anything is answered", async () => {
  let letGo;
  const held = new Promise((resolve) => (letGo = resolve));
  world.overrides["/invitation/look"] = async () => (await held, [200, { kind: "set_password", name: MARKUP }]);
  const { page } = await host.open("invitation#fg_invite_vic");
  await untilDom(page, () => location.href, (href) => !href.includes("fg_invite"));
  letGo();
  await page.getByText("Choose a password").waitFor();
  assert.equal(await page.textContent("h1"), `Welcome, ${MARKUP}`);
  assert.equal(await page.evaluate(() => window.wasRun), undefined);
  assert.match(await page.textContent("main"), /At least 12 characters/, "rules are said before");
  assert.equal(await page.locator("input[type=password]").count(), 1, "asked for once");
  await page.fill("input[type=password]", "too short");
  await page.keyboard.press("Enter");
  await page.getByText("Take at least 12 characters.").waitFor();
  await page.fill("input[type=password]", "barely enough");
  await page.keyboard.press("Enter");
  await page.getByText("That password is little more than a name; take other words.").waitFor();
  await page.fill("input[type=password]", PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL(host.url(""));
  const sent = world.asked.filter(({ path }) => path === "/invitation").at(-1).body;
  assert.deepEqual(sent, { secret: "fg_invite_vic", password: PASSWORD });
  host.assertClean([422]);
});

test("the first administrator takes a name; a spent link says so", async () => {
  const { page } = await host.open("invitation#fg_invite_first");
  await page.waitForSelector("input[name=name]:focus");
  await page.keyboard.type("Grace");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL(host.url(""));
  const again = await host.open("invitation#fg_invite_first");
  await again.page.getByText("This link is used up").waitFor();
  assert.equal(await again.page.locator("input").count(), 0);
});

test("the account: who one is, the sessions and the password", async () => {
  world.users[0].name = MARKUP;
  world.cookies.set("session=ada", MARKUP);
  const { page } = await host.open("account", "ada");
  await page.waitForSelector("table");
  assert.equal(await page.textContent(".facts dd"), MARKUP);
  assert.equal(await page.textContent(".who"), `${MARKUP}, administrator`);
  assert.deepEqual(await page.locator("tbody th").allTextContents(), ["Chrome on Linux", "Safari on iPhone"]);
  await page.getByRole("button", { name: "End", exact: true }).click();
  await page.getByText("That session has ended.").waitFor();
  assert.deepEqual(world.sessions.map(({ id }) => id), ["s1"]);
  assert.equal(await page.getByRole("button", { name: "End all others" }).count(), 0);
  await page.locator("input[autocomplete=current-password]").fill("wrong");
  await page.locator("input[autocomplete=new-password]").fill("another good one");
  await page.keyboard.press("Enter");
  await page.getByText("The present password is wrong.").waitFor();
  await page.locator("input[autocomplete=current-password]").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByText("The password is changed.").waitFor();
  assert.equal(await page.evaluate(() => window.wasRun), undefined);
  host.assertClean([401]);
});

test("all other sessions end after a question, whose safe answer has the focus", async () => {
  const { page } = await host.open("account", "ada");
  await page.getByRole("button", { name: "End all others" }).click();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Cancel");
  await page.keyboard.press("Enter");
  assert.equal(world.sessions.length, 2);
  await page.getByRole("button", { name: "End all others" }).click();
  await page.getByRole("button", { name: "End them" }).click();
  await page.getByText("All other sessions have ended.").waitFor();
  assert.equal(world.sessions.length, 1);
  host.assertClean();
});

test("a user is added with a sight, and the link is shown once", async () => {
  world.groups = ["North", MARKUP];
  const { page } = await host.open("users", "ada");
  await page.getByRole("button", { name: "Add a user" }).click();
  await page.getByLabel("Name").fill(MARKUP);
  await page.getByLabel("Role").selectOption("dispatcher");
  await page.getByLabel("Only these groups").check();
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText("Choose at least one group.").waitFor();
  await page.getByLabel(MARKUP, { exact: true }).check();
  await page.getByLabel("Speed").check();
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const link = page.locator(".secret");
  await link.waitFor();
  assert.equal(await link.inputValue(), host.url("invitation#fg_invite_new"));
  const { body } = world.asked.find(({ method, path }) => method === "POST" && path === "/users");
  assert.deepEqual(body, { name: MARKUP, role: "dispatcher", sight: { groups: [MARKUP], hide: ["speed"] } });
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByText("Copied.").waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await link.waitFor({ state: "detached" }); // a dialog leaves the page a moment after it has closed
  const users = page.getByRole("table", { name: "Users" });
  assert.equal(await users.locator("tbody tr").last().locator(".name").textContent(), MARKUP);
  assert.doesNotMatch(await page.content(), /fg_invite_new/);
  assert.equal(await page.evaluate(() => window.wasRun), undefined);
  assert.equal(await page.locator("img[src=x]").count(), 0);
  host.assertClean();
});

test("a user's rights are changed, a user is disabled, and one cannot disable oneself", async () => {
  const { page } = await host.open("users", "ada");
  await page.getByRole("button", { name: "Change: Vic" }).click();
  assert.equal(await page.getByLabel("North").isChecked(), true);
  assert.equal(await page.getByLabel("Driver").isChecked(), true);
  await page.getByLabel("All vehicles").check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Vic is changed.").waitFor();
  assert.deepEqual(world.users[1].sight, { groups: "all", hide: ["driver"] });
  await page.getByRole("button", { name: "Disable: Vic" }).click();
  await page.getByRole("button", { name: "Disable", exact: true }).click();
  await page.getByText("Vic is disabled, and signed out everywhere.").waitFor();
  assert.equal(world.users[1].is_disabled, true);
  assert.equal(await page.getByRole("button", { name: "Disable: Ada" }).count(), 0);
  host.assertClean();
});

test("an administrator sees who is signed in, and ends a session of somebody else", async () => {
  world.foreignSessions[0].user.name = MARKUP;
  const { page } = await host.open("users", "ada");
  const signedIn = page.getByRole("table", { name: "Signed in" });
  await signedIn.waitFor();
  assert.deepEqual(await signedIn.locator("tbody th").allTextContents(), ["Ada", "Ada", MARKUP]);
  assert.equal(await signedIn.getByText("This one").count(), 1);
  await page.getByRole("button", { name: `End the session of ${MARKUP}` }).click();
  await page.getByText(`That session of ${MARKUP} has ended.`).waitFor(); // said when the list is new
  assert.deepEqual(world.foreignSessions, []);
  assert.deepEqual(await signedIn.locator("tbody th").allTextContents(), ["Ada", "Ada"]);
  assert.equal(await page.evaluate(() => window.wasRun), undefined);
  host.assertClean();
});

test("each sees only what the role may use", async () => {
  const { page } = await host.open("account", "vic");
  await page.waitForSelector(".bar nav a");
  assert.deepEqual(await page.locator(".bar nav a").allTextContents(), ["Back to the map", "Account"]);
  await page.goto(host.url("users"));
  await page.getByText("Only administrators may use this page.").waitFor();
  assert.equal(world.asked.some(({ path }) => path === "/users"), false);
  world.isLocal = true;
  await page.goto(host.url("tokens"));
  await page.waitForSelector("table");
  assert.deepEqual(await page.locator(".bar nav a").allTextContents(), ["Back to the map", "Users", "Displays", "Tokens", "Webhooks", "Audit log"]);
  assert.equal(await page.getByRole("button", { name: "Sign out" }).count(), 0);
  host.assertClean();
});

test("a session that ends leads to the login page and back", async () => {
  const { page } = await host.open("users", "ada");
  await page.waitForSelector("table");
  world.cookies.clear();
  const ways = [];
  page.on("request", (request) => request.isNavigationRequest() && ways.push(request.url()));
  await page.getByRole("button", { name: "Enable: Dora" }).click();
  await page.waitForURL(host.url("login?next=%2Fusers"));
  assert.deepEqual(ways, [host.url("login?next=%2Fusers")], "two refusals, one way out");
  await page.goto(host.url("audit"));
  await page.waitForURL(host.url("login?next=%2Faudit"));
});

test("a token is shown once, and metrics tokens see no vehicles", async () => {
  const { page } = await host.open("tokens", "ada");
  await page.getByRole("button", { name: "Make a token" }).click();
  await page.getByLabel("For", { exact: true }).selectOption("metrics");
  assert.equal(await page.getByLabel("All vehicles").isVisible(), false);
  await page.getByLabel("Name").fill("Prometheus");
  await page.getByLabel("Only from this network").fill("192.0.2.0/24");
  await page.getByRole("button", { name: "Make it" }).click();
  await page.locator(".secret").waitFor();
  assert.equal(await page.locator(".secret").inputValue(), "fg_metrics_shown-once");
  const { body } = world.asked.find(({ method, path }) => method === "POST" && path === "/tokens");
  const days = (Date.parse(body.expires_at) - Date.now()) / 86_400_000;
  assert.ok(days > 89.9 && days < 90.1, `${days} days`);
  assert.deepEqual({ ...body, expires_at: "" }, { kind: "metrics", name: "Prometheus", sight: { groups: [] }, expires_at: "", net: "192.0.2.0/24" });
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Revoke: Prometheus" }).click();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByText("Prometheus is revoked.").waitFor();
  assert.equal(world.tokens.some(({ name }) => name === "Prometheus"), false);
  host.assertClean();
});

test("the audit log is newest first, older on demand, and filtered among what is here", async () => {
  world.audit[3].who = MARKUP;
  const { page } = await host.open("audit", "ada");
  const shown = () => page.locator("tbody tr:visible").count();
  await page.getByText("100 entries").waitFor();
  assert.equal(await page.locator("tbody tr").first().locator("td").last().textContent(), "User 0", "there is none of that id");
  assert.equal(await page.locator("tbody tr").nth(1).locator("td").last().textContent(), "Ada");
  assert.equal(await page.locator("tbody tr").nth(3).locator("td").first().textContent(), MARKUP);
  await page.getByLabel("Filter what is shown").fill("sign-in failed");
  assert.equal(await shown(), 20);
  await page.getByText("20 of 100 entries; older ones are not searched").waitFor();
  await page.getByRole("button", { name: "Show older" }).click();
  await page.getByText("26 of 130 entries").waitFor();
  assert.equal(await page.getByRole("button", { name: "Show older" }).isVisible(), false);
  assert.equal(await page.evaluate(() => window.wasRun), undefined);
  host.assertClean();
});
