// Can it be read from where people stand? Letters and symbols are measured on the page, contrasts in
// screenshots, in both themes and on panels of several shapes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, read, until, untilDom } from "./lib/page.mjs";
import { contrast, coloursIn, pixelsOf, textContrast } from "./lib/pixels.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";
import { SmallWorld } from "./lib/small-world.mjs";
import { standIn } from "./lib/stand-in.mjs";

const PLACED = 10;
/** tan of 16 minutes of arc. */
const TANGENT = Math.tan(((16 / 60) * Math.PI) / 180);

let server;
let browser;
let host;

before(async () => {
  server = await startDemo("--vehicles", "5");
  browser = await launch();
  const world = new SmallWorld();
  host = await standIn(server, (viewer) => world.greet(viewer), world.answer);
});
after(async () => {
  host?.close();
  await browser?.close();
  await stopAll();
});

async function wall(fragment, viewport) {
  const watched = await open(browser, `${host.url}wall#${fragment}`, { viewport });
  await until(watched.page, (state) => state.markers === PLACED && state.screen === "live" && state.isMapIdle);
  await watched.page.evaluate(() => document.fonts.ready.then(() => true));
  return watched;
}

/** All text of the panels that is to be seen: its box, and how high its capitals are. */
function textsOf(page) {
  return page.evaluate(() => {
    const context = document.createElement("canvas").getContext("2d");
    const found = [];
    for (const element of document.querySelectorAll("#wall-bar *, .feed-alarm, .veil:not([hidden]) *")) {
      const text = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent.trim()).join("");
      const box = element.getBoundingClientRect();
      if (text === "" || box.width < 2 || element.classList.contains("visually-hidden")) continue;
      const style = getComputedStyle(element);
      context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
      found.push({ text, capitalPx: context.measureText("H").actualBoundingBoxAscent, box: box.toJSON() });
    }
    return found;
  });
}

for (const [name, viewport, inches, distanceM] of [
  ["55 inch, 5 m", { width: 1920, height: 1080 }, 55, 5],
  ["55 inch upright, 3 m", { width: 1080, height: 1920 }, 55, 3],
  ["49 inch very wide, 3 m", { width: 3440, height: 1440 }, 49, 3],
  ["43 inch, 3 m", { width: 1280, height: 720 }, 43, 3],
]) {
  test(`every letter that means something is large enough and on the screen: ${name}`, { timeout: 90_000 }, async () => {
    const { page } = await wall(`panel=${inches}&distance=${distanceM}&theme=light`, viewport);
    const mmPerPx = (inches * 25.4) / Math.hypot(viewport.width, viewport.height);
    const leastPx = (distanceM * 1_000 * TANGENT) / mmPerPx;
    const texts = await textsOf(page);
    assert.ok(texts.length > 12, `${texts.length} texts`);
    for (const { text, capitalPx, box } of texts) {
      assert.ok(capitalPx >= leastPx, `"${text}" has capitals of ${capitalPx} px, not ${leastPx}`);
      assert.ok(box.left >= 0 && box.right <= viewport.width && box.top >= 0 && box.bottom <= viewport.height, `"${text}" is cut: ${JSON.stringify(box)}`);
    }
    const state = await read(page);
    assert.ok(state.fontPx * 0.7 >= leastPx * 0.999, "names on the map");
    const bar = await page.locator("#wall-bar").boundingBox();
    const share = (bar.width * bar.height) / (viewport.width * viewport.height);
    assert.ok(share < 0.4, `the map keeps most of the screen, the bar has ${share}`);
    await page.context().close();
  });
}

for (const theme of ["light", "dark"]) {
  test(`text stands out 4.5 to 1, symbols 3 to 1, from what is behind them: ${theme}`, { timeout: 90_000 }, async () => {
    const { page } = await wall(`panel=55&distance=3&theme=${theme}`, { width: 1920, height: 1080 });
    const texts = await textsOf(page);
    const points = await page.evaluate(() => Array.from({ length: 10 }, (_, i) => window.fleetglass.screenPoint(`small/${i + 1}`)));
    const { glyphPx } = await read(page);
    const pixels = await pixelsOf(page);
    for (const { text, box } of texts) {
      const found = textContrast(pixels, box);
      assert.ok(found >= 4.5, `"${text}": ${found.toFixed(2)}`);
    }
    // The frame leaves out those that no longer report; the bar covers part of the map.
    const { y: barTop } = await page.locator("#wall-bar").boundingBox();
    const inView = [...points.entries()].filter(([, { xPx, yPx }]) => xPx > 60 && xPx < 1_860 && yPx > 140 && yPx < barTop - 60);
    assert.ok(inView.length >= 7, JSON.stringify(points));
    for (const [i, { xPx, yPx }] of inView) {
      const boxOf = (half) => ({ left: xPx - half, right: xPx + half, top: yPx - half, bottom: yPx + half });
      const symbol = coloursIn(pixels, boxOf(glyphPx * 0.6)).filter(([, count]) => count >= 8);
      const [ground] = coloursIn(pixels, boxOf(glyphPx * 2.4))[0];
      const best = Math.max(...symbol.map(([colour]) => contrast(colour, ground)));
      assert.ok(best >= 3, `vehicle ${i + 1} against the map: ${best.toFixed(2)}`);
    }
    await page.context().close();
  });
}

test("the margin for a panel's frame keeps all within it", async () => {
  const viewport = { width: 1920, height: 1080 };
  const { page } = await wall("overscan=5&theme=dark", viewport);
  for (const selector of ["#wall-bar", "#map", ".veil-since"]) {
    const box = await page.locator(selector).evaluate((element) => element.getBoundingClientRect().toJSON());
    if (box.width === 0) continue;
    assert.ok(box.left >= 95 && box.right <= 1920 - 95 && box.top >= 53 && box.bottom <= 1080 - 53, `${selector}: ${JSON.stringify(box)}`);
  }
  const pixels = await pixelsOf(page);
  assert.deepEqual(coloursIn(pixels, { left: 0, top: 0, right: 1920, bottom: 50 }).map(([colour]) => colour), [[0, 0, 0]], "and nothing outside");
  await page.context().close();
});

test("what an address says wrongly is named on the screen, and the rest is done", async () => {
  const { page } = await wall("panel=999&distance=4&theme=dark", { width: 1920, height: 1080 });
  await untilDom(page, () => document.querySelector("#setup-notice").textContent, (text) => /panel must be a number from 5 to 200/.test(text));
  await page.context().close();
});

test("a page that starts at night is never light, not for one frame", async () => {
  const { page } = await wall("theme=dark", { width: 1280, height: 720 });
  const cdp = await page.context().newCDPSession(page);
  const frames = [];
  cdp.on("Page.screencastFrame", ({ data, sessionId }) => {
    frames.push(data);
    void cdp.send("Page.screencastFrameAck", { sessionId });
  });
  await cdp.send("Page.startScreencast", { format: "png", maxWidth: 320, maxHeight: 180, everyNthFrame: 1 });
  await page.reload();
  await until(page, (state) => state.screen === "live" && state.markers === PLACED);
  await cdp.send("Page.stopScreencast");
  const { decodePng } = await import("./lib/png.mjs");
  assert.ok(frames.length > 1, `${frames.length} frames`);
  for (const frame of frames) {
    const pixels = decodePng(Buffer.from(frame, "base64"));
    const [[r, g, b]] = coloursIn(pixels, { left: 0, top: 0, right: pixels.width, bottom: pixels.height })[0];
    assert.ok(r + g + b < 240, `a frame of ${[r, g, b]}`);
  }
  await page.context().close();
});
