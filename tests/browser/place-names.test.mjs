// Going to a place by its name: found in the embedded basemap, near the fleet first, and asked of
// nobody else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { imported } from "./lib/bundle.mjs";
import { CirclingDesk, isSettled } from "./lib/circling-desk.mjs";
import { assertClean, until, untilDom } from "./lib/page.mjs";

const { bestPlaces, nearTiles } = await imported(`export { bestPlaces, nearTiles } from "./src/page/place-search.ts";`);
const desk = new CirclingDesk();

before(() => desk.start());
after(() => desk.stop());

test("the whole name before its beginning before a word of it, and the larger first", () => {
  const place = (name, population) => ({ name, population, lngLatDeg: [0, 0] });
  const places = [place("Durbanville", 60_000), place("Durban", 3_000_000), place("New Durban", 10), place("São Paulo", 12_000_000), place("Paulpietersburg", 9_000), place("Bedurban", 5)];
  const names = (text) => bestPlaces(places, text).map(({ name }) => name);
  assert.deepEqual(names("durban"), ["Durban", "Durbanville", "New Durban"]);
  assert.deepEqual(names("sao paulo"), ["São Paulo"]);
  assert.deepEqual(names("paul"), ["Paulpietersburg", "São Paulo"]);
  assert.deepEqual([names(" "), names("xyz")], [[], []]);
});

test("the tiles where most are, and not too many", () => {
  const width = 2 ** 25;
  const near = Array.from({ length: 100 }, (_, i) => ({ x: i * width, y: 3 * width }));
  const tiles = nearTiles([...near, { x: 77 * width + 5, y: 3 * width + 9 }]);
  assert.equal(tiles.length, 40);
  assert.deepEqual(tiles[0], { z: 7, x: 77, y: 3 });
});

test("a town near the fleet and a city far away are gone to by name; no foreign host is asked", { timeout: 240_000 }, async () => {
  const watched = await desk.open();
  const { page } = watched;
  const hosts = new Set();
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  await page.keyboard.press("g");
  await page.fill("#go-to-field", "alberto");
  const lines = () => [...document.querySelectorAll(".place-line")].map((line) => line.textContent);
  const found = await untilDom(page, lines, (all) => all.length > 0, 60_000);
  assert.ok(found.some((text) => text.startsWith("Alberton ")), found.join());
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await until(page, (state) => Math.abs(state.center[1] - -26.27) < 0.1 && Math.abs(state.center[0] - 28.12) < 0.2 && isSettled(state));
  assert.equal(await page.isVisible("#go-to"), false);
  await page.keyboard.press("g");
  await page.fill("#go-to-field", "Tokyo");
  await page.keyboard.press("Enter");
  await until(page, (state) => Math.abs(state.center[1] - 35.68) < 0.3 && isSettled(state), 60_000);
  await page.keyboard.press("g");
  await page.fill("#go-to-field", "Xyzzytown");
  await page.getByText("No place of that name is known here.").waitFor();
  assert.deepEqual([...hosts], [new URL(desk.host.url).host]);
  assertClean(watched);
});
