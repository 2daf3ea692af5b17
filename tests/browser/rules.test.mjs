// Rules on the desk, vehicles that are out of service, and the page of webhooks.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { AlarmDesk, isTooWide, picture } from "./lib/alarm-desk.mjs";
import { findings } from "./lib/axe.mjs";
import { assertClean, until, untilDom } from "./lib/page.mjs";
import { stopAll } from "./lib/server.mjs";

const PANIC = { id: "panic", name: "Panic button", kind: "panic", severity: "alarm", enabled: true };
const FAST = { id: "fast", name: "Too fast", kind: "speeding", severity: "warning", enabled: true, over_mps: 24.5872, for_s: 20, whom: { groups: ["North"], vehicles: ["small/2"] }, quiet: { from: "22:00", to: "06:00", days: ["sat", "sun"], timezone: "Africa/Johannesburg" }, repeat_s: 60, webhooks: ["h"] };
const YARD = { id: "yard", name: "Yard", shape: { kind: "circle", lat_deg: -26.2, lng_deg: 28.05, radius_m: 500 } };

let desk;
let world;

before(async () => (desk = await AlarmDesk.start()));
beforeEach(async () => {
  world = await desk.begin();
  world.rules.set("panic", PANIC);
  world.places.set("yard", YARD);
  world.webhooks.set("h", { id: "h", name: "Chat", url: "https://chat.example/hook", enabled: true, health: { state: "well", last_success_at: new Date().toISOString(), waiting: 0, dropped: 0 } });
});
afterEach(() => desk.end());
after(async () => {
  await desk?.stop();
  await stopAll();
});

async function openRules(options, path) {
  const watched = await desk.open(options, path);
  await watched.page.keyboard.press("r");
  await watched.page.locator("#side-rules .side-line").first().waitFor();
  return watched;
}

const made = () => [...world.rules.values()].find(({ id }) => id !== "panic" && id !== "fast");

test("a rule is made in the viewer's units, for whom, where and when", { timeout: 120_000 }, async () => {
  const watched = await openRules({}, "#units=mi");
  const { page } = watched;
  await page.getByRole("button", { name: "New rule" }).click();
  await page.getByRole("button", { name: "Save rule" }).click();
  await page.getByText("Give it a name.").waitFor();
  await page.locator("#side").getByLabel("Name", { exact: true }).fill("Slow in the yard");
  await page.getByLabel("Faster than").fill("20");
  await page.getByLabel("North").check();
  await page.locator("#side-rules").getByLabel("Vehicles", { exact: true }).fill("truck 3");
  await page.getByRole("button", { name: "Truck 3" }).click();
  await page.locator("#side-rules").getByLabel(/^Places/).fill("ya");
  await page.getByRole("button", { name: "Yard" }).click();
  await page.getByLabel("Quiet hours: no sound").check();
  await page.getByLabel("Time zone").fill("Nowhere/At_all");
  await page.getByRole("button", { name: "Save rule" }).click();
  await page.getByText("There is no such time zone.").waitFor();
  await page.getByLabel("Time zone").fill("Africa/Johannesburg");
  await page.getByLabel("Sat").check();
  await page.getByLabel("Sounds again until acknowledged").selectOption("60");
  await page.getByLabel("Chat").check();
  await picture(page, "rule-form");
  await page.getByRole("button", { name: "Save rule" }).click();
  await page.locator("#side-rules .side-line", { hasText: "Slow in the yard" }).waitFor();
  const { id, over_mps, ...rest } = made();
  assert.match(id, /^[A-Za-z0-9_-]{1,64}$/);
  assert.ok(Math.abs(over_mps - 8.9408) < 0.001, `${over_mps} m/s`);
  assert.deepEqual(rest, { name: "Slow in the yard", kind: "speeding", severity: "warning", enabled: true, whom: { groups: ["North"], vehicles: ["small/3"] }, for_s: 10, places: ["yard"], quiet: { from: "22:00", to: "06:00", days: ["sat"], timezone: "Africa/Johannesburg" }, repeat_s: 60, webhooks: ["h"] });
  await page.getByText("faster than 20 mph for 10 s").waitFor();
  assertClean(watched);
});

test("entering needs a place, idling is in minutes, and a panic button has no quiet hours", { timeout: 120_000 }, async () => {
  const { page } = await openRules();
  await page.getByRole("button", { name: "New rule" }).click();
  await page.locator("#side").getByLabel("Name", { exact: true }).fill("Rule");
  await page.getByLabel("Raised by").selectOption("entering");
  await page.getByRole("button", { name: "Save rule" }).click();
  await page.getByText("Choose at least one place.").waitFor();
  await page.getByLabel("Raised by").selectOption("panic");
  assert.equal(await page.getByLabel("Quiet hours: no sound").isVisible(), false);
  assert.equal(await page.locator("#side-rules").getByLabel("Severity", { exact: true }).inputValue(), "alarm");
  await page.getByLabel("Raised by").selectOption("idling");
  await page.getByLabel("For longer than").fill("15");
  await page.getByRole("button", { name: "Save rule" }).click();
  await until(page, () => made() !== undefined);
  assert.equal(made().for_s, 900);
  assert.equal(made().over_mps, undefined);
});

