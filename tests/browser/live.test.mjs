// What the page does with what comes over the socket: closings, restarts, gaps, new builds, and
// vehicles that change and go.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { launch, read, until, untilDom } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";
import { standIn } from "./lib/stand-in.mjs";
import { DIFFERENCES } from "./lib/fleet-message.mjs";

const ENTRIES = [
  { id: "test/1", name: "Truck 1", devices: ["test/1"] },
  { id: "test/2", name: "Truck 2", devices: ["test/2"] },
];
const STILL = { state: 0, flags: 0, heading: 0, speed: 0, fixed_s: 1, dx: 0, dy: 0 };

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

/** Keeps a viewer alive without changes. */
function beat(viewer, seq = 1) {
  const timer = setInterval(() => viewer.json({ type: "heartbeat", seq }), 500);
  timer.unref();
  return timer;
}

function greet(viewer) {
  viewer.hello();
  viewer.json({ type: "sources", all: true, base: 1, seq: 1, sources: [{ id: "test", health: "up" }] });
  viewer.keyframe(ENTRIES);
  return beat(viewer);
}

/** The desk at the stand-in; what it puts off at random happens at once. */
async function openDesk() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    let calls = 0;
    Math.random = () => (calls = (calls + 1) % 1_000) / 1e6;
  });
  await page.goto(host.url);
  return page;
}

test("the page asks for the binary protocol, shows the fleet, and resumes at the newest it had", async () => {
  host = await standIn(server, (viewer, n) => {
    if (n > 1) {
      viewer.hello({ resumed: true, seq: 7 });
      viewer.fleet({ kind: DIFFERENCES, base: 7, seq: 8, removed: [1] });
      beat(viewer, 8);
      return;
    }
    greet(viewer);
    viewer.fleet({ kind: DIFFERENCES, base: 1, seq: 5, moved: [{ index: 0, ...STILL, dx: 30 }] });
    viewer.json({ type: "heartbeat", seq: 7 });
    // A tick may be cut between the sources and the fleet: theirs is no place to go on from.
    viewer.json({ type: "sources", base: 1, seq: 9, sources: [{ id: "test", health: "slow" }] });
    setTimeout(() => viewer.close(1001), 1_000);
  });
  const page = await openDesk();
  await until(page, (state) => state.vehicles === 2 && state.listed === 2 && state.markers === 2 && state.screen === "live");
  assert.equal(host.connections[0].protocol, "fleetglass.v1.bin");
  assert.deepEqual([...host.connections[0].query.keys()], ["bounds", "zoom"]);
  await until(page, (state) => state.vehicles === 1);
  const { epoch, seq } = Object.fromEntries(host.connections[1].query);
  assert.deepEqual({ epoch, seq }, { epoch: "stand-in", seq: "7" });
  await page.close();
});

test("after a gap the page begins from nothing, and rows may mean other vehicles", async () => {
  host = await standIn(server, (viewer, n) => {
    if (n === 1) {
      clearInterval(greet(viewer));
      setTimeout(() => viewer.fleet({ kind: DIFFERENCES, base: 3, seq: 4, moved: [{ index: 0, ...STILL }] }), 500);
    } else {
      viewer.hello({ epoch: "another" });
      viewer.keyframe(ENTRIES.toReversed().slice(0, 1));
      beat(viewer);
    }
  });
  const page = await openDesk();
  await until(page, (state) => state.vehicles === 2);
  await until(page, (state) => state.vehicles === 1 && state.listed === 1);
  assert.equal(host.connections[1].query.has("epoch"), false);
  assert.equal(await page.textContent(".row .row-name"), "Truck 2");
  await page.close();
});

test("bytes that make no sense end the connection, not the page", async () => {
  host = await standIn(server, (viewer, n) => {
    greet(viewer);
    if (n === 1) viewer.fleet({ kind: 9, seq: 2, base: 1 });
  });
  const page = await openDesk();
  await until(page, (state) => state.vehicles === 2 && state.connection === "open");
  assert.equal(host.connections.length, 2);
  await page.close();
});

test("a restart notice (1012) is obeyed: back after what it asks, not before", async () => {
  host = await standIn(server, (viewer, n) => {
    greet(viewer);
    if (n === 1) setTimeout(() => viewer.close(1012, "retry_ms=6000"), 500);
  });
  const page = await openDesk();
  await until(page, () => host.connections.length === 2, 15_000);
  const [first, second] = host.connections;
  const waitedMs = second.atMs - first.atMs - 500;
  // Without the notice it would have come back within 4 s.
  assert.ok(waitedMs > 5_900 && waitedMs < 9_000, `${waitedMs} ms`);
  await page.close();
});

test("told that its protocol is too old (4001), the page loads itself anew, once", async () => {
  host = await standIn(server, (viewer) => viewer.close(4001));
  const page = await openDesk();
  let loads = 0;
  page.on("load", () => (loads += 1));
  await page.waitForEvent("load", { timeout: 15_000 });
  await page.waitForTimeout(3_000);
  assert.equal(loads, 1);
  await page.close();
});

