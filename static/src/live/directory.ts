// The list's order and the counts: search, filter and sort, done in the worker so that typing
// never waits for 10,000 names. What comes out is row numbers in the order to show them. It is
// bounded for 100,000: counts follow each change, and an order is made in a few passes over
// numbers, as rows come in the order of their names already.

import { ATTENTIONS, NEVER, OFFLINE, OFF_DUTY, STALE, STANDINGS, STANDING_OF_STATE, freshnessOfState, noAttention, noCounts } from "../codes.ts";
import type { AttentionCounts, StandingCounts } from "../codes.ts";
import type { DictionaryEntry } from "../protocol.ts";
import { MOST_ROWS, STATE } from "./columns.ts";
import type { FleetColumns } from "./columns.ts";
import { CLASSES, classNeeds, classOf, filterOf, standingOfClass } from "./filter.ts";
import { GroupBook } from "./groups.ts";
import { QUALITY } from "./match.ts";
import type { ListQuery } from "./messages.ts";
import { NameOrder } from "./name-order.ts";
import { displayName } from "./names.ts";
import { SearchBook, needleOf, thinksOfTypos } from "./search.ts";
import type { FoundIn, Needle } from "./search.ts";
import type { RowFacts } from "./facts.ts";
import { SortKeys } from "./sort-keys.ts";

const NOT_COUNTED = 255;
/** The bucket of a row that passes the filters and does not fit what is typed. */
const MISSED = 254;
const QUALITIES = QUALITY.none;
/** Overdue after being on the move (or where unknown), overdue at rest, then as the standings; off duty and never reported last. */
const URGENCIES = STANDINGS.length + 4;
const OVERDUE_URGENCIES = 2;
/** The ages up to which a position is live, at least: of one last seen on the move, and at rest. */
const LIVE_ON_THE_MOVE_S = 60;
const LIVE_AT_REST_S = 15 * 60;
const MOST_LIMITS = 2 ** 32 - 1;
/** Nobody reads further down a list before typing more. */
const MOST_FOUND_IN = 300;
/** Names sorted in one go: some 20 ms. */
const NAMES_AT_ONCE = 3_000;

export class Directory {
  #columns: FleetColumns;
  readonly groups = new GroupBook();
  #search = new SearchBook();
  #names = new NameOrder();
  #keys: SortKeys;
  /** By row the class of `filter.ts`, as it was counted last. */
  #class = new Uint8Array(0);
  #counts = new Uint32Array(CLASSES);

  constructor(columns: FleetColumns) {
    this.#columns = columns;
    this.#keys = new SortKeys(columns, this.#search);
  }

  /** Whether some names are still to be sorted: then ask again soon. */
  get isSorting(): boolean {
    return this.#names.isWaiting;
  }

  name(row: number, entry: DictionaryEntry): void {
    this.#search.put(row, entry);
    this.groups.put(row, entry.groups);
    this.#names.put(row, displayName(entry));
  }

  /** Forgets the name of a row that is free now. */
  forget(row: number): void {
    this.#search.remove(row);
    this.groups.remove(row);
    this.#names.remove(row);
  }

  /** Where some rows are, in words, to be found by that; all others are found by it no more. */
  setAddresses(addresses: ReadonlyMap<number, string>): void {
    this.#search.setAddresses(addresses);
  }

  /** What only the server's answers tell, by id, to be sorted by. */
  setFacts(facts: ReadonlyMap<string, RowFacts>): void {
    this.#keys.facts = facts;
  }

  /** Counts rows anew that changed or were removed. */
  recount(rows: Uint32Array): void {
    this.#reserve();
    const { state, flags } = this.#columns;
    for (const row of rows) {
      const before = this.#class[row]!;
      const now = this.#columns.isInUse(row) ? classOf(state[row]!, flags[row]!) : NOT_COUNTED;
      if (before === now) continue;
      if (before !== NOT_COUNTED) this.#counts[before]! -= 1;
      if (now !== NOT_COUNTED) this.#counts[now]! += 1;
      this.#class[row] = now;
    }
  }

