// Which columns the list has: remembered on this machine, and part of the view, so that a link or a
// saved view shows the same. As long as it is the usual ones, the list shows them as cards.

import type { ListSort } from "../live/messages.ts";
import type { ViewPart } from "./view-url.ts";

/** In the order in which they stand; the name is always there. */
export const COLUMNS = ["name", "state", "age", "speed", "driver", "registration", "group", "address", "source", "ignition", "odometer", "battery", "fuel"] as const;
export type Column = (typeof COLUMNS)[number];

/** What each is sorted by. */
export const SORT_OF: Record<Column, ListSort> = { name: "name", state: "state", age: "recent", speed: "speed", driver: "driver", registration: "registration", group: "group", address: "address", source: "source", ignition: "ignition", odometer: "odometer", battery: "battery", fuel: "fuel" };

const STORAGE_KEY = "fleetglass-columns";
const USUAL: readonly Column[] = ["name", "state", "age", "registration"];
/** Those of which only the server's answers tell. */
const OF_FACTS = new Set<Column>(["address", "source", "ignition", "odometer", "battery", "fuel"]);

export class ColumnChoice {
  #stored = readStored();
  /** Said by an address. */
  #linked: readonly Column[] | null = null;
  #listeners: (() => void)[] = [];

  get now(): readonly Column[] {
    return this.#linked ?? this.#stored ?? USUAL;
  }

  /** Whether it is the usual ones. */
  get isUsual(): boolean {
    return this.now.join() === USUAL.join();
  }

  /** Whether the server's answers are needed for them, or for an order. */
  needsFacts(sort: ListSort): boolean {
    return COLUMNS.some((column) => OF_FACTS.has(column) && (this.now.includes(column) || SORT_OF[column] === sort));
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Shows a column or takes it away, for this machine. */
  toggle(column: Column): void {
    const wanted = new Set(this.now);
    if (!wanted.delete(column)) wanted.add(column);
    this.#store(ordered([...wanted]));
  }

  reset(): void {
    this.#store(USUAL);
  }

  part(): ViewPart {
    return {
      name: "columns",
      encode: () => (this.isUsual ? null : this.now.join()),
      decode: (text) => {
        const named = columnsOf(text?.split(",") ?? []);
        const linked = named.length === 0 ? null : ordered(named);
        if (linked?.join() === this.#linked?.join()) return;
        this.#linked = linked;
        this.#tell();
      },
    };
  }

  #store(columns: readonly Column[]): void {
    this.#linked = null;
    this.#stored = columns;
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify(columns));
    } catch {
      // A browser that keeps nothing keeps it for this page at least.
    }
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function ordered(columns: readonly Column[]): readonly Column[] {
  return COLUMNS.filter((column) => column === "name" || columns.includes(column));
}

function columnsOf(names: readonly unknown[]): Column[] {
  return COLUMNS.filter((column) => names.includes(column));
}

function readStored(): readonly Column[] | null {
  try {
    const names: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "null");
    return Array.isArray(names) ? ordered(columnsOf(names)) : null;
  } catch {
    return null;
  }
}
