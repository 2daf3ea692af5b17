// 500 displays, and a server that is restarted as planned: they must come back spread over some time,
// and all be live soon. No browser could hold so many, so this runs the page's own connection, with
// its own waits, without the page around it.
//
//   FLEETGLASS_BIN=target/release/fleetglass node benches/browser/displays.mjs

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { imported } from "../../tests/browser/lib/bundle.mjs";
import { startServer, startSimulator, stopAll } from "../../tests/browser/lib/server.mjs";

const DISPLAYS = 500;
const VEHICLES = 300;
const LIVE_LIMIT_MS = 30_000;
const SPREAD_LEAST_MS = 10_000;
const GIVEN_UP_AFTER_MS = 120_000;

if (typeof WebSocket === "undefined") {
  // Node before 22 has it, but asks to be told.
  const { status } = spawnSync(process.execPath, ["--experimental-websocket", import.meta.filename], { stdio: "inherit" });
  process.exit(status ?? 1);
}

const { LiveConnection } = await imported('export { LiveConnection } from "./src/live/connection.ts";');

/** A display without a screen: it is live once the fleet came after a hello. */
class Display {
  closedAtMs = null;
  greetedAtMs = null;
  liveAtMs = null;
  /** Where it was: a server that is still the same goes on from there. */
  #held = {};

  constructor(url) {
    this.connection = new LiveConnection(url, {
      query: () => this.#held,
      onHello: ({ epoch }) => {
        this.greetedAtMs = performance.now();
        this.epoch = epoch;
      },
      onJson: () => true,
      onFleet: () => {
        if (this.liveAtMs === null) this.liveAtMs = performance.now();
        return true;
      },
      onMisfit: () => {},
      onStatus: (status) => {
        if (status !== "waiting" || this.liveAtMs === null) return;
        this.closedAtMs = performance.now();
        this.greetedAtMs = this.liveAtMs = null;
      },
      onReload: () => {},
    });
  }
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fleetglass-displays-"));
try {
  const simulator = await startSimulator("--vehicles", String(VEHICLES));
  const serve = (listen) => startServer(["serve", "--listen", listen, "--state-dir", folder], simulator.env);
  const server = await serve("127.0.0.1:0");
  const { host } = new URL(server.url);
  const displays = Array.from({ length: DISPLAYS }, () => new Display(`ws://${host}/api/v1/live?bounds=-180,-85,180,85&zoom=0`));
  await untilAll(displays, ({ liveAtMs }) => liveAtMs !== null, "live at first");
  const toldMs = performance.now();
  await server.stop();
  const goneMs = performance.now();
  await serve(host);
  const thereMs = performance.now();
  await untilAll(displays, ({ closedAtMs, liveAtMs }) => closedAtMs !== null && liveAtMs !== null, "live again");
  report(displays, { toldMs, goneMs, thereMs });
} finally {
  await stopAll();
  fs.rmSync(folder, { recursive: true, force: true });
}
process.exit();

function report(displays, { toldMs, goneMs, thereMs }) {
  const greeted = displays.map(({ greetedAtMs }) => greetedAtMs - toldMs).toSorted((a, b) => a - b);
  const live = displays.map(({ liveAtMs }) => liveAtMs - toldMs).toSorted((a, b) => a - b);
  const spreadMs = greeted.at(-1) - greeted[0];
  const seconds = (ms) => `${(ms / 1_000).toFixed(1)} s`;
  const mostInASecond = Math.max(...greeted.map((atMs, i) => greeted.slice(i).filter((other) => other < atMs + 1_000).length));
  console.log(`the server took ${seconds(goneMs - toldMs)} to stop, and ${seconds(thereMs - goneMs)} to be there again`);
  console.log("ratio to the limit, then what was measured");
  console.log(`${(live.at(-1) / LIVE_LIMIT_MS).toFixed(2).padStart(5)}  all ${displays.length} live ${seconds(live.at(-1))} after the restart was ordered (limit ${seconds(LIVE_LIMIT_MS)}); half of them after ${seconds(live[Math.floor(live.length / 2)])}`);
  console.log(`${(SPREAD_LEAST_MS / spreadMs).toFixed(2).padStart(5)}  they came back over ${seconds(spreadMs)} (at least ${seconds(SPREAD_LEAST_MS)}); at most ${mostInASecond} within a second`);
}

async function untilAll(displays, test, what) {
  const endMs = performance.now() + GIVEN_UP_AFTER_MS;
  while (!displays.every(test)) {
    if (performance.now() > endMs) throw new Error(`${displays.filter((display) => !test(display)).length} of ${displays.length} are not ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
