// What rows are sorted by, as whole numbers, smallest first: so a hundred thousand are sorted as
// numbers, and texts are compared once each rather than in every order. What is not known comes
// last, whichever way round.

import { STANDING_OF_STATE } from "../codes.ts";
import { UNKNOWN } from "./columns.ts";
import type { FleetColumns } from "./columns.ts";
import type { RowFacts } from "./facts.ts";
import type { ListQuery, ListSort } from "./messages.ts";
import type { Field, SearchBook } from "./search.ts";

/** Keys are below; with the place of 20 bits behind it such a number is still exact. */
export const NO_KEY = 2 ** 33 - 1;

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const FIELDS: Partial<Record<ListSort, Field>> = { driver: "driver", registration: "registration", group: "group" };
const TEXTS: Partial<Record<ListSort, (facts: RowFacts) => string | undefined>> = { address: ({ address }) => address, source: ({ source }) => source };
const NUMBERS: Partial<Record<ListSort, (facts: RowFacts) => number | undefined>> = {
  ignition: ({ ignition }) => (ignition === undefined ? undefined : Number(!ignition)),
  odometer: ({ odometerM }) => odometerM,
  // Tenths, since a fleet of full tanks differs little.
  battery: ({ batteryPct }) => (batteryPct === undefined ? undefined : batteryPct * 10),
  fuel: ({ fuelL }) => (fuelL === undefined ? undefined : fuelL * 10),
};

export class SortKeys {
  facts: ReadonlyMap<string, RowFacts> = new Map();
  #columns: FleetColumns;
  #search: SearchBook;
  /** By text its place among those that were compared last. */
  #ranks = new Map<string, number>();

  constructor(columns: FleetColumns, search: SearchBook) {
    this.#columns = columns;
    this.#search = search;
  }

  /** The key of a row; null where rows are to stay in the order of their names. */
  of({ sort, isDescending = false }: ListQuery, rows: Uint32Array): ((row: number) => number) | null {
    const key = this.#ascending(sort, rows);
    if (key === null || !isDescending) return key;
    return (row) => {
      const ascending = key(row);
      return ascending === NO_KEY ? NO_KEY : NO_KEY - 1 - ascending;
    };
  }

  #ascending(sort: ListSort, rows: Uint32Array): ((row: number) => number) | null {
    const { fixedAtS, state, speed } = this.#columns;
    if (sort === "recent") return (row) => (fixedAtS[row] === 0 ? NO_KEY : 2 ** 32 - 1 - fixedAtS[row]!);
    if (sort === "state") return (row) => STANDING_OF_STATE[state[row]!]!;
    if (sort === "speed") return (row) => (speed[row] === UNKNOWN ? NO_KEY : speed[row]!);
    const number = NUMBERS[sort];
    if (number !== undefined) return (row) => numberKey(number(this.#factsOf(row)));
    const text = this.#textOf(sort);
    return text === null ? null : this.#byText(rows, text);
  }

  #textOf(sort: ListSort): ((row: number) => string) | null {
    const field = FIELDS[sort];
    if (field !== undefined) return (row) => this.#search.text(row, field);
    const text = TEXTS[sort];
    return text === undefined ? null : (row) => text(this.#factsOf(row)) ?? "";
  }

  #factsOf(row: number): RowFacts {
    return this.facts.get(this.#search.text(row, "id")) ?? {};
  }

  /** Compares texts only where one came that was not compared yet. */
  #byText(rows: Uint32Array, textOf: (row: number) => string): (row: number) => number {
    const texts = new Set<string>();
    for (const row of rows) texts.add(textOf(row));
    texts.delete("");
    if ([...texts].some((text) => !this.#ranks.has(text))) {
      this.#ranks = new Map([...texts].sort(collator.compare).map((text, rank) => [text, rank]));
    }
    return (row) => this.#ranks.get(textOf(row)) ?? NO_KEY;
  }
}

function numberKey(value: number | undefined): number {
  return value === undefined || Number.isNaN(value) ? NO_KEY : Math.min(NO_KEY - 1, Math.max(0, Math.round(value)));
}
