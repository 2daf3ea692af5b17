// The list as a grid: what it is sorted by, which columns it has, how it is steered, and that it says
// the order it is in.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findings } from "./lib/axe.mjs";
import { bundled, imported } from "./lib/bundle.mjs";
import { assertClean, launch, open, until, untilDom } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";
import { idOf } from "./lib/small-world.mjs";
import { standIn } from "./lib/stand-in.mjs";
import { NAMES, ToldWorld } from "./lib/told-world.mjs";

const { Directory, FleetColumns, actOf } = await imported(`
  export { Directory } from "./src/live/directory.ts";
  export { FleetColumns } from "./src/live/columns.ts";
  export { actOf } from "./src/ui/list-keys.ts";
`);
const SIZE = { viewport: { width: 1600, height: 900 } };

let server;
let browser;
let host;

before(async () => {
  server = await startDemo("--vehicles", "5");
  browser = await launch();
  const world = new FactsWorld();
  host = await standIn(server, (viewer) => world.greet(viewer), world.answer);
});
after(async () => {
  host?.close();
  await browser?.close();
  await stopAll();
});

/** The small fleet with all that a column may show. */
class FactsWorld extends ToldWorld {
  fleetAt(ms) {
    return super.fleetAt(ms).map((vehicle, i) => {
      if (vehicle.position === undefined) return vehicle;
      const fact = (value) => ({ value, at: new Date(ms).toISOString(), source: "alpha" });
      return { ...vehicle, ignition: fact(i % 2 === 0), odometer_m: fact(1_000_000 * ((i * 7) % 10)), battery_pct: fact(90 - i), ...(i < 3 && { fuel_l: fact(40 + i) }) };
    });
  }
}

async function openDesk(fragment = "", options = {}) {
  for (const context of browser.contexts()) await context.close();
  const watched = await open(browser, host.url + fragment, { ...SIZE, ...options });
  await until(watched.page, (state) => state.listed === 11, 30_000);
  return watched;
}

const cells = (column) => `(() => [...document.querySelectorAll('.row:not([hidden]) [data-column=${column}]')].map((cell) => cell.textContent))()`;

test("every order has the unknown last, whichever way round, and names decide what is equal", () => {
  const columns = new FleetColumns();
  const directory = new Directory(columns);
  const fleet = [
    { name: "A", driver: "Zola", speed: 10, groups: ["South"] },
    { name: "B", speed: 255 },
    { name: "C", driver: "Äbi", speed: 60, groups: ["North"] },
    { name: "D", driver: "Zola", speed: 10, groups: ["North"] },
  ];
  columns.reserve(fleet.length);
  fleet.forEach(({ speed, ...entry }, row) => {
    columns.tile[row] = 1;
    columns.state[row] = 0x40 | [0, 3, 2, 0][row];
    columns.speed[row] = speed;
    directory.recount(Uint32Array.of(row));
    directory.name(row, { id: `t/${row}`, ...entry });
  });
  const listed = (sort, isDescending = false) => [...directory.order({ text: "", standings: [], sort, isDescending }, 1_000)].map((row) => fleet[row].name).join("");
  assert.equal(listed("name", true), "DCBA");
  assert.deepEqual([listed("speed"), listed("speed", true)], ["ADCB", "CADB"]);
  assert.deepEqual([listed("driver"), listed("driver", true)], ["CADB", "ADCB"]);
  assert.equal(listed("group"), "CDAB");
  assert.equal(listed("state"), "ADCB");
  assert.equal(listed("odometer"), "ABCD", "nothing known: by name");
  directory.setFacts(new Map([["t/0", { odometerM: 5 }], ["t/2", { odometerM: 3 }], ["t/1", { address: "Long Street" }]]));
  assert.deepEqual([listed("odometer"), listed("odometer", true), listed("address")], ["CABD", "ACBD", "BACD"]);
});

test("100,000 rows come into any order within the time that a worker has", () => {
  const columns = new FleetColumns();
  const directory = new Directory(columns);
  const count = 100_000;
  columns.reserve(count);
  for (let row = 0; row < count; row++) {
    columns.tile[row] = 1;
    columns.state[row] = 0x40;
    columns.speed[row] = (row * 31) % 200;
    directory.name(row, { id: `t/${row}`, name: `Van ${row}`, driver: `Driver ${(row * 7_919) % 5_000}` });
  }
  directory.recount(Uint32Array.from({ length: count }, (_, row) => row));
  const order = (sort) => directory.order({ text: "", standings: [], sort }, 1_000);
  while (order("name").length < count || directory.isSorting);
  const bySpeed = order("speed");
  assert.ok(bySpeed.every((row, i) => i === 0 || columns.speed[bySpeed[i - 1]] <= columns.speed[row]));
  const startMs = performance.now();
  assert.equal(order("driver").length, count);
  console.log(`100,000 by driver: ${(performance.now() - startMs).toFixed(0)} ms`);
});

