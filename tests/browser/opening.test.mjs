// How a desk opens: the fleet is asked for at once, the map is made when a graphics context can be had,
// and nothing that came in between is lost.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertClean, launch, open, until, untilDom } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";
import { SmallWorld } from "./lib/small-world.mjs";
import { standIn } from "./lib/stand-in.mjs";

const GRAPHICS_WORKER = /^\/assets\/graphics-worker-/;
const CENTRE_DEG = [28.05, -26.2];
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

/** A host of a small fleet that answers for the graphics worker, or for what is named, when it is let to; `release()` does. */
async function slowHost(t, what = GRAPHICS_WORKER) {
  const world = new SmallWorld();
  const held = [];
  const answers = (response, request) => {
    if (!what.test(request.url)) return world.answer(response, request);
    held.push(response);
    return true;
  };
  const timers = [];
  const host = await standIn(server, (viewer) => timers.push(world.greet(viewer)), answers);
  const release = () => held.splice(0).forEach((response) => response.writeHead(200, { "content-type": "text/javascript" }).end("postMessage(null)"));
  t.after(() => (timers.forEach(clearInterval), host.close()));
  return { host, held, release };
}

test("what comes before there is a map is shown with it, where the fleet is", async (t) => {
  const { host, held, release } = await slowHost(t);
  const watched = await open(browser, host.url);
  const { page } = watched;
  // Connected, and told of the fleet, while the worker still waits for its script.
  await untilDom(page, () => document.readyState, (state) => state === "complete");
  while (host.connections.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(held.length, 1);
  assert.deepEqual([host.connections[0].query.get("bounds"), host.connections[0].query.get("zoom")], ["-180,-85,180,85", "1.6"]);
  release();
  const state = await until(page, ({ vehicles, markers, framesDrawn }) => vehicles === 11 && markers === 10 && framesDrawn > 0);
  assert.equal(state.screen, "live");
  const offDeg = Math.hypot(state.center[0] - CENTRE_DEG[0], state.center[1] - CENTRE_DEG[1]);
  assert.ok(offDeg < 0.5 && state.zoom > 8, `the map is at ${state.center}, ${state.zoom}`);
  assert.equal(await page.locator("#feeds > li").count(), 3);
  assert.equal(host.connections.length, 1);
  assertClean(watched);
});

test("a graphics worker that never answers holds the map back for a moment only", async (t) => {
  const { host } = await slowHost(t);
  const watched = await open(browser, host.url);
  await until(watched.page, ({ vehicles, framesDrawn }) => vehicles === 11 && framesDrawn > 0);
  assertClean(watched);
});

test("what the map is made of stands there before it, and nothing moves as the page comes together", async () => {
  const html = await (await fetch(server.url)).text();
  assert.match(html, /<p class="maplibregl-ctrl maplibregl-ctrl-attrib">© <a href="https:\/\/www.openstreetmap.org\/copyright">OpenStreetMap<\/a> contributors/);
  const watched = await open(browser, server.url, { viewport: { width: 1350, height: 940 } });
  const { page } = watched;
  await until(page, ({ vehicles, isMapIdle }) => vehicles === 300 && isMapIdle);
  await untilDom(page, () => document.getElementById("first-credits"), (credits) => credits === null);
  assert.match(await page.locator("#map .maplibregl-ctrl-attrib").innerText(), /^© OpenStreetMap contributors \(ODbL\), Natural Earth, GeoNames/);
  const shift = await page.evaluate(() => new Promise((resolve) => {
    const observer = new PerformanceObserver((list) => resolve(list.getEntries().reduce((sum, entry) => sum + entry.value, 0)));
    observer.observe({ type: "layout-shift", buffered: true });
    setTimeout(() => resolve(0), 1_000);
  }));
  assert.ok(shift < 0.03, `moved by ${shift}`);
  assertClean(watched);
});

test("a basemap that does not come keeps no vehicle from the map, nor the map from what it has", async (t) => {
  const { host, held } = await slowHost(t, /^\/tiles\//);
  const watched = await open(browser, host.url, {}, () => {
    const { drawElements } = WebGL2RenderingContext.prototype;
    WebGL2RenderingContext.prototype.drawElements = function (...given) {
      if (this.canvas.className === "maplibregl-canvas") window.hasDrawn = true;
      return drawElements.apply(this, given);
    };
  });
  await until(watched.page, ({ vehicles, framesDrawn }) => vehicles === 11 && framesDrawn > 0);
  await untilDom(watched.page, () => window.hasDrawn, (hasDrawn) => hasDrawn === true);
  assert.ok(held.length > 0);
  assertClean(watched);
});
