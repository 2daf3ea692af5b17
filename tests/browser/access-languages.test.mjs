// The pages of access and the pairing screen in another language, and turned round: without a finding
// of axe, none wider than the screen, and nothing said that is not among the words.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { findings } from "./lib/axe.mjs";
import { AccessHost } from "./lib/access-host.mjs";
import { stopAll } from "./lib/server.mjs";

const PAGES = [
  { path: "login", ready: "input[type=password]", title: "Anmelden" },
  { path: "account", who: "ada", ready: "table", title: "Konto" },
  { path: "users", who: "ada", ready: "table", title: "Benutzer" },
  { path: "displays", who: "ada", ready: ".displays li", title: "Anzeigen" },
  { path: "tokens", who: "ada", ready: "table", title: "Token" },
  { path: "audit", who: "ada", ready: "tbody tr", title: "Protokoll" },
  { path: "wall", ready: ".pairing-qr", title: "Diese Anzeige koppeln" },
];
/** Names that people gave, and what the server tells of by its own word. */
const GIVEN = "script, style, noscript, .brand, .name, .secret, .choice, .pairing-how strong, .pairing-code, .dialog, td:not([data-label='']), dd, th[scope=row], .who, option";

let host;
let world;

before(async () => (host = await AccessHost.start()));
beforeEach(async () => (world = await host.begin()));
afterEach(() => host.end());
after(async () => {
  await host?.stop();
  await stopAll();
});

for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
  test(`the pages of access in German (${viewport.width} px)`, { timeout: 120_000 }, async () => {
    world.signIn = { password: true, oidc: { name: "Example", href: "/api/v1/oidc/start" } };
    for (const { path, who, ready, title } of PAGES) {
      const { page } = await host.open(path, who, { viewport, locale: "de-DE", bypassCSP: true });
      await page.waitForSelector(ready);
      assert.equal(await page.textContent("h1 >> visible=true"), title);
      assert.equal(await page.evaluate(() => document.documentElement.lang), "de");
      assert.deepEqual(await findings(page), [], path);
      assert.equal(await overflows(page), false, `${path} is wider than the screen`);
    }
  });

  test(`the pages of access turned round (${viewport.width} px)`, { timeout: 120_000 }, async () => {
    world.signIn = { password: true, oidc: { name: "Example", href: "/api/v1/oidc/start" } };
    for (const { path, who, ready } of PAGES) {
      const { page } = await host.open(`${path}#lang=en-XB`, who, { viewport });
      await page.waitForSelector(ready);
      assert.equal(await page.evaluate(() => document.documentElement.dir), "rtl");
      assert.equal(await overflows(page), false, `${path} is wider than the screen`);
      assert.deepEqual(await page.evaluate(unsaid, GIVEN), [], path);
      if (path === "users" && viewport.width > 1_000) {
        const [title, add] = [await page.locator("#title").boundingBox(), await page.locator(".head button").boundingBox()];
        assert.ok(title.x > add.x, "the title is at the right");
      }
    }
  });
}

test("an invitation's secret is not mixed with the language", async () => {
  const { page } = await host.open("invitation#fg_invite_first&lang=de", undefined, {});
  await page.waitForSelector("input[type=password]");
  assert.equal(await page.textContent("#title"), "Fleetglass einrichten");
  assert.equal(new URL(page.url()).hash, "");
});

function overflows(page) {
  return page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
}

/** Runs in the page: what stands there that is not turned round. */
function unsaid(given) {
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { textContent, parentElement } = walker.currentNode;
    if (/[A-Za-z]{3}/.test(textContent) && !textContent.includes("\u202e") && parentElement.closest(given) === null) found.add(textContent.trim());
  }
  return [...found];
}