test("a hello of another protocol loads the page anew too", async () => {
  host = await standIn(server, (viewer) => viewer.hello({ protocol: 2 }));
  const page = await openDesk();
  await page.waitForEvent("load", { timeout: 15_000 });
  await page.close();
});

test("refused (4003), the page says so and stays away", async () => {
  host = await standIn(server, (viewer) => viewer.close(4003));
  const page = await openDesk();
  await untilDom(page, () => document.querySelector("#screen-badge").textContent, (text) => text === "Access ended");
  // Twice as long as any other closing would keep it away at first.
  await page.waitForTimeout(8_000);
  assert.equal(host.connections.length, 1);
  await page.close();
});

test("who is shut out while looking, as by a proxy that takes the groups away, is told so; other refusals pass", { timeout: 60_000 }, async () => {
  let code = null;
  let asked = 0;
  const me = (response) => {
    if (code === null) return false;
    asked += 1;
    response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify({ error: { code, message: "no" } }));
    return true;
  };
  const viewers = [];
  const onViewer = (viewer) => {
    greet(viewer);
    viewers.push(viewer);
  };
  host = await standIn(server, onViewer, { "/api/v1/me": me }, () => code === null);
  const page = await openDesk();
  await until(page, (state) => state.vehicles === 2 && state.screen === "live");
  code = "foreign_host";
  viewers.at(-1).close(1012, "retry_ms=0");
  // Asked twice, it has thought about the first answer.
  while (asked < 2) await page.waitForTimeout(100);
  assert.equal(await page.locator("dialog.access-ended").count(), 0);
  code = "not_allowed";
  await page.getByRole("dialog").getByText("may no longer look").waitFor();
  const came = host.refusals;
  // Longer than any wait between attempts in the first half minute.
  await page.waitForTimeout(5_000);
  assert.equal(host.refusals, came, "it does not try any more");
  await page.close();
});

test("a server of another build makes the page load itself anew, once for that build", async () => {
  host = await standIn(server, (viewer) => {
    viewer.hello({ build: "another" });
    viewer.keyframe(ENTRIES);
    beat(viewer);
  });
  const page = await openDesk();
  let loads = 0;
  page.on("load", () => (loads += 1));
  await page.waitForEvent("load", { timeout: 15_000 });
  await until(page, (state) => state.vehicles === 2);
  await page.waitForTimeout(3_000);
  assert.equal(loads, 1);
  await page.close();
});

test("the selected vehicle is asked for again when its row changes; errors are said and tried again; gone, it closes", async () => {
  let asked = 0;
  let mode = "well";
  let move = () => {};
  const vehicle = () => ({
    id: "test/1",
    name: "Truck 1",
    position: { lat_deg: -26.2, lng_deg: 28.05, fixed_at: new Date(Date.now() - 2_000).toISOString(), received_at: new Date().toISOString(), source: "test", device: "1" },
    motion: { state: "moving" },
    freshness: { state: "live" },
    driver: { value: `Driver ${asked}`, at: new Date().toISOString(), source: "test" },
    devices: [],
  });
  const answer = (response) => {
    asked += 1;
    response.writeHead({ well: 200, broken: 500, gone: 404 }[mode], { "content-type": "application/json" });
    response.end(JSON.stringify(mode === "well" ? vehicle() : { error: {} }));
  };
  host = await standIn(
    server,
    (viewer) => {
      greet(viewer);
      let seq = 1;
      move = () => viewer.fleet({ kind: DIFFERENCES, base: seq, seq: ++seq, moved: [{ index: 0, ...STILL, dx: 20 }] });
    },
    { "/api/v1/vehicles/test%2F1": answer },
  );
  const page = await openDesk();
  await until(page, (state) => state.listed === 2);
  await page.click(".row >> nth=0");
  const facts = () => document.querySelector("#detail-facts").textContent;
  await untilDom(page, facts, (text) => text.includes("Driver 1"));
  const began = Date.now();
  for (let i = 0; i < 10; i++) {
    move();
    await page.waitForTimeout(200);
  }
  await untilDom(page, facts, (text) => /Driver [23]/.test(text));
  assert.ok(asked >= 2 && asked <= 2 + (Date.now() - began) / 1_000 + 1, `asked ${asked} times`);
  mode = "broken";
  move();
  await untilDom(page, () => document.querySelector("#detail").textContent, (text) => text.includes("trying again"));
  assert.match(await page.textContent("#detail-facts"), /Driver/);
  mode = "well";
  await untilDom(page, () => document.querySelector("#detail").textContent, (text) => !text.includes("trying again"), 8_000);
  const before = asked;
  await page.waitForTimeout(6_000);
  assert.ok(asked > before, "asked now and then in any case");
  mode = "gone";
  move();
  await until(page, (state) => state.selectedId === undefined);
  assert.equal((await read(page)).vehicles, 2);
  await page.close();
});
