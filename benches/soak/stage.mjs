// What runs in a soak: a vendor's simulator, the real server before it, a network that can be cut,
// and in one Chromium a wall and a desk. It knows how to break each of them, and when all is well.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { CutProxy } from "../../tests/browser/lib/cut-proxy.mjs";
import { launch, open, read, until } from "../../tests/browser/lib/page.mjs";
import { setFault, clearFaults, startServer, startSimulator, stopAll } from "../../tests/browser/lib/server.mjs";
import { countGraphics } from "./graphics-count.mjs";
import { PageProbe } from "./page-probe.mjs";
import { browserMb, serverFigures } from "./process-probe.mjs";

const KIOSK_FLAGS = ["--autoplay-policy=no-user-gesture-required", "--enable-precise-memory-info"];
const SCENES = [{ name: "Fleet", dwell_s: 20, theme: "dark" }, { name: "Cape", bounds: [18.3, -34.1, 18.9, -33.6], dwell_s: 20, theme: "light" }];
const WELL_WITHIN_MS = 180_000;
/** Longer than both scenes together. */
const RESTS_WITHIN_MS = 60_000;
/** Devices that are streamed report so often, more than ten times as often as they usually do; the run measures it. */
const STREAM_HZ = 4;
/** Not all vehicles have a place; fewer than so many of them mean that something is missing. */
const SHARE_SHOWN = 0.9;

export class Stage {
  #folder = fs.mkdtempSync(path.join(os.tmpdir(), "fleetglass-soak-"));
  #simulator;
  #server;
  #proxy;
  #browser;
  #session;
  #vehicles;
  #pages = {};
  /** How often the server was started. */
  starts = 0;
  /** What pages complained of, but for what they say while their server is away. */
  complaints = [];

  static async open({ vehicles }) {
    const stage = new Stage();
    stage.#vehicles = vehicles;
    stage.#simulator = await startSimulator("--vehicles", String(vehicles));
    await stage.startServer();
    stage.#browser = await launch(KIOSK_FLAGS);
    stage.#session = await stage.#browser.newBrowserCDPSession();
    await stage.#open("wall", `wall#scenes=${encodeURIComponent(JSON.stringify(SCENES))}`, { width: 1920, height: 1080 });
    await stage.#open("desk", "", { width: 1440, height: 900 });
    return stage;
  }

  async #open(name, address, viewport) {
    const context = await this.#browser.newContext({ viewport });
    await context.addInitScript(countGraphics);
    const page = await context.newPage();
    page.on("pageerror", (error) => this.complaints.push(`${name}: ${error}`));
    await page.goto(new URL(address, this.#proxy.url).href, { timeout: WELL_WITHIN_MS });
    this.#pages[name] = { page, probe: await PageProbe.of(page) };
  }

  get pages() {
    return Object.values(this.#pages).map(({ page }) => page);
  }

  /** On the same state as before, behind the same address. */
  async startServer() {
    this.#server = await startServer(["serve", "--listen", "127.0.0.1:0", "--state-dir", this.#folder], this.#simulator.env);
    this.starts += 1;
    if (this.#proxy === undefined) this.#proxy = await CutProxy.inFrontOf(this.#server.url);
    else this.#proxy.leadTo(this.#server.url);
  }

  stopServer() {
    return this.#server.stop();
  }

  killServer() {
    return this.#server.kill();
  }

  get network() {
    return this.#proxy;
  }

  /** A vendor's fault, as in docs/simulator.md. */
  setFault(fault) {
    return setFault(this.#simulator, fault);
  }

  clearFaults() {
    return clearFaults(this.#simulator);
  }

  /** From the vendors' usual rate to one for which nothing waits. */
  async accelerate() {
    await this.#post(new URL("rate", this.#simulator.control), { stream_hz: STREAM_HZ });
  }

  async #post(url, body) {
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}: ${await response.text()}`);
  }

  /** Somebody takes note of all open alarms, as at a desk. */
  async acknowledgeAll() {
    const { alarms } = await (await fetch(new URL("/api/v1/alarms", this.#server.url))).json();
    const ids = alarms.filter(({ acknowledged_at }) => acknowledged_at === undefined).map(({ id }) => id);
    if (ids.length > 0) await this.#post(new URL("/api/v1/alarms/acknowledge", this.#server.url), { ids });
  }

  /** Events of streamed feeds so far, in this life of the server. */
  async eventCount() {
    const text = await (await fetch(new URL("/metrics", this.#server.url))).text();
    return [...text.matchAll(/^fleetglass_stream_events_total\{[^}]*\} (\S+)$/gm)].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  /** Waits until both pages are live with new data, and can draw. */
  async untilWell() {
    for (const page of this.pages) {
      const updatesBefore = await read(page).then((state) => state?.updateCount ?? 0, () => 0);
      const isWell = (state) => state.screen === "live" && state.isDrawable && state.updateCount !== updatesBefore && state.vehicles >= this.#vehicles * SHARE_SHOWN;
      await untilThrough(page, isWell);
    }
  }

  /** What somebody at a desk does all day: looks at a vehicle, and away again. */
  async useDesk(turn) {
    const { page } = this.#pages.desk;
    await page.locator(".row:not([hidden])").nth(turn % 8).click({ timeout: WELL_WITHIN_MS });
    await until(page, (state) => state.selectedId !== undefined);
    await page.keyboard.press("Escape");
    await until(page, (state) => state.selectedId === undefined);
  }

  /** All figures, with whose life they belong to; of the wall always in the same scene, since each has a map of its own. */
  async sample() {
    // A machine that is too busy for the map to come to rest is read as it is: that is noise, no growth.
    await until(this.#pages.wall.page, (state) => state.scene === SCENES[0].name && state.isMapIdle, RESTS_WITHIN_MS).catch(() => {});
    const figures = {};
    const lives = { server: this.starts, browser: 1 };
    for (const [name, { probe }] of Object.entries(this.#pages)) {
      for (const [key, value] of Object.entries(await probe.read())) figures[`${name}.${key}`] = value;
      lives[name] = probe.loads;
    }
    for (const [key, value] of Object.entries(serverFigures(this.#server.pid))) figures[`server.${key}`] = value;
    figures["browser.sockets"] = this.#proxy.present;
    figures["browser.rss"] = await browserMb(this.#session);
    return { figures, lives };
  }

  get loads() {
    return Object.fromEntries(Object.entries(this.#pages).map(([name, { probe }]) => [name, probe.loads]));
  }

  async close() {
    await this.#browser?.close();
    this.#proxy?.close();
    await stopAll();
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A page that loads itself anew meanwhile is asked again. */
async function untilThrough(page, test) {
  const endMs = Date.now() + WELL_WITHIN_MS;
  for (;;) {
    try {
      return await until(page, test, Math.max(1, endMs - Date.now()));
    } catch (error) {
      if (!/navigation|context was destroyed/.test(`${error}`) || Date.now() > endMs) throw error;
    }
  }
}
