// The page over a fleet of which it gets a part: what it asks for, what it draws, what it lists.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { DICTIONARY, DIFFERENCES, KEYFRAME } from "./lib/fleet-message.mjs";
import { launch, open, read, until, untilDom } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";
import { rowAt, standIn } from "./lib/stand-in.mjs";

/** Cells of level 10 in Johannesburg and Cape Town, and the tile of level 5 that has the first. */
const JOHANNESBURG = [591, 590];
const CAPE_TOWN = [564, 614];
const TILE = [5, 18, 18];

let server;
let browser;
let host;

before(async () => {
  server = await startDemo();
  browser = await launch();
});
afterEach(() => host?.close());
after(async () => {
  await browser?.close();
  await stopAll();
});

/** A large fleet: counts alone from afar, and one tile of two vehicles from zoom 8 on. */
function greet(viewer, { zoom = 0 } = {}) {
  viewer.hello();
  viewer.json({ type: "sources", all: true, base: 1, seq: 1, sources: [] });
  tell(viewer, zoom);
  viewer.cells([[...JOHANNESBURG, 800, 200], [...CAPE_TOWN, 29_000]], { vehicles: 30_100 });
  setInterval(() => viewer.json({ type: "heartbeat", seq: 1 }), 500).unref();
  viewer.onHeard = (said) => said.type === "view" && tell(viewer, said.zoom);
}

function tell(viewer, zoom) {
  viewer.view(zoom < 8 ? [] : [TILE]);
  if (zoom < 8) return;
  const names = [1, 2].map((index) => [index, { id: `v/${index}`, name: `Lorry ${index}`, devices: [] }]);
  viewer.fleet({ kind: DICTIONARY, tile: TILE, seq: 1, names });
  viewer.fleet({ kind: KEYFRAME, tile: TILE, seq: 1, full: names.map(([index]) => rowAt(index)) });
}

function vehicle(index, more = {}) {
  const fixed_at = new Date(Date.now() - 5_000).toISOString();
  const position = { lat_deg: -26.4, lng_deg: 28.05, fixed_at, received_at: fixed_at, source: "v", device: String(index) };
  return { id: `v/${index}`, name: `Lorry ${index}`, position, motion: { state: "moving" }, freshness: { state: "live" }, devices: [], ...more };
}

