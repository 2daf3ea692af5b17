// From a vendor's event to the marker that shows it, through all of it in one run: the simulator
// emits, the server takes it in, ticks and sends, the page draws.
//
//   FLEETGLASS_BIN=target/release/fleetglass node benches/browser/latency.mjs
//
// The limit is the server's tick (250 ms) and 100 ms more. Where a processor does the drawing, the
// page draws four times a second on purpose (static/src/map/pacing.ts), so what drawing adds is
// told apart: "in the draw buffers" is all but that.

import { launch, open, until } from "../../tests/browser/lib/page.mjs";
import { startServer, startSimulator, stopAll } from "../../tests/browser/lib/server.mjs";

const VEHICLES = 1_000;
const EVENTS = 200;
const LIMIT_MS = 250 + 100;
const GIVEN_UP_AFTER_MS = 5_000;
const WORLD = 2 ** 32;
/** A unit of the wire is 2^-27 of the world's width. */
const SAME_PLACE = 2 * 2 ** 5;

const nowMs = () => performance.timeOrigin + performance.now();
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const simulator = await startSimulator("--vehicles", String(VEHICLES));
const server = await startServer(["serve", "--listen", "127.0.0.1:0"], simulator.env);
const browser = await launch();
try {
  const { page } = await open(browser, server.url);
  await until(page, (state) => state.vehicles > VEHICLES * 0.95 && state.isMapIdle && state.updateCount > 20, 60_000);
  const events = await emitAll(page, await streamedVehicles());
  await pause(2_000);
  report(await timesOf(page, events), (await page.evaluate(() => window.fleetglass.read())).framesPerSecondLimit);
} finally {
  await browser.close();
  await stopAll();
}

/** Those that drive and whose only device is streamed: `{id, device}`, the page's id and the vendor's. */
async function streamedVehicles() {
  const { vehicles } = await (await fetch(new URL("world", simulator.control))).json();
  return vehicles
    .filter(({ activity, devices }) => activity === "driving" && devices.length === 1)
    .filter(({ devices: [{ vendor, link }] }) => vendor === "mycartracks" && link === "good")
    .map(({ id, devices: [{ id: device }] }) => ({ id, device }));
}

/** Emits events at random; one is gone where the vehicle had nothing new to say. */
async function emitAll(page, vehicles) {
  await page.evaluate((ids) => ids.forEach((id) => window.fleetglass.fixesOf(id)), vehicles.map(({ id }) => id));
  const events = [];
  while (events.length < EVENTS) {
    const { id, device } = vehicles[Math.floor(Math.random() * vehicles.length)];
    const emittedAtMs = nowMs();
    const body = JSON.stringify({ vendor: "mycartracks", id: device });
    const answer = await fetch(new URL("emit", simulator.control), { method: "POST", headers: { "content-type": "application/json" }, body });
    if (answer.status === 200) events.push({ id, emittedAtMs, fix: await answer.json() });
    await pause(50 + Math.random() * 150);
  }
  return events;
}

async function timesOf(page, events) {
  const ids = [...new Set(events.map(({ id }) => id))];
  const fixes = new Map(await page.evaluate((wanted) => wanted.map((id) => [id, window.fleetglass.fixesOf(id)]), ids));
  return events.map(({ id, emittedAtMs, fix }) => {
    const seen = fixes.get(id).find((other) => isSame(other, fix) && other.bufferedAtMs > emittedAtMs && other.bufferedAtMs < emittedAtMs + GIVEN_UP_AFTER_MS);
    return seen && { bufferedMs: seen.bufferedAtMs - emittedAtMs, drawnMs: seen.drawnAtMs - emittedAtMs };
  });
}

function isSame({ mercatorX, mercatorY, fixedAtS }, { lat_deg, lng_deg, fixed_at }) {
  const sine = Math.sin((lat_deg * Math.PI) / 180);
  const x = (lng_deg / 360 + 0.5) * WORLD;
  const y = (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * WORLD;
  return fixedAtS === Math.floor(Date.parse(fixed_at) / 1000) && Math.abs(mercatorX - x) < SAME_PLACE && Math.abs(mercatorY - y) < SAME_PLACE;
}

function report(times, framesPerSecond) {
  const seen = times.filter((time) => time !== undefined);
  const pacing = framesPerSecond === 0 ? "every frame is drawn" : `${framesPerSecond} frames a second are drawn, on purpose`;
  console.log(`${seen.length} of ${times.length} events seen; the others were overtaken by a newer fix within a tick`);
  console.log(`ratio to the limit of ${LIMIT_MS} ms, then milliseconds: median, 99th percentile (${pacing})`);
  tell("vendor event to the draw buffers", seen.map(({ bufferedMs }) => bufferedMs));
  tell("vendor event to the first draw call", seen.map(({ drawnMs }) => drawnMs));
  tell("of that, from the buffers to the draw call", seen.map(({ bufferedMs, drawnMs }) => drawnMs - bufferedMs));
}

function tell(what, timesMs) {
  const sorted = timesMs.toSorted((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  const ratio = (at(0.99) / LIMIT_MS).toFixed(2).padStart(5);
  console.log(`${ratio}  ${at(0.5).toFixed(0).padStart(6)} ${at(0.99).toFixed(0).padStart(6)}  ${what}`);
}