test("keys: letters and ends of a line are the field's, all else is the grid's", () => {
  const act = (key, isInField, more = {}) => actOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more }, isInField, 9);
  assert.deepEqual(act("PageDown", true), { kind: "move", to: 9, isStretching: false });
  assert.deepEqual(act("ArrowUp", false, { shiftKey: true }), { kind: "move", to: -1, isStretching: true });
  for (const key of ["Home", "End", " ", "ArrowLeft", "ArrowRight", "x"]) assert.equal(act(key, true), null, key);
  assert.equal(act("a", true, { ctrlKey: true }), null);
  assert.deepEqual(act("a", false, { ctrlKey: true }), { kind: "all" });
  assert.deepEqual(act("End", false), { kind: "move", to: "last", isStretching: false });
  assert.deepEqual([act("Enter", true), act("Enter", true, { shiftKey: true }), act(" ", false)].map(({ kind }) => kind), ["select", "toggle", "toggle"]);
});

test("the order that the list is in is the one that stands there", { timeout: 120_000 }, async () => {
  const watched = await openDesk();
  const { page } = watched;
  const order = () => page.locator("#sort").inputValue();
  assert.equal(await order(), "name");
  await page.click("#counts [data-standing=overdue] button");
  await untilDom(page, NAMES, (names) => names === "Truck 4,Van 3");
  assert.equal(await order(), "silence", "it is by silence, and says so");
  await page.selectOption("#sort", "name");
  await page.click("[aria-label='Reverse the order']");
  await untilDom(page, NAMES, (names) => names === "Van 3,Truck 4");
  assert.equal(await order(), "name", "what was chosen counts");
  await untilDom(page, () => location.hash, (hash) => hash.includes("sort="));
  await page.click("[aria-label='Reverse the order']");
  await page.click("#counts [data-standing=overdue] button");
  await untilDom(page, NAMES, (names) => names.split(",").length === 11);
  assert.equal(await order(), "name");
  assertClean(watched);
});

test("columns are chosen, sorted by, remembered and in the address", { timeout: 180_000 }, async () => {
  const watched = await openDesk();
  const { page } = watched;
  await page.click("[aria-label=Columns]");
  for (const column of ["speed", "driver", "odometer", "fuel", "source"]) await page.check(`#column-${column}`);
  await page.keyboard.press("Escape");
  assert.deepEqual(await page.$$eval("[role=columnheader]", (heads) => heads.map((head) => head.textContent)), ["Name", "State", "Age of fix", "Speed", "Driver", "Registration", "Source", "Odometer", "Fuel"]);
  await untilDom(page, cells("odometer"), (texts) => texts.includes("7,000 km"));
  await page.getByRole("button", { name: "Odometer", exact: true }).click();
  await untilDom(page, cells("odometer"), (texts) => texts.slice(0, 10).join() === "0 km,1,000 km,2,000 km,3,000 km,4,000 km,5,000 km,6,000 km,7,000 km,8,000 km,9,000 km" && texts.at(-1) === "");
  assert.equal(await page.getAttribute("[data-column=odometer][role=columnheader]", "aria-sort"), "ascending");
  await page.getByRole("button", { name: "Odometer", exact: true }).click();
  await untilDom(page, cells("odometer"), (texts) => texts[0] === "9,000 km" && texts.at(-1) === "");
  await page.getByRole("button", { name: "Driver", exact: true }).click();
  await untilDom(page, cells("driver"), (texts) => texts.slice(0, 4).join() === "José Red,Sipho Botha,Thandi Ndlovu,");
  await untilDom(page, "location.hash", (hash) => hash.includes("sort=driver") && hash.includes("columns=name,state,age,speed,driver,registration,source,odometer,fuel"));
  // Another page of the same machine has them too, without an address.
  await page.goto("about:blank");
  await page.goto(host.url);
  await until(page, (state) => state.listed === 11);
  assert.equal(await page.locator("[role=columnheader]").count(), 9);
  // A link says otherwise for its page alone.
  await page.goto("about:blank");
  await page.goto(`${host.url}#columns=name,battery,nonsense`);
  await until(page, (state) => state.listed === 11);
  assert.deepEqual(await page.$$eval("[role=columnheader]", (heads) => heads.map((head) => head.textContent)), ["Name", "Battery"]);
  await page.click("[aria-label=Columns]");
  await page.getByRole("button", { name: "Back to the usual" }).click();
  await untilDom(page, "document.documentElement.dataset.list === undefined", Boolean);
  assertClean(watched);
});

