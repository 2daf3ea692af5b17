// The desk before a small fleet with alarms, places and rules. What stands behind it is one line:
// `standIn` with the world's answers; a real server would take its place there.

import { AlarmWorld } from "./alarm-world.mjs";
import { launch, open, until } from "./page.mjs";
import { startDemo } from "./server.mjs";
import { SmallWorld } from "./small-world.mjs";
import { standIn } from "./stand-in.mjs";

export class AlarmDesk {
  #server;
  #browser;
  #host;
  #contexts = [];
  world = new AlarmWorld();

  /** `flags` are further ones of the browser's. */
  static async start(flags = []) {
    const desk = new AlarmDesk();
    desk.#server = await startDemo("--vehicles", "5");
    desk.#browser = await launch(flags);
    return desk;
  }

  /** A new world; to be ended after each test. */
  async begin(fleet = new SmallWorld()) {
    const world = new AlarmWorld();
    const greet = (viewer) => (fleet.greet(viewer), world.greet(viewer));
    this.#host = await standIn(this.#server, greet, (response, request) => world.answer(response, request) || fleet.answer(response, request));
    this.world = world;
    return world;
  }

  /** Another page; `prepare` runs before its scripts. */
  async open(options = {}, path = "", prepare = undefined) {
    const watched = await open(this.#browser, new URL(path, this.#host.url).href, { viewport: { width: 1440, height: 900 }, ...options }, prepare);
    this.#contexts.push(watched.page.context());
    if (path === "" || path.startsWith("#")) await until(watched.page, (state) => state.vehicles === 11 && state.listed > 0 && state.isMapIdle);
    return watched;
  }

  /** A wall of the same fleet; `fragment` is what stands behind its `#`, `prepare` runs before its scripts. */
  async openWall(fragment, prepare) {
    const watched = await open(this.#browser, new URL(`wall#${fragment}`, this.#host.url).href, { viewport: { width: 1920, height: 1080 } }, prepare);
    this.#contexts.push(watched.page.context());
    await until(watched.page, (state) => state.screen === "live" && state.markers > 0 && state.isMapIdle);
    return watched;
  }

  get origin() {
    return new URL(this.#host.url).origin;
  }

  /** A second tab of the same browser. */
  async openTab(page) {
    const tab = await page.context().newPage();
    await tab.goto(this.#host.url);
    await until(tab, (state) => state.listed === 11);
    return tab;
  }

  async end() {
    for (const context of this.#contexts.splice(0)) await context.close();
    this.#host?.close();
  }

  async stop() {
    await this.#browser?.close();
  }
}

/** Whether the page is wider than the window. */
export function isTooWide(page) {
  return page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
}

/** Keeps a picture where FLEETGLASS_PICTURES names a directory. */
export async function picture(page, name, options = {}) {
  const directory = process.env.FLEETGLASS_PICTURES;
  if (directory !== undefined) await page.screenshot({ path: `${directory}/${name}.png`, ...options });
}

/** As a browser without a kiosk's flags does until somebody presses something; this one here plays now and
 * then, whatever its policy is. To be run in the page before its own scripts. */
export function refuseSound() {
  let isRefused = true;
  const contexts = [];
  window.AudioContext = class extends window.AudioContext {
    constructor() {
      super();
      contexts.push(this);
    }
    get state() {
      return isRefused ? "suspended" : super.state;
    }
    resume() {
      return isRefused ? new Promise(() => {}) : super.resume();
    }
  };
  window.allowSound = () => {
    isRefused = false;
    for (const context of contexts) context.dispatchEvent(new Event("statechange"));
  };
  addEventListener("pointerdown", window.allowSound, { capture: true });
}
