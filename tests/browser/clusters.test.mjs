// Which clusters stand for a large fleet. No page, no server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { imported } from "./lib/bundle.mjs";

const { CellBook, clusterText, clustersAt, shownBy, tileKeyOf } = await imported(`
  export { CellBook } from "./src/live/cells.ts";
  export { clusterText, clustersAt, shownBy } from "./src/map/clusters.ts";
  export { tileKeyOf } from "./src/live/wire.ts";
`);
const NONE = () => false;

/** Cells all over a country, in heaps. */
function country(cells) {
  let seed = 7;
  const random = () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const towns = Array.from({ length: 30 }, () => [500 + random() * 60, 560 + random() * 60]);
  const told = new Map();
  for (let i = 0; i < cells; i++) {
    const [x, y] = towns[Math.floor(random() * towns.length)].map((at) => Math.floor(at + (random() + random() - 1) * 12));
    told.set(`${x}/${y}`, [x, y, Math.floor(random() * 16), Math.floor(random() * 16), Math.floor(random() ** 4 * 900) + 1, 0, 0, 0, 0, Math.floor(random() * 5)]);
  }
  const book = new CellBook();
  book.take({ all: true, z: 10, cells: [...told.values()] });
  return book;
}

test("every vehicle is in one cluster, and clusters keep apart, at every zoom", () => {
  const book = country(1_500);
  const all = Object.values(book.counts()).reduce((a, b) => a + b);
  for (const scale of [1, 2]) {
    for (let zoom = 0; zoom < 12; zoom += 0.5) {
      const clusters = clustersAt(zoom, book.cells, book.level, NONE, scale);
      assert.equal(clusters.reduce((sum, { vehicles }) => sum + vehicles, 0), all);
      const pxPerUnit = (512 * 2 ** zoom) / 2 ** 32;
      let overlaps = 0;
      clusters.forEach((a, i) => {
        for (const b of clusters.slice(i + 1)) {
          const distancePx = Math.hypot(a.mercatorX - b.mercatorX, a.mercatorY - b.mercatorY) * pxPerUnit;
          if (distancePx < Math.max(a.radiusPx, b.radiusPx)) overlaps += 1;
        }
      });
      assert.equal(overlaps, 0, `at zoom ${zoom}, ${clusters.length} clusters`);
    }
  }
});

test("nothing changes within a zoom level, and closer there are more", () => {
  const book = country(800);
  const at = (zoom) => clustersAt(zoom, book.cells, book.level, NONE, 1);
  assert.deepEqual(at(5.01), at(5.99));
  const counts = [2, 4, 6, 8].map((zoom) => at(zoom).length);
  assert.deepEqual(counts, counts.toSorted((a, b) => a - b));
  assert.ok(counts[3] > 4 * counts[0], counts.join());
});

test("cells within held tiles, coarser or finer, are left out", () => {
  const book = new CellBook();
  book.take({ all: true, z: 10, cells: [[8, 8, 0, 0, 1, 0, 0, 0, 0, 0], [9, 8, 0, 0, 2, 0, 0, 0, 0, 0], [16, 8, 0, 0, 4, 0, 0, 0, 0, 0]] });
  const left = (...tiles) => {
    const isShown = shownBy(tiles.map((tile) => tileKeyOf(...tile)), 10);
    return clustersAt(12, book.cells, 10, isShown, 1).reduce((sum, { vehicles }) => sum + vehicles, 0);
  };
  assert.equal(left(), 7);
  assert.equal(left([9, 4, 4]), 4);
  assert.equal(left([12, 33, 34]), 6);
  assert.equal(left([10, 9, 8], [10, 16, 8]), 1);
});

test("numbers are short", () => {
  assert.deepEqual([7, 1_204, 99_999, 118_400].map(clusterText), ["7", "1,204", "99,999", "118k"]);
});
