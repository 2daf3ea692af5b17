// Finds places by name in the embedded basemap, which our own server has: all that it knows where
// the fleet is and where the map looks, and the large cities of the world. No other service is asked.

import { fold } from "../live/names.ts";
import { mercatorFixedX, mercatorFixedY } from "../map/mercator.ts";
import type { NamedPlace } from "./place-tiles.ts";

export type { NamedPlace } from "./place-tiles.ts";

/** At this level the basemap has all its places; at the other one those that everybody knows. */
const NEAR_LEVEL = 7;
const WORLD_LEVEL = 3;
const MOST_NEAR_TILES = 40;
const AT_ONCE = 6;
const MOST_FOUND = 8;

/** The tile of a place in fixed-point mercator. */
export interface TileAddress {
  z: number;
  x: number;
  y: number;
}

export class PlaceSearch {
  #tileTemplate: string;
  #places = new Map<string, NamedPlace>();
  #loaded = new Map<string, Promise<void>>();

  /** `tileTemplate` is that of the embedded basemap, with {z}, {x} and {y}. */
  constructor(tileTemplate: string) {
    this.#tileTemplate = tileTemplate;
  }

  /**
   * The places that fit best, the largest of them first; `near` are places in fixed-point mercator, as of
   * vehicles, around which all names are known. Fails where no tile comes.
   */
  async find(text: string, near: Iterable<{ x: number; y: number }>): Promise<NamedPlace[]> {
    await this.#loadAll([...nearTiles(near), ...worldTiles()]);
    return bestPlaces(this.#places.values(), text);
  }

  async #loadAll(tiles: readonly TileAddress[]): Promise<void> {
    const waiting = tiles.filter((tile) => !this.#loaded.has(keyOf(tile)));
    let failures = 0;
    const run = async () => {
      for (let tile = waiting.shift(); tile !== undefined; tile = waiting.shift()) {
        const key = keyOf(tile);
        const loading = this.#load(tile);
        this.#loaded.set(key, loading);
        await loading.catch(() => {
          this.#loaded.delete(key);
          failures += 1;
        });
      }
    };
    await Promise.all([...Array.from({ length: AT_ONCE }, run), ...tiles.flatMap((tile) => this.#loaded.get(keyOf(tile))?.catch(() => {}) ?? [])]);
    if (failures > 0 && this.#places.size === 0) throw new Error("no tile of the basemap came");
  }

  async #load({ z, x, y }: TileAddress): Promise<void> {
    const { placesOfTile } = await import("./place-tiles.ts");
    const url = this.#tileTemplate.replace("{z}", String(z)).replace("{x}", String(x)).replace("{y}", String(y));
    for (const place of await placesOfTile(url, z, x, y)) this.#places.set(placeKey(place), place);
  }
}

/** Exact names first, then those that begin so, then those with a word that does; the larger first. */
export function bestPlaces(places: Iterable<NamedPlace>, text: string): NamedPlace[] {
  const wanted = fold(text.trim());
  if (wanted === "") return [];
  const ranked: { place: NamedPlace; rank: number }[] = [];
  for (const place of places) {
    const name = fold(place.name);
    const rank = name === wanted ? 0 : name.startsWith(wanted) ? 1 : name.split(/[\s'-]+/).some((word) => word.startsWith(wanted)) ? 2 : 3;
    if (rank < 3 || name.includes(` ${wanted}`)) ranked.push({ place, rank });
  }
  ranked.sort((a, b) => a.rank - b.rank || b.place.population - a.place.population);
  return ranked.slice(0, MOST_FOUND).map(({ place }) => place);
}

/** The tiles that most of these are in, and no more than can be asked for. */
export function nearTiles(near: Iterable<{ x: number; y: number }>): TileAddress[] {
  const counts = new Map<number, number>();
  const shift = 2 ** (32 - NEAR_LEVEL);
  for (const { x, y } of near) {
    const key = Math.floor(x / shift) * 2 ** NEAR_LEVEL + Math.floor(y / shift);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const keys = [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST_NEAR_TILES).map(([key]) => key);
  return keys.map((key) => ({ z: NEAR_LEVEL, x: Math.floor(key / 2 ** NEAR_LEVEL), y: key % 2 ** NEAR_LEVEL }));
}

function worldTiles(): TileAddress[] {
  const across = 2 ** WORLD_LEVEL;
  return Array.from({ length: across * across }, (_, i) => ({ z: WORLD_LEVEL, x: i % across, y: Math.floor(i / across) }));
}

function keyOf({ z, x, y }: TileAddress): string {
  return `${z}/${x}/${y}`;
}

/** The same place is in tiles of both levels, a little rounded. */
function placeKey({ name, lngLatDeg: [lngDeg, latDeg] }: NamedPlace): string {
  return `${name}/${lngDeg.toFixed(1)}/${latDeg.toFixed(1)}`;
}

/** A place of the map as `near` wants it. */
export function fixedOf([lngDeg, latDeg]: readonly [number, number]): { x: number; y: number } {
  return { x: mercatorFixedX(lngDeg), y: mercatorFixedY(latDeg) };
}
