// One vendor in trouble: the strip says which, what it said last, and that the others are well.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertClean, launch, open, read, until, untilDom } from "./lib/page.mjs";
import { clearFaults, setFault, startServer, startSimulator, stopAll } from "./lib/server.mjs";

let simulator;
let server;
let browser;

before(async () => {
  simulator = await startSimulator();
  server = await startServer(["serve", "--listen", "127.0.0.1:0"], simulator.env);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stopAll();
});

test("a feed that is cut is shown by form, word and the vendor's last error, and heals", { timeout: 120_000 }, async () => {
  const watched = await open(browser, server.url);
  const { page } = watched;
  const health = async (id) => (await read(page)).sources.find((source) => source.id === id)?.health;
  await until(page, (state) => state.sources.length === 3 && state.sources.every((source) => source.health === "up"), 30_000);
  await setFault(simulator, { vendor: "cartrack", fault: "cut" });
  await until(page, (state) => state.sources.some((source) => source.id === "cartrack" && source.health !== "up"), 60_000);
  assert.equal(await health("eztotrack"), "up");
  const pill = page.locator("#feeds li", { hasText: "cartrack" }).first();
  await untilDom(page, () => document.querySelector("#feeds").textContent, (text) => /slow|down/.test(text));
  await pill.locator("button").focus();
  await page.keyboard.press("Enter");
  const popover = page.locator(".feed-popover:popover-open");
  await popover.waitFor();
  const text = await popover.textContent();
  assert.match(text, /Last error(?!none)/);
  await page.keyboard.press("Escape");
  await popover.waitFor({ state: "hidden" });
  await clearFaults(simulator);
  await until(page, (state) => state.sources.every((source) => source.health === "up"), 60_000);
  assertClean(watched);
  assert.equal((await read(page)).screen, "live");
});
