// Markers that lie on top of each other. Naming one of fifty would be a lie, so such a clump is
// labelled with how many it holds.

import type { MarkerGrid } from "./marker-grid.ts";

/** From this many on, a heap of markers is named by its number. */
const LEAST_CLUMP = 4;

export class Clumps {
  #grid: MarkerGrid;
  #reachPx = 0;
  #aloneRow = -1;
  /** By index in the grid: 1 once another leads its clump. */
  #isLed = new Uint8Array(0);
  #members: number[] = [];

  constructor(grid: MarkerGrid) {
    this.#grid = grid;
  }

  /** Begins anew on what the grid holds now; `aloneRow` never joins a clump. */
  reset(reachPx: number, aloneRow: number): void {
    this.#reachPx = reachPx;
    this.#aloneRow = aloneRow;
    if (this.#isLed.length < this.#grid.count) this.#isLed = new Uint8Array(Math.ceil(this.#grid.count * 1.25));
    else this.#isLed.fill(0, 0, this.#grid.count);
  }

  isLed(index: number): boolean {
    return this.#isLed[index] === 1;
  }

  /**
   * The size of the clump that this marker leads, 1 where it stands by itself. To be asked in order
   * of priority: who is asked first leads.
   */
  sizeLedBy(index: number): number {
    const { rows, xPx, yPx } = this.#grid;
    if (rows[index] === this.#aloneRow) return 1;
    const members = this.#members;
    members.length = 0;
    const [x, y] = [xPx[index]!, yPx[index]!];
    const reach = this.#reachPx;
    this.#grid.some(x - reach, y - reach, x + reach, y + reach, (other) => {
      if (this.#isLed[other] === 0 && rows[other] !== this.#aloneRow) members.push(other);
      return false;
    });
    if (members.length < LEAST_CLUMP) return 1;
    for (const member of members) this.#isLed[member] = 1;
    return members.length;
  }
}
