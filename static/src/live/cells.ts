// How many vehicles are where, of a fleet too large to hold: cells of one level of tiles, each with
// a count for every standing and the middle of its vehicles.

import type { StandingCounts } from "../codes.ts";
import { noCounts } from "../codes.ts";
import type { CellsChange, CellTold } from "../protocol.ts";

const WORLD_BITS = 32;
const PARTS = 16;
/** The standings of a cell, in the order in which it counts them. */
const COUNTED = ["moving", "idling", "stopped", "parked", "unknown", "overdue"] as const;

export interface Cell {
  x: number;
  y: number;
  /** The middle of its vehicles, as fractions of 2^32. */
  mercatorX: number;
  mercatorY: number;
  vehicles: number;
  overdue: number;
  told: CellTold;
}

export class CellBook {
  /** The level of the tiles that the cells are. */
  level = 0;
  /** Differs whenever something changed. */
  version = 0;
  #cells = new Map<number, Cell>();
  #vehicles: number | null = null;

  get isEmpty(): boolean {
    return this.#cells.size === 0;
  }

  get cells(): Iterable<Cell> {
    return this.#cells.values();
  }

  take({ all, z, cells, vehicles }: CellsChange): void {
    if (all === true || z !== this.level) this.#cells.clear();
    this.level = z;
    for (const told of cells) {
      const cell = cellOf(told, z);
      const place = told[0] * 2 ** z + told[1];
      if (cell.vehicles === 0) this.#cells.delete(place);
      else this.#cells.set(place, cell);
    }
    if (vehicles !== undefined || all === true) this.#vehicles = vehicles ?? null;
    this.version += 1;
  }

  clear(): void {
    this.#cells.clear();
    this.#vehicles = null;
    this.version += 1;
  }

  counts(): StandingCounts {
    const counts = noCounts();
    for (const { told } of this.#cells.values()) COUNTED.forEach((standing, i) => (counts[standing] += told[4 + i]!));
    const placed = Object.values(counts).reduce((sum, count) => sum + count, 0);
    counts.never = Math.max(0, (this.#vehicles ?? placed) - placed);
    return counts;
  }
}

function cellOf(told: CellTold, level: number): Cell {
  const [x, y, partX, partY, ...counts] = told;
  const width = 2 ** (WORLD_BITS - level);
  const middle = (at: number, part: number) => Math.floor((at + (part + 0.5) / PARTS) * width);
  const vehicles = counts.reduce((sum, count) => sum + count, 0);
  return { x, y, mercatorX: middle(x, partX), mercatorY: middle(y, partY), vehicles, overdue: counts[5]!, told };
}
