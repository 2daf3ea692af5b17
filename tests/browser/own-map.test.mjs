// The operator's own map: a style on another host that works, one that fails, and a PMTiles file.

import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { assertClean, launch, open, until, untilMarkers, untilDom } from "./lib/page.mjs";
import { BINARY, startServer, startSimulator, stopAll } from "./lib/server.mjs";

const STYLE = {
  version: 8,
  name: "operator",
  sources: { land: { type: "geojson", data: { type: "FeatureCollection", features: [] }, attribution: "Operator's map" } },
  layers: [{ id: "land", type: "background", paint: { "background-color": "#dde5dd" } }],
};

let simulator;
let browser;
let folder;
let styles;

before(async () => {
  simulator = await startSimulator("--vehicles", "30");
  browser = await launch();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "fleetglass-browser-"));
  styles = await serveStyles();
});
after(async () => {
  await browser?.close();
  styles?.close();
  await stopAll();
  if (folder) fs.rmSync(folder, { recursive: true });
});

test("a style on another host is shown under the policy made for it", async () => {
  const server = await serveWith(`style_url = "http://127.0.0.1:${styles.address().port}/style.json"`);
  const watched = await open(browser, server.url);
  await until(watched.page, (state) => state.basemap === "style" && state.style === "operator");
  await untilMarkers(watched.page);
  assertClean(watched);
  await watched.page.close();
  await server.stop();
});

test("where that style fails, the embedded map steps in and the page says so", async () => {
  const server = await serveWith(`style_url = "http://127.0.0.1:${styles.address().port}/missing.json"`);
  const watched = await open(browser, server.url);
  await untilMarkers(watched.page);
  await until(watched.page, (state) => state.basemap === "builtin" && state.notice.includes("unavailable"), 20_000);
  await untilDom(watched.page, () => document.querySelector(".maplibregl-ctrl-attrib").textContent, (text) => text.includes("OpenStreetMap"));
  assert.deepEqual(watched.violations, []);
  await watched.page.close();
  await server.stop();
});

test("a PMTiles file is served by us and styled in the page", async () => {
  const archive = anArchive();
  const server = await serveWith(`pmtiles_file = "${archive}"`);
  const watched = await open(browser, server.url);
  await until(watched.page, (state) => state.basemap === "pmtiles");
  await untilMarkers(watched.page);
  assertClean(watched);
  await watched.page.close();
  await server.stop();
});

// Any PMTiles file will do: by default the basemap that the build left beside the server.
function anArchive() {
  if (process.env.FLEETGLASS_TEST_PMTILES) return process.env.FLEETGLASS_TEST_PMTILES;
  const builds = path.join(path.dirname(BINARY), "build");
  const found = fs
    .readdirSync(builds)
    .map((name) => path.join(builds, name, "out", "basemap.pmtiles"))
    .filter((file) => fs.existsSync(file));
  assert.ok(found.length > 0, `no basemap.pmtiles below ${builds}; name a file in FLEETGLASS_TEST_PMTILES`);
  return found[0];
}

function serveWith(mapLines) {
  const config = path.join(folder, "fleetglass.toml");
  const source = `[[source]]\nid = "eztotrack"\nkind = "eztotrack"\napi_key_env = "EZTOTRACK_API_KEY"\nbase_url = "${simulator.env.EZTOTRACK_BASE_URL}"\n`;
  fs.writeFileSync(config, `[map]\n${mapLines}\n\n${source}`);
  return startServer(["serve", "--config", config, "--listen", "127.0.0.1:0"], simulator.env);
}

function serveStyles() {
  const host = http.createServer((request, response) => {
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("content-type", "application/json");
    if (request.url === "/style.json") response.end(JSON.stringify(STYLE));
    else response.writeHead(404).end("{}");
  });
  return new Promise((resolve) => host.listen(0, "127.0.0.1", () => resolve(host)));
}