test("it is a grid: rows and cells are counted, and keys reach every one", { timeout: 120_000 }, async () => {
  const watched = await openDesk("#columns=name,state,age,speed,driver,group,address,ignition,battery", { bypassCSP: true });
  const { page } = watched;
  const grid = page.locator("#vehicle-list");
  assert.deepEqual([await grid.getAttribute("role"), await grid.getAttribute("aria-rowcount"), await grid.getAttribute("aria-colcount")], ["grid", "12", "9"]);
  assert.deepEqual(await findings(page), []);
  await grid.focus();
  const active = () => page.evaluate(() => document.getElementById(document.querySelector("#vehicle-list").getAttribute("aria-activedescendant"))?.textContent);
  await page.keyboard.press("End");
  assert.match(await active(), /^Van 5/);
  await page.keyboard.press("Home");
  assert.match(await active(), /^Car 1/);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.match(await active(), /^Moving/, "the second cell");
  for (let i = 0; i < 12; i++) await page.keyboard.press("ArrowRight");
  assert.equal(await active(), "81 %");
  for (let i = 0; i < 12; i++) await page.keyboard.press("ArrowLeft");
  assert.match(await active(), /^Car 1Moving/, "and back to the whole row");
  await page.keyboard.press("Enter");
  await until(page, (state) => state.selectedId === idOf(9));
  assert.deepEqual(watched.errors, []);
});

test("of 100,000 rows only those in view exist, and the last can be reached", { timeout: 120_000 }, async () => {
  for (const context of browser.contexts()) await context.close();
  const page = await (await browser.newContext(SIZE)).newPage();
  await page.setContent("<input id=search><div id=list style='height: 600px; overflow: auto; position: relative' tabindex=0></div>");
  const code = await bundled(`
    import { VehicleList } from "./src/ui/vehicle-list.ts";
    const at = (place) => ({ id: String(place), name: "Van " + place, registration: "", driver: "", group: "", motion: 0, freshness: 0, speedMps: NaN, fixedAtMs: 0, lngLatDeg: null, isFeedDown: false, since: null, facts: null });
    const rows = { length: 100_000, at, placeOf: Number, foundIn: () => null, reach() {} };
    const list = new VehicleList(rows, () => 1_000, document.querySelector("#list"), document.querySelector("#search"), { onSelect: ({ id }) => (document.title = id), onChoose(ids) { window.chosen = ids.length; }, onChooseAll() {}, onSort() {} });
    list.setColumns(["name", "state", "age"], true);
  `);
  await page.addScriptTag({ content: code, type: "module" });
  await page.focus("#list");
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  assert.equal(await page.title(), "99999");
  assert.ok((await page.locator(".row").count()) < 60, `${await page.locator(".row").count()} rows exist`);
  assert.equal(await page.getAttribute("#list", "aria-rowcount"), "100001");
  const last = page.locator(".row", { hasText: "Van 99999" });
  assert.equal(await last.getAttribute("aria-rowindex"), "100001");
  assert.ok(await last.isVisible());
  // A stretch is chosen with Shift, as far as anybody means it.
  await page.keyboard.press("Shift+ArrowUp");
  await page.keyboard.press("Shift+ArrowUp");
  assert.equal(await page.evaluate(() => window.chosen), 3);
  await page.keyboard.press("Shift+Home");
  assert.equal(await page.evaluate(() => window.chosen), 1_000);
});

test("on a phone every block of the glance can be reached", { timeout: 120_000 }, async () => {
  const { page } = await openDesk("", { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  const blocks = page.locator("#counts li:not([hidden]) .block:visible");
  const texts = await blocks.allTextContents();
  for (const word of ["Stale", "Offline", "Stopped reporting", "No position"]) assert.ok(texts.some((text) => text.includes(word)), word);
  for (const box of await Promise.all((await blocks.all()).map((block) => block.boundingBox()))) {
    assert.ok(box.x >= 0 && box.x + box.width <= 360, `within the screen: ${JSON.stringify(box)}`);
  }
  const { height } = await page.locator("#vehicle-list").boundingBox();
  assert.ok(height > 90, `the list has ${height} px`);
  await page.locator("#counts [data-standing=offline] button").tap();
  await untilDom(page, NAMES, (names) => names === "Van 3");
});
