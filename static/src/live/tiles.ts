// Which tiles are held, each under a small number that its rows carry. A row may leave one tile and
// enter another within a tick whose messages come in any order: its number says which tile put it
// there last, so that the other one's `removed` does not take it away.

import { NO_TILE } from "./columns.ts";
import { WireError } from "./wire.ts";

/** The columns keep a tile in 16 bits; nobody looks at so many at once. */
const MOST_TILES = 1_000;

export class TileBook {
  #numbers = new Map<number, number>();
  #free: number[] = [];

  /** The keys of the tiles that are held. */
  get keys(): number[] {
    return [...this.#numbers.keys()];
  }

  /** The number of a tile, a new one where it was not held. */
  numberOf(tileKey: number): number {
    let number = this.#numbers.get(tileKey);
    if (number === undefined) {
      if (this.#numbers.size >= MOST_TILES) throw new WireError("more tiles than anybody looks at");
      // Those in use and those that are free are all up to their number.
      number = this.#free.pop() ?? NO_TILE + 1 + this.#numbers.size;
      this.#numbers.set(tileKey, number);
    }
    return number;
  }

  /** Lets go of all but some tiles; answers the numbers that mean no tile any more. */
  keepOnly(tileKeys: ReadonlySet<number>): Set<number> {
    const gone = new Set<number>();
    for (const [tileKey, number] of this.#numbers) {
      if (tileKeys.has(tileKey)) continue;
      this.#numbers.delete(tileKey);
      this.#free.push(number);
      gone.add(number);
    }
    return gone;
  }

  clear(): void {
    this.#numbers.clear();
    this.#free = [];
  }
}