test("what is not touched stays as it was; a rule is turned off, and deleted", { timeout: 120_000 }, async () => {
  world.rules.set("fast", FAST);
  const { page } = await openRules();
  await page.getByRole("button", { name: "Edit: Too fast" }).click();
  await page.locator("#side").getByLabel("Name", { exact: true }).fill("Far too fast");
  await page.getByRole("button", { name: "Save rule" }).click();
  await page.getByRole("button", { name: "Edit: Far too fast" }).waitFor();
  assert.deepEqual(world.rules.get("fast"), { ...FAST, name: "Far too fast" });
  await page.getByLabel("Enabled: Far too fast").uncheck();
  await until(page, () => world.rules.get("fast").enabled === false);
  await page.getByRole("button", { name: "Delete: Far too fast" }).click();
  await page.getByRole("button", { name: "Yes, delete: Far too fast" }).click();
  await until(page, () => !world.rules.has("fast"));
});

test("a vehicle is taken out of service from its panel, and comes back from the list", { timeout: 120_000 }, async () => {
  const { page } = await desk.open();
  await page.locator(".row", { hasText: "Truck 1" }).click();
  await page.getByRole("button", { name: "Out of service until …" }).click();
  await page.getByLabel("Until").fill("2020-01-01T10:00");
  await page.getByRole("button", { name: "Take out of service" }).click();
  await page.getByText("The end must be in the future.").waitFor();
  await page.getByLabel("Until").fill("2099-01-01T10:00");
  await page.getByLabel("Reason").fill("In the workshop");
  await picture(page, "out-of-service");
  await page.getByRole("button", { name: "Take out of service" }).click();
  await untilDom(page, () => document.querySelector(".service-text").textContent, (text) => text.startsWith("Out of service until") && text.includes("In the workshop; by ada"));
  assert.deepEqual(world.asked.map(({ path, body }) => [path, body.reason]), [["/out-of-service/small/1", "In the workshop"]]);
  await page.keyboard.press("r");
  await page.getByRole("button", { name: "Back in service: Truck 1" }).click();
  await until(page, () => world.out.size === 0);
  await page.getByText("No vehicle is out of service.").waitFor();
});

test("webhooks are added with a secret that is shown once, tested, and turned off", { timeout: 120_000 }, async () => {
  const watched = await desk.open({}, "webhooks");
  const { page } = watched;
  await page.getByText("Last delivered").waitFor();
  await page.getByRole("button", { name: "Add a webhook" }).click();
  await page.getByLabel("Name").fill("Broken");
  await page.getByLabel("Address").fill("https://broken.example/");
  await page.getByLabel("Alarm", { exact: true }).check();
  await page.getByRole("button", { name: "Add it" }).click();
  assert.equal(await page.locator("input.secret").inputValue(), "fg_hook_secret");
  await page.getByRole("button", { name: "Done" }).click();
  const hook = [...world.webhooks.values()].find(({ name }) => name === "Broken");
  assert.deepEqual(hook.severities, ["alarm"]);
  await page.getByRole("button", { name: "Test: Chat" }).click();
  await page.getByText("Chat answered 200.").waitFor();
  await page.getByRole("button", { name: "Test: Broken" }).click();
  await page.getByText("It answered 500.").waitFor();
  await page.getByRole("button", { name: "Turn off: Chat" }).click();
  await page.getByText("Chat is off.").waitFor();
  assert.equal(world.webhooks.get("h").enabled, false);
});

test("the keys are listed", { timeout: 120_000 }, async () => {
  const { page } = await desk.open();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).getByText("Rules").waitFor();
  await picture(page, "keys");
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
    test(`the rules have no serious finding (${colorScheme}, ${viewport.width} px)`, { timeout: 120_000 }, async () => {
      world.rules.set("fast", FAST);
      const { page } = await openRules({ colorScheme, viewport, bypassCSP: true });
      await picture(page, `rules-${colorScheme}-${viewport.width}`);
      assert.deepEqual(await findings(page), []);
      await page.getByRole("button", { name: "Edit: Too fast" }).click();
      await page.locator("#side").getByLabel("Name", { exact: true }).waitFor();
      await picture(page, `rule-form-${colorScheme}-${viewport.width}`);
      assert.deepEqual(await findings(page), []);
      assert.equal(await isTooWide(page), false);
      const { page: hooks } = await desk.open({ colorScheme, viewport, bypassCSP: true }, "webhooks");
      await hooks.waitForSelector("table");
      await picture(hooks, `webhooks-${colorScheme}-${viewport.width}`);
      assert.deepEqual(await findings(hooks), []);
      assert.equal(await isTooWide(hooks), false);
    });
  }
}
