// Which discs stand for the vehicles that are not on the map one by one. Cells are put together by
// halving their level until they are far enough apart on the screen, and what still touches then
// joins its larger neighbour. That depends on the whole zoom only, so nothing shifts while the map
// is dragged or while it zooms within a level.

import type { Cell } from "../live/cells.ts";
import { tileOf } from "../live/wire.ts";
import { numberText } from "../ui/units.ts";
import { WORLD, worldPx } from "./mercator.ts";
import { words } from "../words/words.ts";

/** The narrowest that cells put together are on the screen, at the beginning of a zoom level. */
const NARROWEST_PX = 64;
const GAP_PX = 4;
/** A disc's radius grows with the number's digits, so its area does slowly. */
const RADIUS_PX = 11;
const RADIUS_PER_DIGIT_PX = 5;

export interface Cluster {
  /** The middle of its vehicles, as fractions of 2^32. */
  mercatorX: number;
  mercatorY: number;
  vehicles: number;
  overdue: number;
  radiusPx: number;
  /** The cells in it: from the first to the last column and line. */
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Clusters of cells (of `level`) at a zoom; those where `isShown` answers true are left out. */
export function clustersAt(zoom: number, cells: Iterable<Cell>, level: number, isShown: (cell: Cell) => boolean, scale: number): Cluster[] {
  const wholeZoom = Math.max(0, Math.floor(zoom));
  const coarse = Math.max(0, Math.min(level, Math.floor(Math.log2(worldPx(wholeZoom) / (NARROWEST_PX * scale)))));
  const shift = level - coarse;
  const byPlace = new Map<number, Cluster>();
  for (const cell of cells) {
    if (isShown(cell)) continue;
    const place = (cell.x >> shift) * 2 ** coarse + (cell.y >> shift);
    const cluster = byPlace.get(place);
    const alone = clusterOf(cell);
    if (cluster === undefined) byPlace.set(place, alone);
    else join(cluster, alone);
  }
  const clusters = [...byPlace.values()].sort((a, b) => b.vehicles - a.vehicles);
  for (const cluster of clusters) cluster.radiusPx = radiusPx(cluster.vehicles) * scale;
  return joined(clusters, coarse, worldPx(wholeZoom), scale);
}

/** Whether the tiles that are held show a cell's vehicles, or a part of them, one by one. */
export function shownBy(tileKeys: readonly number[], level: number): (cell: Cell) => boolean {
  const tiles = tileKeys.map(tileOf);
  return ({ x, y }) =>
    tiles.some(([z, tileX, tileY]) => {
      const [coarser, finer] = [Math.max(0, level - z), Math.max(0, z - level)];
      return x >> coarser === tileX >> finer && y >> coarser === tileY >> finer;
    });
}

/** "12", "1,204", "118k". */
export function clusterText(vehicles: number): string {
  return vehicles < 100_000 ? numberText(vehicles) : words.counts.thousands(Math.round(vehicles / 1000));
}

function radiusPx(vehicles: number): number {
  return RADIUS_PX + RADIUS_PER_DIGIT_PX * Math.log10(vehicles + 1);
}

function clusterOf({ x, y, mercatorX, mercatorY, vehicles, overdue }: Cell): Cluster {
  return { mercatorX, mercatorY, vehicles, overdue, radiusPx: 0, left: x, right: x, top: y, bottom: y };
}

function join(into: Cluster, other: Cluster): void {
  const share = other.vehicles / (into.vehicles + other.vehicles);
  into.mercatorX += (other.mercatorX - into.mercatorX) * share;
  into.mercatorY += (other.mercatorY - into.mercatorY) * share;
  into.vehicles += other.vehicles;
  into.overdue += other.overdue;
  into.left = Math.min(into.left, other.left);
  into.right = Math.max(into.right, other.right);
  into.top = Math.min(into.top, other.top);
  into.bottom = Math.max(into.bottom, other.bottom);
}

/** Joins what would touch, the largest first: each looks at its neighbours in a coarse grid only. */
function joined(clusters: Cluster[], coarse: number, worldWidthPx: number, scale: number): Cluster[] {
  const pxPerUnit = worldWidthPx / WORLD;
  const placeUnits = WORLD / 2 ** coarse;
  const leaders = new Map<number, Cluster[]>();
  const kept: Cluster[] = [];
  const placeOf = (column: number, line: number) => column * 2 ** 16 + line;
  for (const cluster of clusters) {
    const [column, line] = [Math.floor(cluster.mercatorX / placeUnits), Math.floor(cluster.mercatorY / placeUnits)];
    const touches = (other: Cluster) => {
      const distancePx = Math.hypot(cluster.mercatorX - other.mercatorX, cluster.mercatorY - other.mercatorY) * pxPerUnit;
      return distancePx < cluster.radiusPx + other.radiusPx + GAP_PX * scale;
    };
    const near = AROUND.flatMap(([x, y]) => leaders.get(placeOf(column + x, line + y)) ?? []).find(touches);
    if (near !== undefined) {
      join(near, cluster);
      continue;
    }
    kept.push(cluster);
    const place = placeOf(column, line);
    leaders.set(place, [...(leaders.get(place) ?? []), cluster]);
  }
  for (const cluster of kept) cluster.radiusPx = radiusPx(cluster.vehicles) * scale;
  return kept;
}

const AROUND = [-1, 0, 1].flatMap((x) => [-1, 0, 1].map((y) => [x, y] as const));
