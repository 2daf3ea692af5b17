// How a soak judges: what is flat, what grows, and what cannot be said. The soak itself is run by
// hand (./soak), since it takes half an hour.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MEASURES } from "../../benches/soak/measures.mjs";
import { reportOf } from "../../benches/soak/report.mjs";
import { trendOf } from "../../benches/soak/trend.mjs";
import { verdictsOf } from "../../benches/soak/verdicts.mjs";

const HEAP = { key: "wall.heap", of: "wall", unit: "MB", share: 0.1, least: 1, what: "wall: heap" };

/** A sample each half minute; `valueAt(i)`, and whose life it was. */
function samples(count, valueAt, lifeAt = () => 1) {
  return Array.from({ length: count }, (_, i) => ({ atS: i * 30, figures: { "wall.heap": valueAt(i) }, lives: { wall: lifeAt(i) } }));
}
const noise = (i) => Math.sin(i * 12.9898) * 0.5;
const verdict = (all) => verdictsOf(all, [HEAP])[0];

test("noise around a level is flat, also with outliers of a fault", () => {
  assert.equal(verdict(samples(40, (i) => 20 + noise(i))).isFlat, true);
  assert.equal(verdict(samples(40, (i) => 20 + noise(i) + (i % 9 === 8 ? 15 : 0))).isFlat, true);
  assert.equal(verdict(samples(40, (i) => (i > 37 ? 60 : 20 + noise(i)))).isFlat, true, "two odd ones at the end bend nothing");
});

test("what climbs is found, also within noise, and by how much is said", () => {
  const { isFlat, trend, limit } = verdict(samples(60, (i) => 20 + noise(i) + i * 0.08));
  assert.equal(isFlat, false);
  assert.ok(Math.abs(trend.growth - 45 * 0.08) < 0.5, `${trend.growth}`);
  assert.ok(Math.abs(limit - 2.3) < 0.2, `${limit}`);
});

test("filling up at the beginning is warm-up", () => {
  assert.equal(verdict(samples(60, (i) => 20 + noise(i) - 15 * Math.exp(-i / 3))).isFlat, true);
});

test("what shrinks is flat enough", () => {
  assert.equal(verdict(samples(40, (i) => 30 - i * 0.2)).isFlat, true);
});

test("lives are not compared: a page that was loaded anew neither hides growth nor makes it", () => {
  const life = (i) => (i < 30 ? 1 : 2);
  assert.equal(verdict(samples(60, (i) => (i < 30 ? 20 : 35) + noise(i), life)).isFlat, true);
  assert.equal(verdict(samples(60, (i) => 20 + (i % 30) * 0.3, life)).isFlat, false);
});

test("few samples, or none that could be read, say nothing", () => {
  assert.equal(verdict(samples(6, () => 20)).isFlat, null);
  assert.equal(verdict(samples(40, () => null)).isFlat, null);
  assert.equal(trendOf([]), null);
});

test("the report has a plot for each measure and no foreign address, and what it quotes is no markup", () => {
  const all = samples(40, (i) => 20 + noise(i));
  const run = { startedAt: "2026-01-01T00:00:00Z", minutes: 20, vehicles: 1_000, samples: all, faults: [{ name: "network cut", fromS: 60, overS: 75, wellS: 78 }], failures: ["<img src=x>"], rates: { usual: 50, soaked: 500 } };
  const html = reportOf(run, verdictsOf(all, MEASURES));
  assert.equal(html.match(/<figure>/g).length, MEASURES.length);
  assert.match(html, /10\.0 times its usual rate/);
  assert.doesNotMatch(html, /<img|https?:|undefined|NaN/);
});
