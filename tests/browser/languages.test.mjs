// The page in another language, and in English turned round: chosen by the address, the settings or
// the browser, whole, without a finding of axe, and laid out for the way that its words run.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findings } from "./lib/axe.mjs";
import { assertClean, launch, open, until, untilDom } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";

const PHONE = { width: 390, height: 844 };

let server;
let browser;

before(async () => {
  server = await startDemo();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stopAll();
});

/** A desk with its fleet. */
async function desk(fragment, options) {
  const watched = await open(browser, server.url + fragment, options);
  await until(watched.page, (state) => state.listed === 300, 60_000);
  return watched;
}

function language(page) {
  return page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]);
}

test("a German browser is spoken to in German, without a finding", { timeout: 120_000 }, async () => {
  const watched = await desk("", { locale: "de-DE", bypassCSP: true });
  const { page } = watched;
  assert.deepEqual(await language(page), ["de", "ltr"]);
  assert.equal(await page.textContent("#past-open"), "Verlauf");
  assert.match(await page.textContent("#list-summary"), /^300 Fahrzeuge$/);
  await page.click(".row >> nth=1");
  await untilDom(page, () => document.querySelector("#detail-devices dd") !== null, Boolean);
  assert.match(await page.textContent("#detail-position"), /Ermittelt\s*vor \d+ (s|min)/);
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(await tooWide(page), []);
  assertClean(watched);
  await page.context().close();
});

test("English costs nothing more, and stands in where another language cannot be had", async () => {
  const asked = [];
  const english = await open(browser, "about:blank");
  english.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await english.page.goto(server.url);
  await until(english.page, (state) => state.listed === 300);
  assert.deepEqual(asked.filter((path) => /\/(de|pseudo)-/.test(path)), []);
  assert.deepEqual(await language(english.page), ["en", "ltr"]);
  assertClean(english);
  await english.page.route(/\/assets\/de-/, (route) => route.abort());
  await english.page.goto("about:blank");
  await english.page.goto(`${server.url}#lang=de`);
  await until(english.page, (state) => state.listed === 300);
  assert.deepEqual(await language(english.page), ["en", "ltr"]);
  assert.equal(await english.page.textContent("#past-open"), "History");
  await english.page.context().close();
});

test("a language is chosen in the settings, kept, and not handed on by a link", { timeout: 120_000 }, async () => {
  const { page } = await desk("");
  await page.click("[popovertarget=settings]");
  await Promise.all([page.waitForEvent("load"), page.getByLabel("Language").selectOption("de")]);
  await until(page, (state) => state.listed === 300);
  assert.equal(await page.textContent("#past-open"), "Verlauf");
  assert.doesNotMatch(page.url(), /lang=/);
  assert.match(page.url(), /#map=/);
  await page.goto(new URL("login", server.url).href);
  await untilDom(page, () => document.querySelector("#title").textContent, (title) => title === "Anmelden");
  assert.equal(await page.title(), "Anmelden · Fleetglass");
  // The address has the last word.
  await page.goto(`${server.url}#lang=en`);
  await until(page, (state) => state.listed === 300);
  assert.deepEqual(await language(page), ["en", "ltr"]);
  await page.context().close();
});

test("turned round, the list is at the right and the panels at the left, and nothing is too wide", { timeout: 180_000 }, async () => {
  const watched = await desk("#lang=en-XB", { viewport: { width: 1500, height: 900 } });
  const { page } = watched;
  assert.deepEqual(await language(page), ["en-XB", "rtl"]);
  await page.keyboard.press("a");
  const [fleet, side] = [await page.locator("#fleet").boundingBox(), await page.locator("#side").boundingBox()];
  assert.ok(fleet.x > 1_000, "the list");
  assert.ok(side.x + side.width < 600, "alarms, places and rules");
  const zoom = await page.locator(".maplibregl-ctrl-zoom-in").boundingBox();
  assert.ok(zoom.x > side.x + side.width && zoom.x < 700, "the map's tools beside them");
  assert.deepEqual(await tooWide(page), []);
  assert.deepEqual(await unsaid(page), []);
  await page.keyboard.press("Escape");
  await page.click(".row >> nth=1");
  await untilDom(page, () => document.querySelector("#detail-devices dd") !== null, Boolean);
  assert.ok((await page.locator("#detail").boundingBox()).x < 100);
  assert.deepEqual(await tooWide(page), []);
  assert.deepEqual(await unsaid(page), []);
  assertClean(watched);
  await page.context().close();
});

test("turned round on a phone and on a wall", { timeout: 180_000 }, async () => {
  const phone = await desk("#lang=en-XB", { viewport: PHONE });
  assert.deepEqual(await tooWide(phone.page), []);
  assertClean(phone);
  await phone.page.context().close();
  const wall = await open(browser, new URL("wall#lang=en-XB", server.url).href, { viewport: { width: 1920, height: 1080 } });
  await until(wall.page, (state) => state.vehicles === 300 && state.screen === "live", 60_000);
  const [clock, counts] = [await wall.page.locator("#panel-clock").boundingBox(), await wall.page.locator("#panel-counts").boundingBox()];
  assert.ok(clock.x > counts.x, "the clock is at the right");
  await untilDom(wall.page, () => document.getElementById("clock-time").textContent, (text) => /^\d\d:\d\d:\d\d$/.test(text));
  assert.equal(await wall.page.textContent("#setup-notice"), "");
  assert.deepEqual(await tooWide(wall.page), []);
  assert.deepEqual(await unsaid(wall.page), []);
  assertClean(wall);
  await wall.page.context().close();
});

/** What stands out of the screen, or out of the panel that it is in. */
function tooWide(page) {
  return page.evaluate(() => {
    const found = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
    for (const panel of document.querySelectorAll("#fleet, #detail, #side, #top, #wall-bar")) {
      const { left, right, width } = panel.getBoundingClientRect();
      if (width === 0) continue;
      if (left < 0 || right > innerWidth) found.push(`#${panel.id}`);
      for (const part of panel.querySelectorAll("button, p, h2, dt, dd, label, select, input, .block")) {
        const box = part.getBoundingClientRect();
        // Feeds of a phone are scrolled.
        if (box.width === 0 || part.closest(".feeds, .visually-hidden, .vehicle-list") !== null || part.matches(".visually-hidden")) continue;
        if (box.left < left - 1 || box.right > right + 1) found.push(`#${panel.id} ${part.className} ${part.textContent.slice(0, 30)}`);
      }
    }
    return found;
  });
}

/** Words on the page that are not turned round, so not said by `words`; names and what the server says are not. */
function unsaid(page) {
  return page.evaluate(() => {
    const data = "script, noscript, style, .brand, .row-name, .row-registration, .row-driver, .feed-name, .group-name, .maplibregl-ctrl-attrib, .maplibregl-ctrl-scale, #detail-name, #detail-registration, #detail-facts dd, #detail-devices, .downloads a, .clock-zone, kbd, option[lang]";
    // The zone of these pages is UTC, which no language turns.
    const isSaid = (text) => !/[A-Za-z]{3}/.test(text) || /\bUTC\b/.test(text) || text.includes("\u202e");
    const found = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { textContent, parentElement } = walker.currentNode;
      if (!isSaid(textContent) && parentElement.closest(data) === null) found.add(textContent.trim());
    }
    for (const element of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
      for (const name of ["aria-label", "title", "placeholder"]) {
        const text = element.getAttribute(name);
        if (text !== null && !isSaid(text) && element.closest(".feeds, .row") === null) found.add(`${name}: ${text}`);
      }
    }
    return [...found];
  });
}
