// The parts of the view without a page: the address, coordinates as people paste them, units by
// language, distances, and where arrows stand. No page, no server, no clock but the test's.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { imported } from "./lib/bundle.mjs";

const { ViewUrl, arc, distanceM, distanceText, freeHeight, habitsOf, idOf, readAs, rimPoint, sinceText, speedBandTexts, speedText, spotOf } = await imported(`
  export { arc, distanceM } from "./src/map/great-circle.ts";
  export { freeHeight, rimPoint } from "./src/map/free-box.ts";
  export { spotOf } from "./src/page/coordinates.ts";
  export { habitsOf } from "./src/page/preferences.ts";
  export { idOf } from "./src/page/view-parts.ts";
  export { ViewUrl } from "./src/page/view-url.ts";
  export { readAs } from "./src/ui/units.ts";
  export { distanceText, sinceText, speedBandTexts, speedText } from "./src/ui/words.ts";
`);

/** The browser's address and history, as far as a view uses them. */
let entries;
let at;
let goTo;
let writes;

beforeEach(() => {
  entries = [""];
  at = 0;
  writes = 0;
  const host = "https://host/";
  globalThis.location = {
    get hash() {
      return entries[at];
    },
    get href() {
      return host + entries[at];
    },
  };
  globalThis.history = {
    state: null,
    pushState: (_state, _title, text) => {
      entries = [...entries.slice(0, at + 1), text];
      at += 1;
    },
    replaceState: (_state, _title, text) => {
      entries[at] = text;
      writes += 1;
    },
  };
  globalThis.addEventListener = (type, listener) => {
    if (type === "popstate") goTo = (index) => ((at = index), listener());
  };
});

/** A part that holds a word of letters. */
function word(name, more = {}) {
  const part = { name, value: null, encode: () => part.value, decode: (text) => (text === null || /^[a-z/, ]+$/.test(text)) && (part.value = text), ...more };
  return part;
}

function viewOf(hash, ...parts) {
  entries[0] = hash;
  const view = new ViewUrl();
  for (const part of parts) view.add(part);
  view.read();
  return view;
}

test("an address is read as it was written, whatever stands in it", () => {
  const [first, second] = [word("first"), word("second", { decode: (text) => (second.value = text) })];
  const view = viewOf("", first, second);
  first.value = "a/b, c";
  second.value = "100 % & = # ü";
  const written = new URL(view.href).hash;
  assert.match(written, /^#first=a\/b,%20c&second=/);
  const others = [word("first"), word("second", { decode: (text) => (others[1].value = text) })];
  viewOf(written, ...others);
  assert.deepEqual(others.map(({ value }) => value), ["a/b, c", "100 % & = # ü"]);
});

test("what makes no sense in an address is left out, and the rest counts", () => {
  for (const odd of ["#first=%E0%A4%A&second=ok", "#&&=x&second=ok&second=no", "#first=123&second=ok", "#token=fg_secret&second=ok"]) {
    const [first, second] = [word("first"), word("second")];
    viewOf(odd, first, second);
    assert.deepEqual([first.value, second.value], [null, "ok"], odd);
  }
  const first = word("first");
  viewOf(`#first=ok&x=${"y".repeat(9_000)}`, first);
  assert.equal(first.value, null, "too long to be a view");
});

test("nothing is written before the view is there; then what made no sense is gone", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const first = word("first");
  const view = viewOf("#first=ok&token=fg_secret", first);
  view.drift();
  view.jump();
  t.mock.timers.tick(5_000);
  assert.deepEqual(entries, ["#first=ok&token=fg_secret"]);
  view.open();
  t.mock.timers.tick(5_000);
  assert.deepEqual(entries, ["#first=ok"]);
});

test("a jump is an entry, what drifts takes the place of one, and seldom", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let nowMs = 0;
  t.mock.method(performance, "now", () => nowMs);
  const [map, vehicle] = [word("map"), word("vehicle")];
  const view = viewOf("", map, vehicle);
  view.open();
  for (let i = 0; i < 100; i++) {
    map.value = "a".repeat(1 + i);
    view.drift();
    nowMs += 50;
    t.mock.timers.tick(50);
  }
  assert.equal(entries.length, 1);
  assert.ok(writes <= 12, `${writes} in 5 s`);
  // What was dragged just before belongs to the entry that is left.
  map.value = "dragged";
  view.drift();
  vehicle.value = "van";
  view.jump();
  assert.deepEqual(entries, ["#map=dragged", "#map=dragged&vehicle=van"]);
  view.jump();
  assert.equal(entries.length, 2, "the same again is no entry");
});

