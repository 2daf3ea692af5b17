// Takes pictures of the desk in ten situations, to be looked at: a quiet fleet, ten thousand vehicles,
// a depot, a feed that is down, a screen that is dead, a trail, a time of the past, an alarm, in the
// dark, on a phone; and on a tablet, and at 200 %. The vendors are the simulator, with its faults.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { launch, open, until } from "./lib/page.mjs";
import { setFault, startServer, startSimulator, stopAll } from "./lib/server.mjs";

const DESK = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const TABLET = { viewport: { width: 820, height: 1180 }, deviceScaleFactor: 1, isMobile: true, hasTouch: true };
/** As the usual window when a browser makes all twice as large. */
const ZOOMED = { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 };
const DARK = { ...DESK, colorScheme: "dark" };
const PATIENCE_MS = 180_000;
const SETTLES_MS = 2_500;
/** Where the simulator has most of its vehicles. */
const DEPOT = "-26.2041, 28.0473";
/** Something to be seen of a trail and of the past. */
const PASSES_MS = 60_000;

const isSettled = (state) => state.vehicles > 0 && state.listed > 0 && state.isMapIdle;

/** `names` choose among them; all where there is none. */
export async function takeSituations(folder, names) {
  fs.mkdirSync(folder, { recursive: true });
  const unknown = names.find((name) => !Object.hasOwn(SITUATIONS, name));
  if (unknown !== undefined) throw new Error(`there is no situation "${unknown}"; there are ${Object.keys(SITUATIONS).join(", ")}`);
  const wanted = Object.entries(SITUATIONS).filter(([name]) => names.length === 0 || names.includes(name));
  const browser = await launch();
  const fleets = [];
  try {
    const small = await fleetOf(300);
    const large = wanted.some(([, { isLarge }]) => isLarge) ? await fleetOf(10_000) : null;
    fleets.push(small, ...(large === null ? [] : [large]));
    await new Promise((resolve) => setTimeout(resolve, PASSES_MS));
    for (const [name, { screen = DESK, isLarge = false, arrange }] of wanted) {
      const fleet = isLarge ? large : small;
      const { page } = await open(browser, fleet.server.url, screen);
      await until(page, isSettled, PATIENCE_MS);
      await arrange(page, fleet);
      await page.waitForTimeout(SETTLES_MS);
      await page.screenshot({ path: path.join(folder, `${name}.png`) });
      await page.context().close();
      console.log(path.join(folder, `${name}.png`));
    }
  } finally {
    await browser.close();
    await stopAll();
    for (const { state } of fleets) fs.rmSync(state, { recursive: true, force: true });
  }
}

async function fleetOf(vehicles) {
  const simulator = await startSimulator("--vehicles", String(vehicles));
  // For the past there must be one.
  const state = fs.mkdtempSync(path.join(os.tmpdir(), "fleetglass-situations-"));
  const server = await startServer(["serve", "--listen", "127.0.0.1:0", "--state-dir", state], simulator.env);
  return { simulator, server, state };
}

async function openMoving(page) {
  await page.click("#counts [data-standing=moving] button");
  await until(page, isSettled);
  await page.click(".row >> nth=2");
  await until(page, (state) => state.selectedId !== undefined && state.trailPoints > 0 && state.isMapIdle, PATIENCE_MS);
}

/** The last one breaks the server: it stands at the end. */
const SITUATIONS = {
  quiet: { arrange: async () => {} },
  many: { isLarge: true, arrange: async () => {} },
  depot: {
    isLarge: true,
    arrange: async (page) => {
      await page.keyboard.press("g");
      await page.fill("#go-to-field", DEPOT);
      await page.keyboard.press("Enter");
      await until(page, (state) => state.zoom > 10 && isSettled(state), PATIENCE_MS);
    },
  },
  trail: { arrange: openMoving },
  past: {
    arrange: async (page) => {
      await openMoving(page);
      await page.keyboard.press("h");
      await page.waitForTimeout(SETTLES_MS);
      await page.keyboard.press("ArrowLeft");
    },
  },
  dark: { screen: DARK, arrange: openMoving },
  phone: { screen: PHONE, arrange: async () => {} },
  tablet: { screen: TABLET, arrange: openMoving },
  zoomed: { screen: ZOOMED, arrange: async () => {} },
  alarm: {
    arrange: async (page, { simulator }) => {
      await setFault(simulator, { vendor: "cartrack", fault: "panic", for_s: 30 });
      await until(page, (state) => state.alarms.length > 0, PATIENCE_MS);
      await page.keyboard.press("a");
    },
  },
  "feed-down": {
    arrange: async (page, { simulator }) => {
      await setFault(simulator, { vendor: "eztotrack", fault: "cut" });
      await until(page, (state) => state.sources.some(({ health }) => health === "down"), PATIENCE_MS);
    },
  },
  dead: {
    arrange: async (page, { server }) => {
      await server.kill();
      await until(page, (state) => state.screen === "dead", PATIENCE_MS);
    },
  },
};
