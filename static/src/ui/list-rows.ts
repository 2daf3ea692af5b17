// What the list shows, wherever it comes from: the page's own rows where it holds the whole fleet,
// the server's answers (`remote-rows.ts`) where it holds a part.

import type { FleetColumns } from "../live/columns.ts";
import type { Store } from "../page/store.ts";
import type { TimeTravel } from "../page/time-travel.ts";
import { latDegOf, lngDegOf } from "../map/mercator.ts";

/** A vehicle as the list shows it. */
export interface ListedVehicle {
  id: string;
  name: string;
  /** Empty where there is none. */
  registration: string;
  /** Codes of `MOTIONS` and `FRESHNESSES`. */
  motion: number;
  freshness: number;
  /** NaN where unknown. */
  speedMps: number;
  /** NaN where there is no position. */
  fixedAtMs: number;
  lngLatDeg: [number, number] | null;
  isFeedDown: boolean;
}

/** Vehicles with what they are called. */
export type NamedTable = FleetColumns & { readonly ids: readonly (string | undefined)[]; readonly names: readonly string[]; readonly registrations: readonly string[] };

export interface ListRows {
  readonly length: number;
  /** The vehicle at a place; null for a moment after it left. */
  at(place: number): ListedVehicle | null;
  /** The place of a vehicle, or -1. */
  placeOf(id: string): number;
  /** Tells that the places before `end` are looked at. */
  reach(end: number): void;
}

export class LocalRows implements ListRows {
  #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get length(): number {
    return this.#store.order.length;
  }

  at(place: number): ListedVehicle | null {
    const row = this.#store.order[place];
    return row === undefined ? null : listedRow(this.#store.table, row);
  }

  placeOf(id: string): number {
    const row = this.#store.table.row(id);
    return row === undefined ? -1 : this.#store.order.indexOf(row);
  }

  reach(): void {}
}

/** The fleet of the time that is shown. */
export class PastRows implements ListRows {
  #travel: TimeTravel;

  constructor(travel: TimeTravel) {
    this.#travel = travel;
  }

  get length(): number {
    return this.#travel.order.length;
  }

  at(place: number): ListedVehicle | null {
    const row = this.#travel.order[place];
    return row === undefined ? null : listedRow(this.#travel.table, row);
  }

  placeOf(id: string): number {
    const row = this.#travel.table.row(id);
    return row === undefined ? -1 : this.#travel.order.indexOf(row);
  }

  reach(): void {}
}

/** A vehicle that the page holds; null where the row is free. */
export function listedRow(table: NamedTable, row: number): ListedVehicle | null {
  const id = table.ids[row];
  if (id === undefined) return null;
  return {
    id,
    name: table.names[row] ?? "",
    registration: table.registrations[row] ?? "",
    motion: table.motion(row),
    freshness: table.freshness(row),
    speedMps: table.speedMps(row),
    fixedAtMs: table.fixedAtMs(row),
    lngLatDeg: table.hasPosition(row) ? [lngDegOf(table.mercatorX[row]!), latDegOf(table.mercatorY[row]!)] : null,
    isFeedDown: table.isFeedDown(row),
  };
}
