// How soon a desk that is opened for the first time shows vehicles, and how much it loads for that:
//
//   FLEETGLASS_BIN=target/release/fleetglass node benches/browser/opening.mjs
//
// First stands the ratio to the limit. Each time is that of a browser without anything of ours in its
// cache, from the navigation to the call that draws markers, on loopback.

import { launch, until } from "../../tests/browser/lib/page.mjs";
import { startDemo, stopAll } from "../../tests/browser/lib/server.mjs";

const FLEETS = [300, 10_000];
const ROUNDS = 7;
const MARKERS_LIMIT_MS = 1_500;
const BYTES_LIMIT = 600_000;
const PATIENCE_MS = 120_000;
/** The basemap: its pieces, and letters and signs for them. */
const BASEMAP = /^\/(tiles|fonts|sprites|styles)\//;

const browser = await launch();
try {
  for (const vehicles of FLEETS) {
    const server = await startDemo("--vehicles", String(vehicles));
    await openOnce(server.url, vehicles);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await openOnce(server.url, vehicles));
    const times = rounds.map(({ markersMs }) => markersMs).toSorted((a, b) => a - b);
    const middle = times[Math.floor(ROUNDS / 2)];
    tell(middle / MARKERS_LIMIT_MS, `${middle.toFixed(0)} ms (${times.map((ms) => ms.toFixed(0)).join(" ")})`, `to the first markers, ${vehicles} vehicles (limit ${MARKERS_LIMIT_MS})`);
    const { own, basemap, requests } = rounds.at(-1);
    tell(own / BYTES_LIMIT, `${(own / 1_000).toFixed(0)} kB in ${requests} answers`, `loaded at first, as compressed (limit ${BYTES_LIMIT / 1_000}); ${(basemap / 1_000).toFixed(0)} kB more are basemap`);
    await server.stop();
  }
} finally {
  await browser.close();
  await stopAll();
}

/** In a browser's store of its own, so nothing is cached. */
async function openOnce(url, vehicles) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  // Nothing but vehicles is drawn in instances, by the map itself least of all.
  await page.addInitScript(() => {
    const draw = WebGL2RenderingContext.prototype.drawArraysInstanced;
    WebGL2RenderingContext.prototype.drawArraysInstanced = function (...given) {
      if (given[3] > 0) window.markersMs ??= performance.now();
      return draw.apply(this, given);
    };
  });
  const session = await context.newCDPSession(page);
  const loaded = { own: 0, basemap: 0, requests: 0 };
  const paths = new Map();
  await session.send("Network.enable");
  session.on("Network.responseReceived", ({ requestId, response }) => paths.set(requestId, new URL(response.url)));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const from = paths.get(requestId);
    if (from === undefined || !from.protocol.startsWith("http")) return;
    loaded[BASEMAP.test(from.pathname) ? "basemap" : "own"] += encodedDataLength;
    loaded.requests += 1;
  });
  await page.goto(url);
  await until(page, (state) => state.vehicles === vehicles && state.isMapIdle, PATIENCE_MS);
  const markersMs = await page.evaluate(() => window.markersMs);
  await context.close();
  return { markersMs, ...loaded };
}

function tell(ratio, figure, what) {
  console.log(`${ratio.toFixed(2).padStart(5)}  ${figure}  ${what}`);
}
