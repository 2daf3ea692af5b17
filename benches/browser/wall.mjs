// What a wall promises in time, on its real page in a real Chromium:
//
//   FLEETGLASS_BIN=target/release/fleetglass node benches/browser/wall.mjs [part of a name ...]
//
// First stands the ratio to the limit. A processor does the drawing here, so the time per frame is
// that of the page's scripts alone; under a throttle of four it stands for a Raspberry Pi 4.

import { AlarmWorld } from "../../tests/browser/lib/alarm-world.mjs";
import { launch, open, read, until, untilMarkers } from "../../tests/browser/lib/page.mjs";
import { startDemo, startServer, stopAll } from "../../tests/browser/lib/server.mjs";
import { standIn } from "../../tests/browser/lib/stand-in.mjs";
import { timeFrames } from "./frame-times.mjs";
import { markDrawn, tracedFrames } from "./frame-trace.mjs";
import { movingFleet } from "./moving-fleet.mjs";

const SCREEN = { viewport: { width: 1920, height: 1080 } };
const VEHICLES = 500;
const THROTTLE = 4;
const FRAME_LIMIT_MS = 12;
const VEIL_LIMIT_MS = 30_000;
const BACK_LIMIT_MS = 5_000;
const TOLD_LIMIT_MS = 1_000;
const FRAMES_FOR_MS = 40_000;
const OUTAGES = 5;
const AWAY_MS = 8_000;
const ALARMS = 20;
const SETTLES_MS = 5_000;

const BENCHES = { frame: frameTimes, veil: veil, back: comesBack, alarm: acknowledged };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const wanted = process.argv.slice(2);
const browser = await launch();
console.log("ratio to the limit of the worst, then milliseconds: median, 95th percentile, worst");
try {
  for (const [name, run] of Object.entries(BENCHES)) {
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
    await run();
    for (const context of browser.contexts()) await context.close();
  }
} finally {
  await browser.close();
  await stopAll();
}

/** All that scripts do for a frame, of the map, the markers and the names: once by their thread's time,
 * four times as long as here, and once under the browser's own throttle, by the clock. */
async function frameTimes() {
  const server = await startDemo("--vehicles", "5");
  const host = await standIn(server, movingFleet(VEHICLES));
  const context = await browser.newContext(SCREEN);
  const page = await context.newPage();
  await page.addInitScript(timeFrames);
  await page.addInitScript(...markDrawn);
  await page.goto(`${host.url}wall#theme=dark`);
  await until(page, (state) => state.vehicles === VEHICLES && state.isMapIdle && state.screen === "live", 90_000);
  await pause(SETTLES_MS);
  const own = await tracedFrames(browser, page, FRAMES_FOR_MS);
  tell(`scripts of a frame, ${VEHICLES} vehicles on the move, their thread's time times ${THROTTLE}`, own.map((ms) => ms * THROTTLE), FRAME_LIMIT_MS, 0.95);
  const session = await context.newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: THROTTLE });
  await pause(SETTLES_MS);
  const before = await read(page);
  await page.evaluate(() => window.takeFrameTimes());
  await pause(FRAMES_FOR_MS);
  const times = await page.evaluate(() => window.takeFrameTimes());
  await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  const after = await read(page);
  const drawn = (after.framesDrawn - before.framesDrawn) / (FRAMES_FOR_MS / 1_000);
  tell("the same by the clock, the thread stopped three times as long as it ran", times, FRAME_LIMIT_MS, 0.5);
  console.log(`       ${drawn.toFixed(1)} frames a second were drawn, of ${after.framesPerSecondLimit} at most where a processor draws; that ratio is the median's, the other the 95th percentile's`);
  host.close();
}

/** From the last data to the veil. */
async function veil() {
  const server = await startDemo();
  const { page } = await open(browser, new URL("wall#theme=dark", server.url).href, SCREEN);
  await untilMarkers(page);
  await until(page, (state) => state.screen === "live");
  const seen = page.evaluate(
    () =>
      new Promise((resolve) => {
        let lastMs = performance.now();
        let updates = window.fleetglass.read().updateCount;
        const timer = setInterval(() => {
          const state = window.fleetglass.read();
          if (state.updateCount !== updates) [updates, lastMs] = [state.updateCount, performance.now()];
          if (document.querySelector("#veil").hidden) return;
          clearInterval(timer);
          resolve(performance.now() - lastMs);
        }, 50);
      }),
  );
  await server.kill();
  tell("from the last data to the veil", [await seen], VEIL_LIMIT_MS);
}

/** From the server's answering again to a wall that is live with new data. */
async function comesBack() {
  let server = await startDemo();
  const { port } = new URL(server.url);
  const { page } = await open(browser, new URL("wall#theme=dark", server.url).href, SCREEN);
  await untilMarkers(page);
  const times = [];
  for (let round = 0; round < OUTAGES; round++) {
    await until(page, (state) => state.screen === "live" && state.connection === "open");
    await server.kill();
    await pause(AWAY_MS + Math.random() * AWAY_MS);
    const { updateCount } = await read(page);
    server = await startServer(["demo", "--listen", `127.0.0.1:${port}`, "--seed", "7"]);
    const backAtMs = performance.now();
    await until(page, (state) => state.screen === "live" && state.updateCount > updateCount, 60_000);
    times.push(performance.now() - backAtMs);
  }
  tell("back after a loss of 8 to 16 s, once the server is there", times, BACK_LIMIT_MS);
}

/** From a click at a desk to a wall without the alarm; the stand-in's own time is in it. */
async function acknowledged() {
  const server = await startDemo("--vehicles", "5");
  const world = new AlarmWorld();
  const greet = movingFleet(20);
  const host = await standIn(server, (viewer) => (greet(viewer), world.greet(viewer)), world.answer);
  const { page } = await open(browser, `${host.url}wall#theme=dark`, SCREEN);
  await until(page, (state) => state.screen === "live" && state.vehicles === 20, 60_000);
  const times = [];
  for (let round = 0; round < ALARMS; round++) {
    const id = world.raise({ vehicle: { id: "bench/0", name: "Lorry 0" } });
    await page.locator(".alarm-banner").waitFor();
    const gone = page.evaluate(
      () =>
        new Promise((resolve) => {
          const banner = document.querySelector(".alarm-banner");
          new MutationObserver((_, observer) => {
            if (!banner.hidden) return;
            observer.disconnect();
            resolve(performance.timeOrigin + performance.now());
          }).observe(banner, { attributes: true });
        }),
    );
    await page.evaluate(() => true);
    const clickedMs = performance.timeOrigin + performance.now();
    await fetch(new URL(`/api/v1/alarms/${id}/acknowledge`, host.url), { method: "POST" });
    times.push((await gone) - clickedMs);
  }
  tell("an alarm acknowledged elsewhere is gone from the wall", times, TOLD_LIMIT_MS);
  host.close();
}

function tell(what, timesMs, limitMs, judgedAt = 1) {
  if (timesMs.length === 0) return console.log(`    -  ${what}: nothing was seen`);
  const sorted = timesMs.toSorted((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  const ratio = (at(judgedAt) / limitMs).toFixed(2).padStart(5);
  const figures = [at(0.5), at(0.95), at(1)].map((ms) => ms.toFixed(1).padStart(8)).join(" ");
  console.log(`${ratio}  ${figures}  ${what} (limit ${limitMs}; ${sorted.length} times)`);
}
