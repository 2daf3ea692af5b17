// axe on each page of access, light and dark, with a dialog open, and on the pairing screen.
// Lesser findings count, too.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { findings } from "./lib/axe.mjs";
import { AccessHost } from "./lib/access-host.mjs";
import { stopAll } from "./lib/server.mjs";

const PAGES = [
  { path: "login", ready: "input[type=password]" },
  { path: "invitation#fg_invite_first", ready: "input[type=password]" },
  { path: "invitation#none", ready: "a.button" },
  { path: "account", who: "ada", ready: "table" },
  { path: "users", who: "ada", ready: "table", dialog: "Add a user" },
  { path: "displays", who: "ada", ready: ".display", dialog: "Make a kiosk link" },
  { path: "tokens", who: "ada", ready: "table", dialog: "Make a token" },
  { path: "audit", who: "ada", ready: "tbody tr" },
  { path: "wall", ready: ".pairing-qr" },
];

let host;
let world;

before(async () => (host = await AccessHost.start()));
beforeEach(async () => (world = await host.begin()));
afterEach(() => host.end());
after(async () => {
  await host?.stop();
  await stopAll();
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
    test(`the pages of access have no finding (${colorScheme}, ${viewport.width} px)`, { timeout: 120_000 }, async () => {
      world.signIn = { password: true, oidc: { name: "Example", href: "/api/v1/oidc/start" } };
      for (const { path, who, ready, dialog } of PAGES) {
        const { page } = await host.open(path, who, { colorScheme, viewport, bypassCSP: true });
        await page.waitForSelector(ready);
        assert.deepEqual(await findings(page), [], path);
        const overflows = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        assert.equal(overflows, false, `${path} is wider than the screen`);
        if (dialog === undefined) continue;
        await page.getByRole("button", { name: dialog }).click();
        await page.waitForSelector("dialog[open]");
        assert.deepEqual(await findings(page), [], `${path}, ${dialog}`);
      }
    });
  }
}
