// axe on both pages, light and dark, and with the detail panel open.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findings } from "./lib/axe.mjs";
import { launch, open, until, untilDom } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";

let server;
let browser;

before(async () => {
  server = await startDemo();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stopAll();
});

for (const colorScheme of ["light", "dark"]) {
  test(`the desk has no serious finding (${colorScheme})`, async () => {
    const { page } = await open(browser, server.url, { colorScheme, bypassCSP: true });
    await until(page, (state) => state.listed === 300 && state.isMapIdle);
    assert.deepEqual(await findings(page), []);
    await page.click(".row >> nth=1");
    await untilDom(page, () => document.querySelector("#detail-devices dd") !== null, Boolean);
    assert.deepEqual(await findings(page), []);
    await page.close();
  });

  test(`the wall has no serious finding (${colorScheme})`, async () => {
    const url = new URL("wall", server.url).href;
    const { page } = await open(browser, url, { colorScheme, bypassCSP: true });
    await until(page, (state) => state.vehicles === 300 && state.isMapIdle);
    assert.deepEqual(await findings(page), []);
    await page.close();
  });
}
