// Markers that lie on top of each other. Naming one of fifty would be a lie, so such a clump is
// labelled with how many it holds.

import type { MarkerGrid } from "./marker-grid.ts";

/** From this many on, a heap of markers is named by its number. */
const LEAST_CLUMP = 4;

export class Clumps {
  #grid: MarkerGrid;
  #reachPx: number;
  #aloneRow: number;
  /** By index in the grid: 1 once another leads its clump. */
  #isLed: Uint8Array;

  /** `aloneRow` never joins a clump. */
  constructor(grid: MarkerGrid, reachPx: number, aloneRow: number) {
    this.#grid = grid;
    this.#reachPx = reachPx;
    this.#aloneRow = aloneRow;
    this.#isLed = new Uint8Array(grid.count);
  }

  /**
   * The size of the clump that this marker leads, 1 where it stands by itself, 0 where another one
   * leads it. To be asked in order of priority: who is asked first leads.
   */
  sizeLedBy(index: number): number {
    if (this.#isLed[index] === 1) return 0;
    if (this.#grid.rows[index] === this.#aloneRow) return 1;
    const members: number[] = [];
    const [x, y] = [this.#grid.xPx[index]!, this.#grid.yPx[index]!];
    const reach = this.#reachPx;
    this.#grid.some(x - reach, y - reach, x + reach, y + reach, (other) => {
      if (this.#isLed[other] === 0 && this.#grid.rows[other] !== this.#aloneRow) members.push(other);
      return false;
    });
    if (members.length < LEAST_CLUMP) return 1;
    for (const member of members) this.#isLed[member] = 1;
    return members.length;
  }
}
