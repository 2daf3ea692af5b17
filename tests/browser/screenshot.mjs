// Takes the picture in the README: the desk on the demo fleet, one vehicle opened.

import fs from "node:fs";
import path from "node:path";
import { launch, open, until } from "./lib/page.mjs";
import { startDemo } from "./lib/server.mjs";

const MOST_BYTES = 350_000;

export async function takeScreenshot(file) {
  const server = await startDemo();
  const browser = await launch();
  try {
    const { page } = await open(browser, server.url, { viewport: { width: 1360, height: 820 } });
    await until(page, (state) => state.vehicles === 300 && state.listed === 300, 20_000);
    await page.click("#counts [data-standing=moving] button");
    await page.waitForTimeout(20_000); // a trail worth seeing
    await page.click(".row >> nth=2");
    await until(page, (state) => state.selectedId !== undefined && state.trailPoints > 0 && state.isMapIdle);
    await page.waitForTimeout(2_000);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    await page.screenshot({ path: file });
    const { size } = fs.statSync(file);
    if (size > MOST_BYTES) throw new Error(`${file} has ${size} bytes, more than ${MOST_BYTES}`);
    console.log(`${file}: ${size} bytes`);
  } finally {
    await browser.close();
    await server.stop();
  }
}