function json(response, body) {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** What the page is told of vehicles by questions; `asked` has those of the list. */
function answers(asked = []) {
  const list = (response, request) => {
    const query = new URL(request.url, "http://host/").searchParams;
    // Counts and durations are asked for too, in no order.
    if (query.has("sort")) asked.push(query);
    const first = query.has("after") ? 100 : 0;
    const [count, total] = { null: [Number(query.get("limit")), 30_100], "with more": [100, 1_234] }[query.get("q")] ?? [3, 3];
    const vehicles = Array.from({ length: count }, (_, i) => vehicle(first + i + 1));
    json(response, { vehicles, total, ...(total > count ? { next: "more" } : {}) });
  };
  return {
    "/api/v1/vehicles": list,
    "/api/v1/vehicles/v%2F2": (response) => json(response, vehicle(2)),
    "/api/v1/vehicles/v%2F2/trail": (response) => json(response, { points: [] }),
  };
}

async function openDesk() {
  const { page } = await open(browser, host.url);
  return page;
}

test("clusters stand where the fleet is, one is zoomed into, and its vehicles take its place", async () => {
  host = await standIn(server, (viewer) => greet(viewer), answers());
  const page = await openDesk();
  const state = await until(page, ({ clusters }) => clusters.length === 2);
  assert.equal(state.isWhole, false);
  assert.equal(state.markers, 0);
  assert.deepEqual(state.counts, { moving: 29_800, idling: 0, stopped: 0, parked: 0, unknown: 0, overdue: 200, never: 100, off_duty: 0 });
  // Both are in the free part of the map.
  for (const { xPx, yPx } of state.clusters) assert.ok(xPx > 344 && xPx < 1280 && yPx > 60 && yPx < 800, `${xPx} ${yPx}`);
  await untilDom(page, () => document.querySelector("#list-summary").textContent, (text) => text === "30,000 of 30,100 on the map");
  assert.equal(await page.textContent("#counts [data-standing=never]"), "100No position");
  const johannesburg = state.clusters.find(({ vehicles }) => vehicles === 1_000);
  assert.equal(johannesburg.overdue, 200);
  await page.mouse.click(johannesburg.xPx, johannesburg.yPx);
  const near = await until(page, ({ markers, zoom, isMapIdle }) => markers === 2 && zoom > 8 && isMapIdle);
  assert.deepEqual(near.tiles, [TILE]);
  assert.deepEqual(near.clusters.map(({ vehicles }) => vehicles), [29_000], "the cells that tiles show are not drawn");
  await untilDom(page, () => document.querySelector("#list-summary").textContent, (text) => text === "2 of 30,100 on the map");
  assert.equal(near.selectedId, undefined);
  await page.close();
});

test("what is held beyond the screen, or lies under a panel, is not on the map", async () => {
  host = await standIn(server, (viewer) => greet(viewer), answers());
  const page = await openDesk();
  const { clusters } = await until(page, (state) => state.clusters.length === 2);
  const johannesburg = clusters.find(({ vehicles }) => vehicles === 1_000);
  await page.mouse.click(johannesburg.xPx, johannesburg.yPx);
  await until(page, ({ markers, zoom, isMapIdle }) => markers === 2 && zoom > 8 && isMapIdle);
  const summary = () => document.querySelector("#list-summary").textContent;
  const at = await page.evaluate(() => window.fleetglass.screenPoint("v/1"));
  const drag = async (fromPx, byXPx, byYPx) => {
    await page.mouse.move(...fromPx);
    await page.mouse.down();
    await page.mouse.move(fromPx[0] + byXPx, fromPx[1] + byYPx, { steps: 5 });
    await page.waitForTimeout(300); // or the map would run on
    await page.mouse.up();
  };
  await drag([900, 300], 200 - at.xPx, 0);
  await untilDom(page, summary, (text) => text === "0 of 30,100 on the map");
  await drag([600, 300], 400, 0);
  await untilDom(page, summary, (text) => text === "2 of 30,100 on the map");
  await drag([900, 700], 0, -650);
  await untilDom(page, summary, (text) => text === "0 of 30,100 on the map");
  assert.equal((await read(page)).held, 2);
  await page.close();
});

test("the map tells where it is, as it moves and when it comes back", async () => {
  let viewer;
  host = await standIn(server, (next) => {
    viewer = next;
    greet(next, { zoom: Number(host.connections.at(-1).query.get("zoom")) });
  }, answers());
  const page = await openDesk();
  await until(page, ({ clusters }) => clusters.length === 2);
  assert.match(host.connections[0].query.get("bounds"), /^-?[\d.]+,-?[\d.]+,-?[\d.]+,-?[\d.]+$/);
  await page.waitForTimeout(600);
  const before = viewer.heard.length;
  await page.mouse.move(800, 500);
  await page.mouse.down();
  for (let i = 0; i < 40; i++) await page.mouse.move(800 - i * 5, 500 - i * 3);
  await page.waitForTimeout(700);
  await page.mouse.up();
  await page.waitForTimeout(1_500);
  const said = viewer.heard.slice(before).filter(({ type }) => type === "view");
  assert.ok(said.length >= 1, "the end of a drag is told");
  for (const [i, { atMs }] of said.entries()) assert.ok(i === 0 || atMs - said[i - 1].atMs > 150, "not more than four times a second");
  const last = said.at(-1);
  viewer.close(1001);
  await until(page, () => host.connections.length === 2);
  const { query } = host.connections[1];
  assert.equal(query.get("bounds"), last.bounds.join());
  assert.equal(query.get("zoom"), String(last.zoom));
  await until(page, ({ connection, clusters }) => connection === "open" && clusters.length === 2);
  await page.close();
});

test("counts alone are gone on from; tiles come anew, and no place is claimed for them", async () => {
  let viewer;
  host = await standIn(server, (next) => {
    viewer = next;
    greet(next, { zoom: Number(host.connections.at(-1).query.get("zoom")) });
  }, answers());
  const page = await openDesk();
  const { clusters } = await until(page, (state) => state.clusters.length === 2);
  await page.waitForTimeout(1_200);
  viewer.close(1001);
  await until(page, () => host.connections.length === 2);
  assert.equal(host.connections[1].query.get("epoch"), "stand-in");
  await page.mouse.click(clusters[0].xPx, clusters[0].yPx);
  await until(page, ({ tiles, isMapIdle }) => tiles.length === 1 && isMapIdle);
  await page.waitForTimeout(1_200);
  viewer.close(1001);
  await until(page, () => host.connections.length === 3, 20_000);
  assert.equal(host.connections[2].query.has("epoch"), false);
  await page.close();
});

test("the list is the server's: searched, filtered, continued, and one that is not held is flown to", async () => {
  const asked = [];
  host = await standIn(server, (viewer) => greet(viewer), answers(asked));
  const page = await openDesk();
  await until(page, ({ listed }) => listed === 100);
  assert.equal(asked[0].get("sort"), "name");
  await page.evaluate(() => (document.querySelector("#vehicle-list").scrollTop = 1e6));
  await until(page, ({ listed }) => listed === 200);
  assert.equal(asked.at(-1).get("after"), "more");
  const count = asked.length;
  await page.evaluate(() => {
    const field = document.querySelector("#search");
    for (const letter of "lorry") {
      field.value += letter;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  await until(page, ({ listed }) => listed === 3);
  const searches = asked.slice(count).filter((query) => query.has("q"));
  assert.deepEqual(searches.map((query) => query.get("q")), ["lorry"], "typing waits for its end");
  assert.equal(await page.textContent("#list-summary"), "3 of 30,100 vehicles");
  await page.fill("#search", "with more");
  await untilDom(page, () => document.querySelector("#list-summary").textContent, (text) => text === "1,234 of 30,100 vehicles");
  await page.fill("#search", "lorry");
  await until(page, ({ listed }) => listed === 3);
  await page.click("#counts [data-standing=overdue] button");
  await until(page, ({ listed }) => listed === 0);
  assert.equal(asked.at(-1).get("state"), "stale,offline");
  assert.equal(asked.at(-1).get("sort"), "silence");
  await page.click("#counts [data-standing=overdue] button");
  await until(page, ({ listed }) => listed === 3);
  await page.click(".row >> nth=1");
  const there = await until(page, ({ selectedId, zoom, isMapIdle, markers }) => selectedId === "v/2" && zoom >= 11 && isMapIdle && markers === 2);
  assert.ok(Math.abs(there.center[1] - -26.4) < 0.3, `${there.center}`);
  assert.equal(await page.textContent("#detail-name"), "Lorry 2");
  await page.close();
});

test("a small fleet is listed by the page itself, and a fleet may become small", async () => {
  const asked = [];
  let viewer;
  host = await standIn(server, (next) => greet((viewer = next)), answers(asked));
  const page = await openDesk();
  await until(page, ({ listed }) => listed === 100);
  viewer.onHeard = () => {};
  viewer.view();
  viewer.keyframe([{ id: "v/1", name: "Lorry 1", devices: [] }], 2);
  const state = await until(page, ({ isWhole, listed, clusters }) => isWhole && listed === 1 && clusters.length === 0);
  assert.equal(state.cells, 0);
  assert.equal(await page.textContent("#list-summary"), "1 vehicle");
  const count = asked.length;
  await page.waitForTimeout(5_000);
  assert.equal(asked.length, count, "nothing is asked for any more");
  viewer.fleet({ kind: DIFFERENCES, base: 2, seq: 3, removed: [0] });
  await until(page, ({ vehicles }) => vehicles === 0);
  assert.equal((await read(page)).isWhole, true);
  await page.close();
});

test("the wall frames a large fleet by its clusters", async () => {
  host = await standIn(server, (viewer) => greet(viewer));
  const { page } = await open(browser, `${host.url}wall`, { viewport: { width: 1920, height: 1080 } });
  const { clusters } = await until(page, ({ clusters, zoom }) => clusters.length === 2 && zoom > 3);
  for (const { xPx, yPx } of clusters) assert.ok(xPx > 60 && xPx < 1860 && yPx > 60 && yPx < 900, `${xPx} ${yPx}`);
  assert.ok(host.connections[0].query.has("bounds"));
  await page.close();
});
