// A whole shift on one page: eight hours of a fleet on the move, told as fast as the page takes it,
// with a vehicle open, some chosen, the list in another order and searched. What the page and its
// worker hold after it is what they held before, but for a little.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DICTIONARY, DIFFERENCES, KEYFRAME } from "./lib/fleet-message.mjs";
import { launch, open, read, until } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";
import { standIn } from "./lib/stand-in.mjs";

const VEHICLES = 200;
const SHIFT_S = 8 * 3_600;
/** A report of the fleet each so many seconds of the shift. */
const STEP_S = 10;
/** Hours that are compared, at the beginning and at the end. */
const SAMPLES = 3;
const AT_ONCE = 20;
const MOST_GROWTH = 0.1;
/** The worker holds so little that a name more or less is a share of it. */
const NOISE_BYTES = 250_000;

let server;
let browser;

before(async () => {
  server = await startDemo("--vehicles", "5");
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stopAll();
});

/** The fleet of a shift that began in the past, so that it ends about now. */
class Shift {
  startS = Math.floor(Date.now() / 1000) - SHIFT_S;
  s = 0;
  seq = 1;
  viewer = null;

  row(index, s) {
    // Every tenth falls silent for a while now and then, so that states change all along.
    const isSilent = index % 10 === 0 && Math.floor(s / 1_800) % 2 === 1;
    const angle = s / 900 + index;
    const [x, y] = [Math.floor((28.05 / 360 + 0.5) * 2 ** 27), Math.floor(0.5767 * 2 ** 27)];
    return { index, state: 0x40 | (isSilent ? 2 << 3 : 0) | (index % 4 === 3 ? 3 : 0), flags: 0, heading: Math.floor(((angle * 90) / Math.PI) % 180), speed: 20 + (index % 20), fixed_s: this.startS + s - (isSilent ? 900 : 2), x: x + Math.floor(Math.cos(angle) * 40_000), y: y + Math.floor(Math.sin(angle) * 40_000) };
  }

  greet(viewer) {
    this.viewer = viewer;
    viewer.hello({ heartbeat_ms: 30_000 });
    viewer.json({ type: "sources", all: true, base: 1, seq: 1, sources: [{ id: "alpha", health: "up", vehicles: VEHICLES }] });
    const names = Array.from({ length: VEHICLES }, (_, i) => [i, { id: `shift/${i}`, name: `Lorry ${i}`, driver: `Driver ${i % 50}` }]);
    viewer.fleet({ kind: DICTIONARY, seq: 1, names, at_ms: this.nowMs });
    viewer.fleet({ kind: KEYFRAME, seq: 1, at_ms: this.nowMs, full: this.rows() });
  }

  get nowMs() {
    return (this.startS + this.s) * 1000;
  }

  rows() {
    return Array.from({ length: VEHICLES }, (_, i) => this.row(i, this.s));
  }

  step() {
    this.s += STEP_S;
    this.viewer.fleet({ kind: DIFFERENCES, base: this.seq, seq: ++this.seq, at_ms: this.nowMs, full: this.rows() });
  }

  answer = (response, request) => {
    const url = new URL(request.url, "http://host/");
    const one = /^\/api\/v1\/vehicles\/([^/]+)(\/trail)?$/.exec(url.pathname);
    if (one === null && url.pathname !== "/api/v1/vehicles") return false;
    const at = (index, s) => {
      const { speed, heading } = this.row(index, s);
      const time = new Date((this.startS + s) * 1000).toISOString();
      return { lat_deg: -26.2 + index / 1000, lng_deg: 28 + (s % 3_600) / 36_000, speed_mps: speed / 2, heading_deg: heading * 2, fixed_at: time, received_at: time, source: "alpha", device: String(index) };
    };
    const vehicle = (index) => ({ id: `shift/${index}`, name: `Lorry ${index}`, position: at(index, this.s), motion: { state: "moving", since: new Date(this.startS * 1000).toISOString() }, freshness: { state: "live", expected_s: 10 }, address: { value: `${Math.floor(this.s / 60)} Long Street`, at: new Date(this.nowMs).toISOString(), source: "alpha" } });
    const index = one === null ? 0 : Number(decodeURIComponent(one[1]).split("/")[1]);
    const all = () => ({ vehicles: Array.from({ length: VEHICLES }, (_, i) => vehicle(i)) });
    const trail = () => ({ points: Array.from({ length: 360 }, (_, i) => at(index, Math.max(0, this.s - 3_600) + i * 10)).filter(({ fixed_at }) => Date.parse(fixed_at) <= this.nowMs) });
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(one === null ? all() : one[2] === undefined ? vehicle(index) : trail()));
    return true;
  };
}

