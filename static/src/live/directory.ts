// The list's order and the counts: search, filter and sort, done in the worker so that typing
// never waits for 10,000 names. What comes out is row numbers in the order to show them.

import { MOVING, NEVER, OFFLINE, STALE, STANDINGS, freshnessCode, motionCode, noCounts, standingCode } from "../codes.ts";
import type { StandingCounts } from "../codes.ts";
import type { Vehicle } from "../protocol.ts";
import { displayName } from "./fleet-rows.ts";
import type { ListQuery } from "./messages.ts";

interface Entry {
  row: number;
  vehicle: Vehicle;
  nameKey: string;
  /** All that can be searched, folded. */
  haystack: string;
  standing: number;
  fixedAtMs: number;
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export class Directory {
  #entries = new Map<number, Entry>();
  /** Place of each row in the order of names, computed again only when a name changed. */
  #nameRank = new Map<number, number>();
  #namesChanged = true;

  put(row: number, vehicle: Vehicle): void {
    const held = this.#entries.get(row);
    const motion = motionCode(vehicle.motion?.state);
    const nameKey = displayName(vehicle);
    if (held?.nameKey !== nameKey) this.#namesChanged = true;
    this.#entries.set(row, {
      row,
      vehicle,
      nameKey,
      haystack: haystackOf(vehicle),
      standing: standingCode(motion, freshnessCode(vehicle.freshness?.state)),
      fixedAtMs: vehicle.position ? Date.parse(vehicle.position.fixed_at) : -Infinity,
    });
  }

  remove(row: number): void {
    this.#entries.delete(row);
    this.#namesChanged = true;
  }

  counts(): StandingCounts {
    const counts = noCounts();
    for (const entry of this.#entries.values()) counts[STANDINGS[entry.standing] ?? "unknown"] += 1;
    return counts;
  }

  /** Rows that answer the query, in the order to show them. */
  order(query: ListQuery): Uint32Array {
    const rank = this.#ranks();
    const text = fold(query.text).trim();
    const words = text.split(/\s+/).filter((word) => word !== "");
    const wanted = new Set(query.standings.map((name) => (STANDINGS as readonly string[]).indexOf(name)));
    const found: { entry: Entry; quality: number; rank: number }[] = [];
    for (const entry of this.#entries.values()) {
      if (wanted.size > 0 && !wanted.has(entry.standing)) continue;
      const quality = matchQuality(entry, text, words);
      if (quality === null) continue;
      found.push({ entry, quality, rank: rank.get(entry.row) ?? 0 });
    }
    const bySort = SORTS[query.sort];
    found.sort((a, b) => a.quality - b.quality || bySort(a.entry, b.entry) || a.rank - b.rank);
    return Uint32Array.from(found, ({ entry }) => entry.row);
  }

  #ranks(): Map<number, number> {
    if (this.#namesChanged) {
      const byName = [...this.#entries.values()].sort((a, b) => collator.compare(a.nameKey, b.nameKey) || a.row - b.row);
      this.#nameRank = new Map(byName.map((entry, rank) => [entry.row, rank]));
      this.#namesChanged = false;
    }
    return this.#nameRank;
  }
}

const SORTS: Record<ListQuery["sort"], (a: Entry, b: Entry) => number> = {
  name: () => 0,
  recent: (a, b) => compareTimes(b.fixedAtMs, a.fixedAtMs),
  attention: (a, b) => urgency(a) - urgency(b) || (isOverdue(a) ? compareTimes(a.fixedAtMs, b.fixedAtMs) : 0),
};

function compareTimes(aMs: number, bMs: number): number {
  return aMs === bMs ? 0 : aMs < bMs ? -1 : 1;
}

/**
 * A lorry silent for an hour on the road stands above a car parked for two days; all that
 * reported in time follow, in the order of what they do.
 */
function urgency(entry: Entry): number {
  const wasMoving = motionCode(entry.vehicle.motion?.state) === MOVING;
  if (isOverdue(entry)) return wasMoving ? 0 : 1;
  if (freshnessCode(entry.vehicle.freshness?.state) === NEVER) return 3 + STANDINGS.length;
  return 2 + entry.standing;
}

function isOverdue(entry: Entry): boolean {
  const freshness = freshnessCode(entry.vehicle.freshness?.state);
  return freshness === STALE || freshness === OFFLINE;
}

/**
 * 0 is the best match: the whole text begins a name. Then come vehicles where each word begins
 * one, then the rest; null is none, as every word must occur somewhere.
 */
function matchQuality(entry: Entry, text: string, words: string[]): number | null {
  if (!words.every((word) => entry.haystack.includes(word))) return null;
  if (entry.haystack.startsWith(text)) return 0;
  const beginsWord = (word: string) => entry.haystack.startsWith(word) || entry.haystack.includes(` ${word}`);
  return words.every(beginsWord) ? 1 : 2;
}

function haystackOf(vehicle: Vehicle): string {
  const registration = vehicle.registration ?? "";
  const parts = [
    vehicle.name ?? "",
    registration,
    registration.replace(/[\s-]+/g, ""),
    vehicle.driver?.value ?? "",
    ...(vehicle.groups ?? []),
    vehicle.id,
    ...(vehicle.devices ?? []).map((device) => device.device),
  ];
  return fold(parts.filter((part) => part !== "").join(" "));
}

/** Lower case without accents, so that "cafe" finds "Café". */
function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase();
}
