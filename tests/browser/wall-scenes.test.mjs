// What a wall shows by turns, when it lets go of the map, and what it says of itself.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { assertClean, launch, open, until, untilDom } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";
import { SmallWorld } from "./lib/small-world.mjs";
import { standIn } from "./lib/stand-in.mjs";

const SIZE = { viewport: { width: 1920, height: 1080 } };

let server;
let browser;
let host;
let answers;

before(async () => {
  server = await startDemo("--vehicles", "5");
  browser = await launch();
  const world = new SmallWorld();
  host = await standIn(server, (viewer) => world.greet(viewer), (response, request) => answers(response, request) || world.answer(response, request));
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});
after(async () => {
  host?.close();
  await browser?.close();
  await stopAll();
});

async function wall(parts) {
  answers = () => false;
  const fragment = Object.entries(parts).map(([name, value]) => `${name}=${encodeURIComponent(typeof value === "string" ? value : JSON.stringify(value))}`).join("&");
  const watched = await open(browser, `${host.url}wall#${fragment}`, SIZE);
  await until(watched.page, (state) => state.markers > 0 && state.screen === "live");
  return watched;
}

const shows = (page, text) => untilDom(page, () => document.querySelector("#scene").textContent, (shown) => shown === text, 20_000);

test("scenes go round by themselves: place, theme, panels and sizes of each", { timeout: 90_000 }, async () => {
  const scenes = [
    { name: "Fleet", dwell_s: 6, theme: "light" },
    { name: "Port", bounds: [18.3, -34.1, 18.6, -33.8], dwell_s: 6, theme: "dark", panels: { feeds: false }, scales: { labels: 1.5, panels: 1.2 } },
  ];
  const watched = await wall({ scenes });
  const { page } = watched;
  await shows(page, "Fleet · 1 of 2");
  const before = await until(page, (state) => state.isMapIdle && Math.abs(state.center[0] - 28.05) < 1);
  await shows(page, "Port · 2 of 2");
  const there = await until(page, (state) => Math.abs(state.center[0] - 18.45) < 0.1 && Math.abs(state.center[1] + 33.95) < 0.1);
  assert.ok(there.fontPx > before.fontPx);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  assert.equal(await page.isVisible("#panel-feeds"), false);
  await shows(page, "Fleet · 1 of 2");
  assert.equal(await page.isVisible("#panel-feeds"), true);
  await until(page, (state) => Math.abs(state.center[0] - 28.05) < 1);
  assertClean(watched);
});

test("whoever touches the map keeps it: neither the frame nor the scene moves for a minute", { timeout: 60_000 }, async () => {
  const { page } = await wall({ scenes: [{ name: "A", dwell_s: 5 }, { name: "B", dwell_s: 5 }], theme: "dark" });
  await until(page, (state) => state.isMapIdle);
  await page.mouse.move(900, 400);
  await page.mouse.down();
  await page.mouse.move(500, 300, { steps: 4 });
  await page.mouse.up();
  const scene = await page.textContent("#scene");
  const { center } = await until(page, (state) => state.isMapIdle);
  await page.waitForTimeout(11_000); // two scenes' time, and that of a change of zoom
  const after = await until(page, () => true);
  assert.deepEqual(after.center, center);
  assert.equal(await page.textContent("#scene"), scene);
});

test("each minute it says how it is, and stops where the server wants none of it", { timeout: 60_000 }, async () => {
  const reports = [];
  const watched = await wall({ theme: "dark", panel: "55" });
  const { page } = watched;
  let status = 204;
  answers = (response, request) => {
    if (!request.url.startsWith("/api/v1/display/report")) return false;
    let body = "";
    request.on("data", (data) => (body += data));
    request.on("end", () => {
      reports.push(JSON.parse(body));
      response.writeHead(status);
      response.end();
    });
    return true;
  };
  await page.addInitScript(() => {
    const own = setInterval;
    window.setInterval = (act, ms, ...more) => own(act, ms === 60_000 ? 1_000 : ms, ...more);
  });
  await page.reload();
  await until(page, (state) => state.screen === "live");
  await page.evaluate(() => setTimeout(() => { throw new Error("at http://host/wall#token=fg_display_x"); }, 0));
  while (!reports.some(({ errors }) => errors.length > 0)) await page.waitForTimeout(100);
  const report = reports.at(-1);
  assert.deepEqual(Object.keys(report).sort(), ["build", "errors", "frame_ms_p95", "frames_per_s", "graphics_losses", "heap_mb", "scene", "screen", "shows", "size_px", "uptime_s"]);
  assert.equal(report.screen, "live");
  assert.deepEqual([report.shows, report.size_px], ["map", [1920, 1080]]);
  assert.doesNotMatch(JSON.stringify(reports), /token|fg_display_x|small\//);
  status = 404;
  const { length } = reports;
  while (reports.length === length) await page.waitForTimeout(100);
  const last = reports.length;
  await page.waitForTimeout(3_500);
  assert.equal(reports.length, last);
});

test("it asks nobody but its own server for anything", async () => {
  answers = () => false;
  const context = await browser.newContext(SIZE);
  const page = await context.newPage();
  const asked = new Set();
  page.on("request", (request) => asked.add(new URL(request.url()).origin));
  await page.goto(`${host.url}wall#theme=light`);
  await until(page, (state) => state.markers > 0 && state.isMapIdle);
  assert.deepEqual([...asked].filter((origin) => origin !== "null"), [new URL(host.url).origin]);
});
