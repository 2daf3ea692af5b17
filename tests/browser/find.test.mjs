// Finding a vehicle as one types: what is found, in which order, with what marked.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { imported } from "./lib/bundle.mjs";
import { assertClean, launch, open, until, untilDom } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";
import { standIn } from "./lib/stand-in.mjs";
import { NAMES, ToldWorld } from "./lib/told-world.mjs";

const { Directory, FleetColumns, marksIn, typoPlace } = await imported(`
  export { Directory } from "./src/live/directory.ts";
  export { FleetColumns } from "./src/live/columns.ts";
  export { marksIn } from "./src/ui/marks.ts";
  export { typoPlace } from "./src/live/match.ts";
`);

let server;
let browser;

before(async () => {
  server = await startDemo("--vehicles", "5");
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stopAll();
});

function fleetOf(entries) {
  const columns = new FleetColumns();
  const directory = new Directory(columns);
  columns.reserve(entries.length);
  entries.forEach((entry, row) => {
    columns.tile[row] = 1;
    columns.state[row] = 0;
    directory.recount(Uint32Array.of(row));
    directory.name(row, { id: `test/${row}`, ...entry });
  });
  const order = (text) => directory.order({ text, standings: [], sort: "name" }, 1_000);
  return {
    directory,
    listed: (text) => [...order(text)].map((row) => entries[row].name),
    foundIn: (text) => directory.foundIn(order(text), text),
  };
}

test("exact before prefix before word start before inside before a typo", () => {
  const fleet = fleetOf([{ name: "Mustang" }, { name: "Old Marlin" }, { name: "Marlin" }, { name: "Submarlin" }, { name: "Marlin II" }, { name: "Marlyn" }, { name: "Zed", driver: "Marlin" }]);
  assert.deepEqual(fleet.listed("marlin"), ["Marlin", "Zed", "Marlin II", "Old Marlin", "Submarlin"], "no typo is thought of where one is called so");
  assert.deepEqual(fleet.listed("old marlin"), ["Old Marlin"]);
  const others = fleetOf([{ name: "Marlyn" }, { name: "Old Marlin" }, { name: "Submarlin" }]);
  assert.deepEqual(others.listed("marlin"), ["Old Marlin", "Submarlin", "Marlyn"]);
});

test("a group is shared by many: its name is no name of a vehicle", () => {
  const fleet = fleetOf([{ name: "Alpha", groups: ["North"] }, { name: "Northern Light" }, { name: "Beta", groups: ["North East"] }]);
  assert.deepEqual(fleet.listed("north"), ["Northern Light", "Alpha", "Beta"]);
});

test("one typo is forgiven, of each kind; two are not, nor one in a number or a short word", () => {
  const fleet = fleetOf([{ name: "Johannesburg 77", registration: "CA 123-456" }, { name: "Cape", devices: ["x/512345678"] }]);
  const word = "johannesburg";
  const changed = (at, length, by) => word.slice(0, at) + by + word.slice(at + length);
  const others = [changed(8, 1, "z"), changed(11, 1, "k"), changed(4, 1, ""), changed(4, 0, "x"), changed(9, 2, "ru"), changed(0, 2, "oj")];
  for (const typed of others) assert.deepEqual(fleet.listed(typed), ["Johannesburg 77"], typed);
  assert.deepEqual(fleet.listed(changed(4, 2, "mm")), [], "two are too many");
  assert.deepEqual(fleet.listed(`${changed(4, 1, "")} 77`), ["Johannesburg 77"]);
  assert.deepEqual(fleet.listed(`${changed(4, 1, "")} 78`), []);
  assert.deepEqual(fleet.listed("512345679"), []);
  assert.deepEqual(fleet.listed("tape"), []);
  assert.deepEqual(fleet.listed("ca123-456"), ["Johannesburg 77"], "a plate however it is spaced");
  assert.deepEqual(fleet.listed("ca124456"), ["Johannesburg 77"], "a letter of a plate is not a number");
  assert.deepEqual(typoPlace(`\nold ${changed(4, 1, "")}\n`, word), [5, 16]);
});

test("why a vehicle was found, where its name does not tell", () => {
  const fleet = fleetOf([{ name: "Truck 7", registration: "AB 1", driver: "Thandi Ndlovu", groups: ["North", "Café"], devices: ["cartrack/5551"] }]);
  assert.deepEqual(fleet.foundIn("truck"), [null]);
  assert.deepEqual(fleet.foundIn("ab1"), [null]);
  assert.deepEqual(fleet.foundIn("ndlovu"), [{ field: "driver", value: "Thandi Ndlovu" }]);
  assert.deepEqual(fleet.foundIn("truck cafe"), [{ field: "group", value: "Café" }]);
  assert.deepEqual(fleet.foundIn("555"), [{ field: "device", value: "5551" }]);
  assert.deepEqual(fleet.foundIn("ndlowu"), [{ field: "driver", value: "Thandi Ndlovu" }]);
  assert.deepEqual(fleet.foundIn("test/0"), [{ field: "id", value: "test/0" }]);
});

