// The worker's half of the fleet: puts each message where it belongs, keeps what the list needs,
// and says what the page is to be told. Pure, but for what it hands to `onFleet`.

import type { DictionaryEntry, ViewTold } from "../protocol.ts";
import { FleetColumns } from "./columns.ts";
import { Continuity } from "./continuity.ts";
import { FleetDecoder } from "./decoder.ts";
import type { Names } from "./decoder.ts";
import { Directory } from "./directory.ts";
import type { Labels } from "./messages.ts";
import { displayName } from "./names.ts";
import { KIND, WHOLE_FLEET, WireError, readHead, tileKeyOf } from "./wire.ts";
import type { Head } from "./wire.ts";

/** Entries that a dictionary named. */
interface NamedRows {
  rows: Uint32Array;
  entries: DictionaryEntry[];
}

export interface TakenMessage {
  head: Head;
  isFirst: boolean;
  labels: Labels[];
  /** The tiles to hold once this is applied; null where none is to be dropped. */
  keep: number[] | null;
}

/** What the server sends from now on, and which tiles to hold; null where none is to be dropped now. */
export interface TakenView {
  isWhole: boolean;
  keep: number[] | null;
}

export class FleetFeed {
  readonly columns = new FleetColumns();
  readonly continuity = new Continuity();
  readonly directory = new Directory(this.columns);
  #decoder = new FleetDecoder(this.columns);
  /** What dictionaries have named; it belongs to the rows that the next message brings. */
  #pending: NamedRows[] = [];

  /** Whether tiles of the fleet are held rather than all of it, or its counts alone. */
  get holdsParts(): boolean {
    return this.#decoder.tileKeys.some((tileKey) => tileKey !== WHOLE_FLEET);
  }

  /** To be called at each `hello`. */
  greet(epoch: string, isResumed: boolean): void {
    this.continuity.greet(epoch, isResumed);
    this.#pending = [];
  }

  /**
   * Takes a message: what the page is to apply too, null where it need not, "gap" where messages
   * are missing. Fails on one that breaks the format.
   */
  take(message: ArrayBuffer): TakenMessage | "gap" | null {
    const head = readHead(message);
    const verdict = this.continuity.judge(head);
    if (verdict === "gap") return "gap";
    if (verdict === "had") return null;
    const isFirst = verdict === "first";
    const { removed, changed } = this.#decoder.apply(message, isFirst, (names) => this.#pending.push(parse(names)));
    this.continuity.take(head, isFirst);
    if (head.kind === KIND.dictionary) return null;
    const labels = this.#takeNames();
    this.#forgetNames(removed, isFirst ? labels : null);
    this.directory.recount(removed);
    this.directory.recount(changed);
    return { head, isFirst, labels, keep: head.kind === KIND.keyframe ? this.#dropOthers() : null };
  }

  /**
   * Takes what the server says it sends. Tiles that it no longer sends stay until those that take
   * their place are all there, so that the map is never empty in between.
   */
  takeView({ whole, tiles }: ViewTold): TakenView {
    const isFirst = this.continuity.takeView(tiles.map((tile) => tileKeyOf(...tile)), whole);
    if (!isFirst) return { isWhole: whole, keep: this.#dropOthers() };
    this.#keepOnly(new Set());
    return { isWhole: whole, keep: [] };
  }

  /** Drops the tiles that are not wanted any more; answers those that stay, if any were dropped. */
  #dropOthers(): number[] | null {
    const wanted = this.continuity.settledTiles;
    if (wanted === null || this.#decoder.tileKeys.every((tileKey) => wanted.has(tileKey))) return null;
    this.#keepOnly(wanted);
    return [...wanted];
  }

  #keepOnly(tileKeys: ReadonlySet<number>): void {
    const removed = this.#decoder.keepOnly(tileKeys);
    this.#forgetNames(removed, null);
    this.directory.recount(removed);
  }

  /** Forgets rows that are free now; of a new state also those that it does not name. */
  #forgetNames(removed: Uint32Array, named: Labels[] | null): void {
    const isNamed = new Uint8Array(named === null ? 0 : this.columns.rowCount);
    for (const { rows } of named ?? []) {
      for (const row of rows) isNamed[row] = 1;
    }
    for (const row of removed) {
      if (!this.columns.isInUse(row) || isNamed[row] === 0) this.directory.forget(row);
    }
  }

  #takeNames(): Labels[] {
    const labels = this.#pending.map(({ rows, entries }) => {
      entries.forEach((entry, i) => this.directory.name(rows[i]!, entry));
      return labelsOf(rows, entries);
    });
    this.#pending = [];
    return labels;
  }
}

function parse({ rows, json }: Names): NamedRows {
  const entries = JSON.parse(new TextDecoder().decode(json)) as DictionaryEntry[];
  if (!Array.isArray(entries) || entries.length !== rows.length) throw new WireError("a dictionary names more or fewer than it says");
  return { rows: rows.slice(), entries };
}

function labelsOf(rows: Uint32Array, entries: DictionaryEntry[]): Labels {
  return {
    rows,
    ids: entries.map((entry) => entry.id),
    names: entries.map(displayName),
    registrations: entries.map((entry) => entry.registration ?? ""),
    drivers: entries.map((entry) => entry.driver ?? ""),
    groups: entries.map((entry) => (entry.groups ?? []).join(", ")),
  };
}
