// The desk in the sizes that it is used in, a tablet's, a phone's and a window's at 200 %, whatever is open:
// axe finds nothing, no button stands outside of the screen, and none of those that belong to the map or to
// what was opened last lies under something else.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { AlarmDesk, picture } from "./lib/alarm-desk.mjs";
import { findings } from "./lib/axe.mjs";
import { assertClean, until, untilDom } from "./lib/page.mjs";
import { stopAll } from "./lib/server.mjs";

const SIZES = {
  "a desk": { viewport: { width: 1440, height: 900 } },
  "a tablet, upright": { viewport: { width: 820, height: 1180 }, hasTouch: true },
  "a tablet, lying": { viewport: { width: 1024, height: 768 }, hasTouch: true },
  "a desk at 200 %": { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 },
  "a phone": { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

let desk;
let world;

before(async () => (desk = await AlarmDesk.start()));
beforeEach(async () => {
  world = await desk.begin();
  world.raise({ kind: "speeding", severity: "warning", rule: { id: "fast", name: "Too fast" }, vehicle: { id: "small/1", name: "Truck 1" } });
});
afterEach(() => desk.end());
after(async () => {
  await desk?.stop();
  await stopAll();
});

/** What is opened one after the other, by keys, and what is there then. */
const OPENED = [
  ["nothing", "", "#vehicle-list"],
  ["alarms", "a", "#side-alarms"],
  ["places", "p", "#side-places"],
  ["rules", "r", "#side-rules"],
  ["measuring", "m", ".measure-bar"],
  ["going", "g", ".go-to"],
];

/** Buttons that nobody can press: outside of the screen, or under something else; also while the badge says
 * the longest that it ever says, which it takes back by itself. */
function unreachable(page) {
  return page.evaluate(() => {
    const lost = [];
    document.querySelector("#screen-badge").textContent = "Reconnecting";
    // Over what is open for a moment, nothing else is to be pressed; the strip of feeds scrolls.
    const open = document.querySelector(":popover-open");
    const own = open !== null ? [...open.querySelectorAll("button")] : [...document.querySelectorAll(".top button:not(.feeds *), .maplibregl-ctrl-group button, .map-bars button, .side-head button, .detail-head button")];
    for (const button of own) {
      if (!button.checkVisibility({ visibilityProperty: true })) continue;
      const { left, top, right, bottom } = button.getBoundingClientRect();
      const name = button.getAttribute("aria-label") ?? button.textContent;
      if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) lost.push(`${name} is outside`);
      const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      if (hit !== null && hit !== button && !button.contains(hit)) lost.push(`${name} is under ${hit.className || hit.id || hit.tagName}`);
    }
    return lost;
  });
}

for (const [size, options] of Object.entries(SIZES)) {
  test(`all is within reach on ${size}, and axe finds nothing`, { timeout: 180_000 }, async () => {
    const watched = await desk.open({ ...options, bypassCSP: true });
    const { page } = watched;
    // What the page asks for by itself is there, so nothing moves any more.
    await until(page, (state) => state.alarms.length === 1 && state.screen === "live");
    await page.locator("#account button").first().waitFor();
    await untilDom(page, () => document.querySelector("#screen-badge").textContent, (text) => text === "Live");
    const look = async (what) => {
      await picture(page, `${size} ${what}`.replaceAll(/[^a-z0-9]+/g, "-"));
      assert.deepEqual(await unreachable(page), [], what);
      assert.deepEqual(await findings(page), [], what);
    };
    for (const [what, key, there] of OPENED) {
      if (key !== "") await page.keyboard.press(key);
      await page.locator(there).first().waitFor();
      await look(what);
      if (key !== "") await page.keyboard.press("Escape");
      await page.keyboard.press("Escape");
    }
    await page.locator(".row >> nth=1").click();
    await until(page, (state) => state.selectedId !== undefined);
    await untilDom(page, () => document.querySelector("#detail-devices dd") !== null, Boolean);
    await look("a vehicle");
    assertClean(watched);
  });
}