test("a vehicle is found by its address as long as it is there, and nobody inherits it", () => {
  const fleet = fleetOf([{ name: "A", id: "a" }, { name: "B", id: "b" }]);
  fleet.directory.setAddresses(new Map([[0, "Marine Parade"], [1, "Long Street"]]));
  assert.deepEqual(fleet.listed("marine"), ["A"]);
  assert.deepEqual(fleet.foundIn("parade"), [{ field: "address", value: "Marine Parade" }]);
  fleet.directory.name(0, { id: "a", name: "A", driver: "Thandi" });
  assert.deepEqual(fleet.listed("marine thandi"), ["A"]);
  fleet.directory.name(0, { id: "c", name: "C" });
  assert.deepEqual(fleet.listed("marine"), []);
  fleet.directory.setAddresses(new Map());
  assert.deepEqual(fleet.listed("long"), []);
});

test("a name cannot pretend to be more values than one", () => {
  const fleet = fleetOf([{ name: "Evil\nMarlin\tMarlin\vMarlin" }, { name: "Marlin" }]);
  assert.deepEqual(fleet.listed("marlin")[0], "Marlin");
  assert.deepEqual(fleet.foundIn("evil"), [null]);
});

test("what is typed is marked in what is shown", () => {
  const marked = (text, typed) => marksIn(text, typed).map(([start, end]) => text.slice(start, end));
  assert.deepEqual(marked("Red Van 12", "van"), ["Van"]);
  assert.deepEqual(marked("Caravan Van", "van"), ["Van"], "where a word begins, if one does");
  assert.deepEqual(marked("Café Olé", "ole cafe"), ["Café", "Olé"]);
  assert.deepEqual(marked("CA 123-456", "ca123456"), ["CA 123-456"]);
  assert.deepEqual(marked("Thandi Ndlovu", "ndlowu"), ["Ndlovu"]);
  assert.deepEqual(marked("A (b) [c]", "(b) ["), ["(b) ["]);
  assert.deepEqual(marked("Straße", "strasse").length + marked("İstanbul", "istanbul").length, 1);
  assert.deepEqual(marked("Truck", ""), []);
});

test("on the desk: by driver, by group and by where it is, each with the reason and the part marked", { timeout: 120_000 }, async (t) => {
  const world = new ToldWorld();
  const host = await standIn(server, (viewer) => world.greet(viewer), world.answer);
  t.after(() => host.close());
  const watched = await open(browser, host.url);
  const { page } = watched;
  await until(page, (state) => state.listed === 11, 30_000);
  const found = () => [...document.querySelectorAll(".row:not([hidden])")].map((row) => `${row.querySelector(".row-name").innerHTML}: ${row.querySelector(".row-found:not([hidden])")?.innerHTML ?? ""}`).join("; ");
  await page.fill("#search", "ndlovo");
  await untilDom(page, found, (text) => text === "Truck 1: Driver Thandi <mark>Ndlovu</mark>");
  await page.fill("#search", "marine par");
  await untilDom(page, found, (text) => text === "Truck 1: Address 12 <mark>Marine Par</mark>ade");
  await page.fill("#search", "durban");
  await untilDom(page, found, (text) => text === "Truck 1: Group North / <mark>Durban</mark>; Truck 2: Group North / <mark>Durban</mark>");
  await page.fill("#search", "van 2");
  await untilDom(page, found, (text) => text === "<mark>Van 2</mark>: ");
  await page.fill("#search", "");
  await untilDom(page, NAMES, (names) => names.split(",").length === 11);
  await untilDom(page, () => [...document.querySelectorAll("mark")].filter((mark) => mark.checkVisibility()).length, (count) => count === 0);
  const questions = world.listed.map(({ searchParams }) => searchParams.get("q")).filter((q) => q !== null);
  // What was typed over before it was time to ask is not asked; the rest once.
  const typed = ["ndlovo", "marine par", "durban", "van 2"];
  assert.deepEqual(questions, typed.filter((one) => questions.includes(one)));
  assert.ok(questions.includes("marine par"));
  assertClean(watched);
  await page.close();
});