/** Bytes in use after a sweep, of the page and of the live worker, and what the page's document holds. */
async function heapBytes(page) {
  const session = await page.context().newCDPSession(page);
  const worker = liveWorker(session);
  const sweep = async (send) => {
    await send("HeapProfiler.collectGarbage");
    await send("HeapProfiler.collectGarbage");
    return (await send("Runtime.getHeapUsage")).usedSize;
  };
  const sizes = { page: await sweep((method) => session.send(method)), worker: await sweep(await worker) };
  const { nodes, jsEventListeners } = await session.send("Memory.getDOMCounters");
  await session.detach();
  return { ...sizes, nodes, listeners: jsEventListeners };
}

/** How to ask the live worker, once it is found. */
async function liveWorker(session) {
  const answers = new Map();
  let count = 0;
  session.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { id, result } = JSON.parse(message);
    answers.get(id)?.(result);
  });
  const found = new Promise((resolve) => session.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => targetInfo.url.includes("live-worker") && resolve(sessionId)));
  await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const sessionId = await found;
  return (method) =>
    new Promise((resolve) => {
      answers.set(++count, resolve);
      void session.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id: count, method }) });
    });
}

test("eight hours leave the heap as it was", { timeout: 900_000 }, async () => {
  const shift = new Shift();
  const host = await standIn(server, (viewer) => shift.greet(viewer), shift.answer);
  const { page, errors } = await open(browser, `${host.url}#columns=name,state,age,speed,driver,address&sort=speed&group=${encodeURIComponent("shift/1,shift/2")}`, { viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  await until(page, (state) => state.listed === VEHICLES && state.markers === VEHICLES);
  await page.locator(".row").first().click({ position: { x: 60, y: 10 } });
  await until(page, (state) => state.selectedId !== undefined && state.trailPoints > 0);
  const run = async (untilS) => {
    while (shift.s < untilS) {
      const before = (await read(page)).updateCount;
      for (let i = 0; i < AT_ONCE; i++) shift.step();
      await until(page, (state) => state.updateCount >= before + AT_ONCE, 60_000);
      if (shift.s % 3_600 === 0) await work();
    }
    await work();
  };
  // What a dispatcher does now and then.
  const work = async () => {
    await page.fill("#search", "driver 1");
    await until(page, (state) => state.listed < VEHICLES);
    await page.fill("#search", "");
    await until(page, (state) => state.listed === VEHICLES);
    await page.locator("#vehicle-list").focus();
    for (const key of ["v", "Escape", "c", "Escape"]) await page.keyboard.press(key);
  };
  const samples = [];
  for (let hour = 1; hour <= SHIFT_S / 3_600; hour++) {
    await run(hour * 3_600);
    samples.push(await heapBytes(page));
    console.log(`hour ${hour}, ${shift.seq} messages: ${told(samples.at(-1))}`);
  }
  // A sweep leaves more or less from one time to the next; what grows does so all along.
  const [first, last] = [meanOf(samples.slice(0, SAMPLES)), meanOf(samples.slice(-SAMPLES))];
  console.log(`the first ${SAMPLES} hours: ${told(first)}; the last: ${told(last)}; the page's heap grew by ${((last.page / first.page - 1) * 100).toFixed(1)} %`);
  for (const [what, noise] of [["page", 0], ["worker", NOISE_BYTES], ["nodes", 0], ["listeners", 0]]) {
    assert.ok(last[what] <= first[what] * (1 + MOST_GROWTH) + noise, `${what}: ${first[what]} became ${last[what]}`);
  }
  assert.deepEqual(errors, []);
  host.close();
});

function meanOf(samples) {
  const mean = (what) => samples.reduce((sum, sample) => sum + sample[what], 0) / samples.length;
  return Object.fromEntries(Object.keys(samples[0]).map((what) => [what, mean(what)]));
}

function told({ page, worker, nodes, listeners }) {
  return `${(page / 1e6).toFixed(2)} MB page, ${(worker / 1e6).toFixed(2)} MB worker, ${Math.round(nodes)} nodes, ${Math.round(listeners)} listeners`;
}
