// When the fixes of a few vehicles reached the draw buffers, and which draw call was the first to
// use them: for benches, which compare it with when the vendor told of them. It costs nothing as
// long as nobody watches.

import { steadyNowMs } from "../live/server-clock.ts";
import type { FleetTable } from "../page/fleet-table.ts";

const KEPT = 50;

export interface WatchedFix {
  /** Web Mercator as fractions of 2^32, and whole seconds of Unix time. */
  mercatorX: number;
  mercatorY: number;
  fixedAtS: number;
  /** When it was in the draw buffers, and the end of the first draw call after; Unix ms. */
  bufferedAtMs: number;
  drawnAtMs: number | null;
}

export class DrawWatch {
  #table: FleetTable;
  #watched = new Map<string, { fingerprint: string; fixes: WatchedFix[] }>();
  #undrawn: WatchedFix[] = [];

  constructor(table: FleetTable) {
    this.#table = table;
  }

  /** The newest fixes of a vehicle since this was first asked, newest last. */
  fixesOf(id: string): WatchedFix[] {
    const watched = this.#watched.get(id);
    if (watched !== undefined) return watched.fixes.map((fix) => ({ ...fix }));
    this.#watched.set(id, { fingerprint: this.#fingerprint(id), fixes: [] });
    return [];
  }

  /** To be called once rows have been taken over into the draw buffers. */
  buffered(): void {
    if (this.#watched.size === 0) return;
    const bufferedAtMs = steadyNowMs();
    const { mercatorX, mercatorY, fixedAtS } = this.#table;
    for (const [id, watched] of this.#watched) {
      const fingerprint = this.#fingerprint(id);
      if (fingerprint === watched.fingerprint) continue;
      watched.fingerprint = fingerprint;
      const row = this.#table.row(id);
      if (row === undefined) continue;
      const fix = { mercatorX: mercatorX[row]!, mercatorY: mercatorY[row]!, fixedAtS: fixedAtS[row]!, bufferedAtMs, drawnAtMs: null };
      watched.fixes.push(fix);
      this.#undrawn.push(fix);
      if (watched.fixes.length > KEPT) watched.fixes.shift();
    }
  }

  /** To be called after each draw call. */
  drawn(): void {
    if (this.#undrawn.length === 0) return;
    const drawnAtMs = steadyNowMs();
    for (const fix of this.#undrawn) fix.drawnAtMs = drawnAtMs;
    this.#undrawn = [];
  }

  #fingerprint(id: string): string {
    return this.#table.fingerprint(this.#table.row(id) ?? -1);
  }
}