test("going back shows what was, without writing entries; habits stay those of now", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const vehicle = word("vehicle");
  const theme = word("theme", { isHabit: true });
  let view;
  const decode = vehicle.decode;
  vehicle.decode = (text) => {
    decode(text);
    view?.jump();
  };
  view = viewOf("#theme=light", vehicle, theme);
  assert.equal(theme.value, "light", "a link says it as the page opens");
  view.open();
  vehicle.value = "van";
  view.jump();
  theme.value = "dark";
  view.drift();
  t.mock.timers.tick(5_000);
  goTo(0);
  t.mock.timers.tick(5_000);
  assert.equal(vehicle.value, null);
  assert.equal(theme.value, "dark");
  assert.deepEqual(entries, ["#theme=dark", "#vehicle=van&theme=dark"]);
  goTo(1);
  assert.equal(vehicle.value, "van");
  // The way past the list for keyboards is a fragment, and no view.
  entries[1] = "#search";
  goTo(1);
  t.mock.timers.tick(5_000);
  assert.equal(vehicle.value, "van");
  assert.equal(entries[1], "#vehicle=van&theme=dark");
});

test("an id out of an address is text of a sane length", () => {
  assert.equal(idOf("alpha/AB 12"), "alpha/AB 12");
  for (const odd of ["", "x".repeat(201), "a\nb", "a\u0000"]) assert.equal(idOf(odd), null);
});

const near = (spot, latDeg, lngDeg) => spot !== null && Math.abs(spot.latDeg - latDeg) < 1e-6 && Math.abs(spot.lngDeg - lngDeg) < 1e-6;

test("coordinates are read as people write and paste them", () => {
  const berlin = [52.52, 13.405];
  for (const text of ["52.52, 13.405", " 52.52 13.405 ", "52.52;13.405", "52,52 13,405", "52,52; 13,405", "N 52.52 E 13.405", "52.52N, 13.405E", "E13.405 N52.52", "52.52°, 13.405°", "lat: 52.52 lon: 13.405", "geo:52.52,13.405?z=11", "52°31'12\"N 13°24'18\"E", "52° 31′ 12″ N, 13° 24′ 18″ E", "52 31.2 N 13 24.3 E", "52 31 12 13 24 18", "N52°31'12.0\" E13°24'18.0\""]) assert.ok(near(spotOf(text), ...berlin), `${text}: ${JSON.stringify(spotOf(text))}`);
  assert.ok(near(spotOf("-26.2041, 28.0473"), -26.2041, 28.0473));
  assert.ok(near(spotOf("26°12'14.8\"S 28°2'50.3\"E"), -(26 + 12 / 60 + 14.8 / 3600), 28 + 2 / 60 + 50.3 / 3600));
  assert.ok(near(spotOf("33.9S 151.2W"), -33.9, -151.2));
  assert.ok(near(spotOf("\u221226.5 28"), -26.5, 28));
});

test("the address of another map is read, a marker before the view, with its zoom", () => {
  const read = (address) => {
    const spot = spotOf(address);
    return spot === null ? null : [spot.latDeg, spot.lngDeg, spot.zoom];
  };
  assert.deepEqual(read("https://www.openstreetmap.org/#map=12/52.52/13.405"), [52.52, 13.405, 12]);
  assert.deepEqual(read("https://www.openstreetmap.org/?mlat=52.5&mlon=13.4#map=16/1.0/2.0"), [52.5, 13.4, 16]);
  assert.deepEqual(read("https://maps.example/maps/place/X/@52.52,13.405,15.5z/data=!3d52.5!4d13.4"), [52.5, 13.4, null]);
  assert.deepEqual(read("https://maps.example/maps/@52.52,13.405,15.5z"), [52.52, 13.405, 15.5]);
  assert.deepEqual(read("https://maps.example/?q=52.52%2C13.405"), [52.52, 13.405, null]);
  assert.deepEqual(read("https://maps.example/?ll=-26.2,28.05&z=3"), [-26.2, 28.05, null]);
  assert.deepEqual(read("https://fleet.example/#map=11.25/-26.20000/28.05000&vehicle=a"), [-26.2, 28.05, 11.25]);
  assert.equal(read("https://maps.example/place/nowhere"), null);
  assert.equal(read("https://maps.example/%E0%A4%A?x"), null);
});

test("what cannot be read for certain is not guessed", () => {
  for (const text of ["", "Berlin", "52.52", "91, 13", "52, 181", "52.5 30 N 13 24 E", "52 61 N 13 24 E", "-52 N 13 E", "52 N 13 N", "52 E 13 E", "1 2 3", "52.52, 13.405, 4", "a52b13", "<b>52 13</b>"]) assert.equal(spotOf(text), null, text);
});

