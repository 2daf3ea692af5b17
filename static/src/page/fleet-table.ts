// The fleet as the page's thread sees it: the columns, filled straight from the server's bytes, and
// the names beside them. Nothing here is computed, so that applying 10,000 changes stays below a
// millisecond.

import { FleetColumns } from "../live/columns.ts";
import { FleetDecoder } from "../live/decoder.ts";
import type { Applied, RowChanges } from "../live/decoder.ts";
import type { Labels } from "../live/messages.ts";
import { KIND } from "../live/wire.ts";

const NO_ROWS = new Uint32Array(0);

export class FleetTable extends FleetColumns {
  readonly ids: (string | undefined)[] = [];
  readonly names: string[] = [];
  readonly registrations: string[] = [];
  readonly drivers: string[] = [];
  readonly groups: string[] = [];
  /** Differs whenever other tiles are held. */
  tilesVersion = 0;
  readonly #rowById = new Map<string, number>();
  #decoder = new FleetDecoder(this);

  row(id: string): number | undefined {
    return this.#rowById.get(id);
  }

  /** Differs when the row does; empty where there is none. */
  fingerprint(row: number): string {
    if (!this.isInUse(row)) return "";
    return [this.state, this.flags, this.heading, this.speed, this.fixedAtS, this.mercatorX, this.mercatorY].map((column) => column[row]).join();
  }

  /** Applies a message and the labels that belong to it; answers which rows to look at. */
  apply(message: ArrayBuffer, isFirst: boolean, labels: readonly Labels[]): Applied {
    const applied = this.#decoder.apply(message, isFirst);
    if (applied.head.kind === KIND.keyframe) this.tilesVersion += 1;
    for (const row of applied.removed) {
      if (isFirst || !this.isInUse(row)) this.#unlabel(row);
    }
    for (const part of labels) this.#label(part);
    return applied;
  }

  /** The keys of the tiles that are held. */
  get tileKeys(): number[] {
    return this.#decoder.tileKeys;
  }

  /** Drops all tiles but some; answers which rows to look at. */
  keepOnly(tileKeys: readonly number[]): RowChanges {
    const removed = this.#decoder.keepOnly(new Set(tileKeys));
    for (const row of removed) this.#unlabel(row);
    this.tilesVersion += 1;
    return { removed, changed: NO_ROWS };
  }

  #label({ rows, ids, names, registrations, drivers, groups }: Labels): void {
    rows.forEach((row, i) => {
      this.#unlabel(row);
      this.ids[row] = ids[i];
      this.names[row] = names[i]!;
      this.registrations[row] = registrations[i]!;
      this.drivers[row] = drivers[i]!;
      this.groups[row] = groups[i]!;
      this.#rowById.set(ids[i]!, row);
    });
  }

  #unlabel(row: number): void {
    const id = this.ids[row];
    if (id !== undefined && this.#rowById.get(id) === row) this.#rowById.delete(id);
    this.ids[row] = undefined;
    this.names[row] = "";
    this.registrations[row] = "";
    this.drivers[row] = "";
    this.groups[row] = "";
  }
}
