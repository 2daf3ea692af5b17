// The desk over a small fleet that goes in circles, told by a stand-in; for tests of what one does
// with the map.

import { launch, open, until, untilDom } from "./page.mjs";
import { startDemo, stopAll } from "./server.mjs";
import { SmallWorld } from "./small-world.mjs";
import { standIn } from "./stand-in.mjs";

const SIZE = { viewport: { width: 1440, height: 900 } };

/** How many vehicles it has, and how many of them a place. */
export const LISTED = 11;
export const PLACED = 10;

export class CirclingDesk {
  world = new SmallWorld();
  browser;
  host;

  async start() {
    const server = await startDemo("--vehicles", "5");
    this.browser = await launch();
    this.host = await standIn(server, (viewer) => this.world.greet(viewer), this.world.answer);
  }

  async stop() {
    this.host?.close();
    await this.browser?.close();
    await stopAll();
  }

  /** A page as soon as the fleet is on it. */
  async open(fragment = "", options = {}) {
    // A page that a failed test left behind would go on drawing.
    for (const context of this.browser.contexts()) await context.close();
    const watched = await open(this.browser, this.host.url + fragment, { ...SIZE, ...options });
    await until(watched.page, (state) => state.listed === LISTED && state.markers === PLACED, 30_000);
    return watched;
  }
}

export const rowOf = (page, name) => page.locator(".row", { hasText: name });

export const isSettled = (state) => state.isMapIdle;

/** Waits until a part of the view in the address passes the test; null is one that is not there. */
export function untilPart(page, name, test) {
  return untilDom(page, () => location.hash, (hash) => test(new URLSearchParams(hash.slice(1)).get(name)));
}

/** Drags the free map by so many pixels. */
export async function drag(page, dx, dy) {
  await page.mouse.move(720, 450);
  await page.mouse.down();
  await page.mouse.move(720 + dx, 450 + dy);
  await page.waitForTimeout(150); // held still, so that it is not thrown
  await page.mouse.up();
}
