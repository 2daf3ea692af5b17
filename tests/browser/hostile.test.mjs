// Names are data from outside: whatever they hold, they are shown as text.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { assertClean, launch, open, until } from "./lib/page.mjs";
import { startServer, startSimulator, stopAll } from "./lib/server.mjs";

const NAME = `<img src=x onerror="window.wasRun=1"><script>window.wasRun=1</script>`;
let simulator;
let server;
let browser;
let folder;

before(async () => {
  simulator = await startSimulator();
  browser = await launch();
  const device = await someDevice();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "fleetglass-browser-"));
  const config = path.join(folder, "fleetglass.toml");
  fs.writeFileSync(config, configuration(device));
  server = await startServer(["serve", "--config", config, "--listen", "127.0.0.1:0"], simulator.env);
});
after(async () => {
  await browser?.close();
  await stopAll();
  if (folder) fs.rmSync(folder, { recursive: true });
});

test("markup in a name is shown as text and never run", async () => {
  const watched = await open(browser, server.url);
  const { page } = watched;
  await until(page, (state) => state.listed > 0);
  await page.fill("#search", "<img");
  await until(page, (state) => state.listed === 1);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#detail:visible");
  assert.equal(await page.textContent("#detail-name"), NAME);
  assert.equal(await page.textContent(".row .row-name"), NAME);
  assert.equal(await page.evaluate(() => window.wasRun), undefined);
  assert.equal(await page.locator("img[src=x]").count(), 0);
  assertClean(watched);
});

async function someDevice() {
  const first = await startServer(["serve", "--listen", "127.0.0.1:0"], simulator.env);
  try {
    for (let attempt = 0; attempt < 100; attempt++) {
      const response = await fetch(new URL("api/v1/vehicles", first.url));
      const { vehicles } = await response.json();
      const found = vehicles.flatMap((vehicle) => vehicle.devices).find((device) => device.source === "eztotrack");
      if (found) return found.device;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("no device of eztotrack came in 10 s");
  } finally {
    await first.stop();
  }
}

function configuration(device) {
  return `
[[source]]
id = "eztotrack"
kind = "eztotrack"
api_key_env = "EZTOTRACK_API_KEY"
base_url = "${simulator.env.EZTOTRACK_BASE_URL}"

[[vehicle]]
name = '${NAME}'
devices = ["eztotrack/${device}"]
`;
}
