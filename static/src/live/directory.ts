// The list's order and the counts: search, filter and sort, done in the worker so that typing
// never waits for 10,000 names. What comes out is row numbers in the order to show them. It is
// bounded for 100,000: counts follow each change, and an order is made in a few passes over
// numbers, as rows come in the order of their names already.

import { NEVER, OFFLINE, OFF_DUTY, STALE, STANDINGS, STANDING_OF_STATE, freshnessOfState, noCounts } from "../codes.ts";
import type { StandingCounts } from "../codes.ts";
import type { DictionaryEntry } from "../protocol.ts";
import { MOST_ROWS, STATE } from "./columns.ts";
import type { FleetColumns } from "./columns.ts";
import type { ListQuery } from "./messages.ts";
import { NameOrder } from "./name-order.ts";
import { displayName, fold, haystackOf, matchQuality } from "./names.ts";

const NOT_COUNTED = 255;
const QUALITIES = 3;
/** Overdue after being on the move (or where unknown), overdue at rest, then as the standings; off duty and never reported last. */
const URGENCIES = STANDINGS.length + 4;
const OVERDUE_URGENCIES = 2;
/** The ages up to which a position is live, at least: of one last seen on the move, and at rest. */
const LIVE_ON_THE_MOVE_S = 60;
const LIVE_AT_REST_S = 15 * 60;
const NEWEST_S = 2 ** 32 - 1;
const MOST_LIMITS = 2 ** 32 - 1;
/** Names sorted in one go: some 20 ms. */
const NAMES_AT_ONCE = 3_000;

export class Directory {
  #columns: FleetColumns;
  #haystacks: string[] = [];
  #names = new NameOrder();
  /** By row, as it was counted last. */
  #standing = new Uint8Array(0);
  #counts = new Uint32Array(STANDINGS.length);

  constructor(columns: FleetColumns) {
    this.#columns = columns;
  }

  /** Whether some names are still to be sorted: then ask again soon. */
  get isSorting(): boolean {
    return this.#names.isWaiting;
  }

  name(row: number, entry: DictionaryEntry): void {
    this.#haystacks[row] = haystackOf(entry);
    this.#names.put(row, displayName(entry));
  }

  /** Forgets the name of a row that is free now. */
  forget(row: number): void {
    this.#haystacks[row] = "";
    this.#names.remove(row);
  }

  /** Counts rows anew that changed or were removed. */
  recount(rows: Uint32Array): void {
    this.#reserve();
    const { state } = this.#columns;
    for (const row of rows) {
      const before = this.#standing[row]!;
      const now = this.#columns.isInUse(row) ? STANDING_OF_STATE[state[row]!]! : NOT_COUNTED;
      if (before === now) continue;
      if (before !== NOT_COUNTED) this.#counts[before]! -= 1;
      if (now !== NOT_COUNTED) this.#counts[now]! += 1;
      this.#standing[row] = now;
    }
  }

  counts(): StandingCounts {
    const counts = noCounts();
    STANDINGS.forEach((standing, i) => (counts[standing] = this.#counts[i]!));
    return counts;
  }

  /** Rows that answer the query at a time, in the order to show them. */
  order(query: ListQuery, nowS: number): Uint32Array<ArrayBuffer> {
    this.#names.advance(NAMES_AT_ONCE);
    const rows = this.#names.rows();
    const buckets = new Uint8Array(rows.length);
    const starts = this.#chooseBuckets(rows, buckets, query);
    const ends = starts.slice();
    const ordered = new Uint32Array(starts[QUALITIES * URGENCIES]!);
    for (let i = 0; i < rows.length; i++) {
      const bucket = buckets[i]!;
      if (bucket !== NOT_COUNTED) ordered[ends[bucket]!++] = rows[i]!;
    }
    for (let bucket = 0; bucket < QUALITIES * URGENCIES; bucket++) {
      const part = ordered.subarray(starts[bucket], starts[bucket + 1]);
      const isOverdue = query.sort === "silence" && bucket % URGENCIES < OVERDUE_URGENCIES;
      if (query.sort === "recent") this.#sortByKey(part, (row) => NEWEST_S - this.#columns.fixedAtS[row]!);
      else if (isOverdue) this.#sortByKey(part, (row) => MOST_LIMITS - this.#limitsSilent(row, nowS, bucket % URGENCIES === 0));
    }
    return ordered;
  }

  /** The bucket of each row, best first, or `NOT_COUNTED`; answers where each bucket starts. */
  #chooseBuckets(rows: Uint32Array, buckets: Uint8Array, query: ListQuery): Uint32Array {
    const { state } = this.#columns;
    const text = fold(query.text).trim();
    const words = text.split(/\s+/).filter((word) => word !== "");
    const wanted = STANDINGS.map((standing) => query.standings.length === 0 || query.standings.includes(standing));
    const starts = new Uint32Array(QUALITIES * URGENCIES + 1);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      buckets[i] = NOT_COUNTED;
      if (!wanted[STANDING_OF_STATE[state[row]!]!]) continue;
      const quality = words.length === 0 ? 0 : matchQuality(this.#haystacks[row]!, text, words);
      if (quality === null) continue;
      const bucket = quality * URGENCIES + (query.sort === "silence" ? URGENCY_OF_STATE[state[row]!]! : 0);
      buckets[i] = bucket;
      starts[bucket + 1]! += 1;
    }
    for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!;
    return starts;
  }

  /** How many times the age up to which it would be live a vehicle has been silent, in hundredths. */
  #limitsSilent(row: number, nowS: number, wasOnTheMove: boolean): number {
    const liveForS = Math.max(2 * this.#columns.expectedS[row]!, wasOnTheMove ? LIVE_ON_THE_MOVE_S : LIVE_AT_REST_S);
    return Math.min(MOST_LIMITS, Math.max(0, Math.round((100 * (nowS - this.#columns.fixedAtS[row]!)) / liveForS)));
  }

  /** Sorts by a whole number, smallest first; rows of the same keep their order. */
  #sortByKey(part: Uint32Array, keyOf: (row: number) => number): void {
    const before = part.slice();
    // Key and place in one number, since plain numbers are sorted far faster than by comparing.
    const keys = Float64Array.from(before, (row, place) => keyOf(row) * MOST_ROWS + place);
    keys.sort();
    for (let i = 0; i < keys.length; i++) part[i] = before[keys[i]! % MOST_ROWS]!;
  }

  #reserve(): void {
    const { capacity } = this.#columns;
    if (this.#standing.length >= capacity) return;
    const standing = new Uint8Array(capacity).fill(NOT_COUNTED);
    standing.set(this.#standing);
    this.#standing = standing;
  }
}

/**
 * A lorry silent for an hour on the road stands above a car parked for two days; all that
 * reported in time follow, in the order of what they do.
 */
const URGENCY_OF_STATE = Uint8Array.from({ length: 256 }, (_, state) => {
  const freshness = freshnessOfState(state);
  if (freshness === STALE || freshness === OFFLINE) return (state & STATE.onTheMove) === 0 ? 1 : 0;
  if (freshness === NEVER) return URGENCIES - 1;
  if (freshness === OFF_DUTY) return URGENCIES - 2;
  return OVERDUE_URGENCIES + STANDING_OF_STATE[state]!;
});
