// A trail as it is drawn, and the words about it. No page, no server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { imported } from "./lib/bundle.mjs";

const { trailFeatures, speedBand, UNKNOWN_BAND } = await imported(`
  export { trailFeatures, speedBand, UNKNOWN_BAND } from "./src/map/trail-features.ts";
`);
const point = (s, kmh, more = {}) => ({ lat_deg: -26, lng_deg: 28 + s / 1e4, fixed_at: new Date(1.8e12 + s * 1_000).toISOString(), ...(kmh === undefined ? {} : { speed_mps: kmh / 3.6 }), ...more });
const lines = (points) => trailFeatures(points).features.filter(({ geometry }) => geometry.type === "LineString");

test("bands of speed, and an unknown speed in none of them", () => {
  assert.deepEqual([0, 19, 20, 49, 79, 109, 110, 300].map((kmh) => speedBand((kmh + 0.01) / 3.6)), [0, 0, 1, 1, 2, 3, 4, 4]);
  assert.equal(speedBand(undefined), UNKNOWN_BAND);
});

test("a way of one band is one line, and bands join without a hole", () => {
  const drawn = lines([point(0, 30), point(10, 32), point(20, 90), point(30, 95), point(40)]);
  assert.deepEqual(drawn.map(({ properties }) => properties.band), [1, 2, 3]);
  for (const [i, { geometry }] of drawn.slice(1).entries()) assert.deepEqual(geometry.coordinates[0], drawn[i].geometry.coordinates.at(-1));
  assert.equal(drawn.at(-1).geometry.coordinates.length, 3, "one known end is enough");
});

test("a gap is a line of its own, without a speed, as the server says or where nobody could expect the next", () => {
  const told = lines([point(0, 30), point(10, 30), point(70, 30, { gap: true }), point(80, 30)]);
  assert.deepEqual(told.map(({ properties }) => [properties.isGap, properties.band]), [[false, 1], [true, UNKNOWN_BAND], [false, 1]]);
  assert.equal(lines([point(0, 30), point(600, 30)])[0].properties.isGap, false, "ten minutes may be normal");
  assert.equal(lines([point(0, 30), point(16 * 60, 30)])[0].properties.isGap, true);
});

test("each fix is a point, those completed later marked; a single one has no line", () => {
  const { features } = trailFeatures([point(0, 30, { filled: true })]);
  assert.equal(features.length, 1);
  assert.deepEqual(features[0].properties, { isFilled: true });
  assert.deepEqual(trailFeatures([]).features, []);
});