  counts(): StandingCounts {
    const counts = noCounts();
    this.#counts.forEach((count, code) => (counts[STANDINGS[standingOfClass(code)]!] += count));
    return counts;
  }

  /** How many need a look for each reason; those with several are in each. */
  attention(): AttentionCounts {
    const counts = noAttention();
    for (const one of ATTENTIONS) {
      this.#counts.forEach((count, code) => (counts[one] += classNeeds(one, code) ? count : 0));
    }
    return counts;
  }

  /** Why the first rows of an order were found, where their names do not tell. */
  foundIn(order: Uint32Array, text: string): FoundIn[] {
    const needle = needleOf(text);
    return needle === null ? [] : Array.from(order.subarray(0, MOST_FOUND_IN), (row) => this.#search.foundIn(row, needle));
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
      if (bucket < MISSED) ordered[ends[bucket]!++] = rows[i]!;
    }
    const keyOf = this.#keys.of(query, ordered);
    for (let bucket = 0; bucket < QUALITIES * URGENCIES; bucket++) {
      const part = ordered.subarray(starts[bucket], starts[bucket + 1]);
      if (part.length === 0) continue;
      const isOverdue = query.sort === "silence" && bucket % URGENCIES < OVERDUE_URGENCIES;
      if (keyOf !== null) this.#sortByKey(part, keyOf);
      else if (query.sort === "name" && query.isDescending === true) part.reverse();
      else if (isOverdue) this.#sortByKey(part, (row) => MOST_LIMITS - this.#limitsSilent(row, nowS, bucket % URGENCIES === 0));
    }
    return ordered;
  }

  /** The bucket of each row, best first, or one beyond all; answers where each bucket starts. */
  #chooseBuckets(rows: Uint32Array, buckets: Uint8Array, query: ListQuery): Uint32Array {
    const { state, flags } = this.#columns;
    const passes = filterOf(query);
    const isInGroup = this.groups.chosen(query.groups ?? []);
    const needle = needleOf(query.text);
    const urgencyOf = (row: number) => (query.sort === "silence" ? URGENCY_OF_STATE[state[row]!]! : 0);
    const starts = new Uint32Array(QUALITIES * URGENCIES + 1);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      buckets[i] = NOT_COUNTED;
      if (passes[classOf(state[row]!, flags[row]!)] === 0 || isInGroup?.(row) === false) continue;
      const quality = needle === null ? QUALITY.exact : this.#search.quality(row, needle);
      const bucket = quality === QUALITY.none ? MISSED : quality * URGENCIES + urgencyOf(row);
      buckets[i] = bucket;
      if (bucket !== MISSED) starts[bucket + 1]! += 1;
    }
    if (needle !== null) this.#addTypos(rows, buckets, starts, needle, urgencyOf);
    for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!;
    return starts;
  }

  /** Puts rows that fit but for a typo after all others, if there are few of these. */
  #addTypos(rows: Uint32Array, buckets: Uint8Array, starts: Uint32Array, needle: Needle, urgencyOf: (row: number) => number): void {
    const found = starts.reduce((sum, count) => sum + count, 0);
    const best = Math.floor((starts.findIndex((count) => count > 0) - 1) / URGENCIES);
    if (!thinksOfTypos(needle, found, found === 0 ? QUALITY.none : best)) return;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      if (buckets[i] !== MISSED || !this.#search.fitsWithTypo(row, needle)) continue;
      const bucket = QUALITY.typo * URGENCIES + urgencyOf(row);
      buckets[i] = bucket;
      starts[bucket + 1]! += 1;
    }
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
    if (this.#class.length >= capacity) return;
    const classes = new Uint8Array(capacity).fill(NOT_COUNTED);
    classes.set(this.#class);
    this.#class = classes;
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