test("distances are those of the round Earth", () => {
  assert.ok(Math.abs(distanceM([13.405, 52.52], [2.3522, 48.8566]) - 877_460) < 1_000);
  assert.ok(Math.abs(distanceM([179.9, 0], [-179.9, 0]) - 22_239) < 10);
  assert.equal(distanceM([5, 5], [5, 5]), 0);
  const way = arc([139.7, 35.6], [-122.4, 37.8]);
  assert.ok(way.length > 50);
  assert.ok(Math.max(...way.map(([, lat]) => lat)) > 45, "it bends north");
  for (let i = 1; i < way.length; i++) assert.ok(Math.abs(way[i][0] - way[i - 1][0]) < 180, "it does not leap round the world");
  assert.deepEqual(arc([5, 5], [5, 5]).at(-1), [5, 5]);
  const near = arc([28, -26], [28.001, -26]);
  assert.equal(near.length, 2);
});

test("arrows stand on the rim, towards what they point at, and only at what is outside", () => {
  const box = { left: 100, right: 500, top: 50, bottom: 250 };
  assert.equal(rimPoint(box, 300, 100), null);
  assert.deepEqual(rimPoint(box, 900, 150), { xPx: 500, yPx: 150, angleDeg: 90 });
  assert.deepEqual(rimPoint(box, 300, -850), { xPx: 300, yPx: 50, angleDeg: 0 });
  assert.deepEqual(rimPoint(box, -100, 150), { xPx: 100, yPx: 150, angleDeg: 270 });
  const corner = rimPoint(box, 5_000, 5_000);
  assert.ok(corner.yPx === 250 && corner.xPx > 300 && corner.xPx < 500);
  assert.equal(rimPoint({ left: 5, right: 5, top: 0, bottom: 9 }, 50, 50), null);
});

test("pointers stand beside each other, and not at all where there is no room", () => {
  const [size, box] = [{ widthPx: 100, heightPx: 40 }, { left: 0, right: 300, top: 0, bottom: 100 }];
  const taken = [];
  const put = (xPx, yPx) => {
    const free = freeHeight(taken, size, { xPx, yPx }, box);
    if (free !== null) taken.push({ xPx, yPx: free });
    return free;
  };
  assert.deepEqual([put(50, 90), put(50, 95), put(149, 95), put(90, 95)], [90, 50, 10, null]);
  assert.equal(put(250, 95), 95, "beside them all");
  // A point on the rim may be off by a little, and so may a sum.
  const rim = { left: 0, right: 800, top: 100.3, bottom: 700.1 };
  for (let x = -900; x < 1_700; x += 7.3) {
    for (const y of [-500.7, 1_300.9]) {
      const point = rimPoint(rim, x, y);
      const first = freeHeight([], size, point, rim);
      assert.ok(Math.abs(first - point.yPx) < 0.01, `${x} ${y}`);
      assert.ok(Math.abs(freeHeight([{ ...point, yPx: first }], size, point, rim) - first) < 40.01, "the next one stands beside it");
    }
  }
});

test("units and hours are those of the language until somebody chooses", () => {
  assert.deepEqual(habitsOf("en-US"), { units: "mi", hours: "12" });
  assert.deepEqual(habitsOf("en-GB"), { units: "mi", hours: "24" });
  assert.deepEqual(habitsOf("de"), { units: "km", hours: "24" });
  assert.deepEqual(habitsOf("en-IE"), { units: "km", hours: "24" });
  assert.deepEqual(habitsOf("en-AU"), { units: "km", hours: "12" });
});

test("speeds, ways and times are written as chosen, and a time has its zone", () => {
  const ms = Date.parse("2026-08-05T14:02:31Z");
  readAs({ units: "km", hours: "24" });
  assert.equal(speedText(15), "54 km/h");
  assert.deepEqual([12, 96, 640, 2_400, 45_600, 1_204_000].map(distanceText), ["12 m", "96 m", "640 m", "2.40 km", "45.6 km", "1,204 km"]);
  assert.deepEqual(speedBandTexts([20, 50, 80, 110]), ["under 20", "20 to 50", "50 to 80", "80 to 110", "over 110"]);
  assert.match(sinceText(ms, ms + 1_000), /^\d\d:\d\d (UTC|GMT.*|[A-Z]{2,5})$/);
  readAs({ units: "mi", hours: "12" });
  assert.equal(speedText(15), "34 mph");
  assert.deepEqual([30, 1_609.344, 80_467.2].map(distanceText), ["98 ft", "1.00 mi", "50.0 mi"]);
  assert.deepEqual(speedBandTexts([20, 50, 80, 110])[1], "12 to 31");
  assert.match(sinceText(ms, ms + 1_000), /^\d{1,2}:\d\d\s(AM|PM|am|pm) (UTC|GMT.*|[A-Z]{2,5})$/);
  readAs({ units: "km", hours: "24" });
});
