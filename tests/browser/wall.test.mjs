// The wall: it must say everything without anybody touching it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertClean, launch, open, read, until, untilDom, untilMarkers } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";

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

test("the wall frames the fleet, counts it and ticks", async () => {
  const watched = await open(browser, new URL("wall", server.url).href, { viewport: { width: 1920, height: 1080 } });
  const { page } = watched;
  await untilMarkers(page);
  await until(page, (state) => state.vehicles === 300 && state.screen === "live");
  await untilDom(page, () => document.querySelector("#clock-time").textContent, (text) => /^\d/.test(text));
  const first = await page.textContent("#clock-time");
  assert.match(first, /^\d\d:\d\d:\d\d$/);
  await untilDom(page, () => document.querySelector("#clock-time").textContent, (text) => text !== first);
  const feeds = await page.locator("#feeds li").count();
  assert.equal(feeds, 3);
  const { counts } = await read(page);
  const shown = await page.textContent("[data-standing=moving] .count-number");
  assert.ok(Math.abs(Number(shown) - counts.moving) < 30);
  assertClean(watched);
  await page.close();
});

test("the wall has no scroll bars, no controls, and hides its pointer", async () => {
  const watched = await open(browser, new URL("wall", server.url).href);
  const { page } = watched;
  await untilMarkers(page);
  const focusable = await page.locator("button, input, select, [tabindex='0']:not(#map canvas)").count();
  assert.equal(focusable, 0);
  const overflow = await page.evaluate(() => [document.documentElement.scrollWidth > innerWidth, document.documentElement.scrollHeight > innerHeight]);
  assert.deepEqual(overflow, [false, false]);
  await page.mouse.move(200, 200);
  const cursor = () => getComputedStyle(document.body).cursor;
  await untilDom(page, cursor, (name) => name === "none", 8_000);
  await page.mouse.move(300, 300);
  await untilDom(page, cursor, (name) => name !== "none");
  assertClean(watched);
  await page.close();
});

test("a lost graphics context is survived", async () => {
  const watched = await open(browser, new URL("wall", server.url).href);
  const { page } = watched;
  await untilMarkers(page);
  await page.evaluate(() => {
    const gl = document.querySelector(".fleet-canvas").getContext("webgl2");
    const loss = gl.getExtension("WEBGL_lose_context");
    loss.loseContext();
    setTimeout(() => loss.restoreContext(), 300);
  });
  const { framesDrawn } = await until(page, (state) => !state.isDrawable);
  await until(page, (state) => state.isDrawable && state.framesDrawn > framesDrawn + 1, 5_000);
  assert.deepEqual(watched.violations, []);
  await page.close();
});
