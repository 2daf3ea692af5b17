// What the list shows, wherever it comes from: the page's own rows where it holds the whole fleet,
// the server's answers (`remote-rows.ts`) where it holds a part.

import { LATE, UNKNOWN_MOTION, freshnessCode, motionCode } from "../codes.ts";
import type { FleetColumns } from "../live/columns.ts";
import { factsOf } from "../live/facts.ts";
import type { RowFacts } from "../live/facts.ts";
import { displayName } from "../live/names.ts";
import type { FoundIn } from "../live/search.ts";
import type { Since, SinceBook } from "../page/since-book.ts";
import type { Store } from "../page/store.ts";
import type { TimeTravel } from "../page/time-travel.ts";
import type { Vehicle } from "../protocol.ts";
import { latDegOf, lngDegOf } from "../map/mercator.ts";

/** A vehicle as the list shows it. */
export interface ListedVehicle {
  id: string;
  name: string;
  /** Empty where there is none. */
  registration: string;
  driver: string;
  group: string;
  /** Codes of `MOTIONS` and `FRESHNESSES`. */
  motion: number;
  freshness: number;
  /** NaN where unknown. */
  speedMps: number;
  /** NaN where there is no position. */
  fixedAtMs: number;
  lngLatDeg: [number, number] | null;
  isFeedDown: boolean;
  /** Since when it is doing what it does; null where that is not known. */
  since: Since | null;
  /** What only the server's answers tell; null where they were not asked. */
  facts: RowFacts | null;
}

/** Vehicles with what they are called. */
export type NamedTable = FleetColumns & { readonly ids: readonly (string | undefined)[]; readonly names: readonly string[]; readonly registrations: readonly string[]; readonly drivers: readonly string[]; readonly groups: readonly string[] };

export interface ListRows {
  readonly length: number;
  /** The vehicle at a place; null for a moment after it left. */
  at(place: number): ListedVehicle | null;
  /** The place of a vehicle, or -1. */
  placeOf(id: string): number;
  /** Why the vehicle at a place was found, where its name does not tell. */
  foundIn(place: number): FoundIn;
  /** Tells that the places from `first` to before `end` are looked at. */
  reach(first: number, end: number): void;
}

export class LocalRows implements ListRows {
  #store: Store;
  #sinces: SinceBook;

  constructor(store: Store, sinces: SinceBook) {
    this.#store = store;
    this.#sinces = sinces;
  }

  get length(): number {
    return this.#store.order.length;
  }

  at(place: number): ListedVehicle | null {
    const row = this.#store.order[place];
    const vehicle = row === undefined ? null : listedRow(this.#store.table, row);
    return vehicle === null ? null : { ...vehicle, since: this.#sinces.of(vehicle.id, vehicle.motion), facts: this.#store.facts.get(vehicle.id) ?? null };
  }

  foundIn(place: number): FoundIn {
    return this.#store.found[place] ?? null;
  }

  placeOf(id: string): number {
    const row = this.#store.table.row(id);
    return row === undefined ? -1 : this.#store.order.indexOf(row);
  }

  reach(first: number, end: number): void {
    const { table, order } = this.#store;
    const inView = [...order.subarray(first, end)].filter((row) => table.freshness(row) <= LATE && table.motion(row) !== UNKNOWN_MOTION);
    this.#sinces.want(inView.flatMap((row) => (table.ids[row] === undefined ? [] : [{ id: table.ids[row], motion: table.motion(row) }])));
  }
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
    const vehicle = row === undefined ? null : listedRow(this.#travel.table, row);
    if (vehicle === null) return null;
    const whole = this.#travel.vehicle(vehicle.id);
    return { ...vehicle, since: sinceOf(whole), facts: whole === undefined ? null : factsOf(whole) };
  }

  foundIn(place: number): FoundIn {
    return this.#travel.found[place] ?? null;
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
    driver: table.drivers[row] ?? "",
    group: table.groups[row] ?? "",
    motion: table.motion(row),
    freshness: table.freshness(row),
    speedMps: table.speedMps(row),
    fixedAtMs: table.fixedAtMs(row),
    lngLatDeg: table.hasPosition(row) ? [lngDegOf(table.mercatorX[row]!), latDegOf(table.mercatorY[row]!)] : null,
    isFeedDown: table.isFeedDown(row),
    since: null,
    facts: null,
  };
}

/** A vehicle as the server tells of it whole. */
export function listedOf(vehicle: Vehicle): ListedVehicle {
  const { id, registration = "", position, motion, drawn } = vehicle;
  const at = position && (drawn ?? position);
  return {
    id,
    name: displayName(vehicle),
    registration,
    driver: vehicle.driver?.value ?? "",
    group: (vehicle.groups ?? []).join(", "),
    motion: motionCode(motion?.state),
    freshness: freshnessCode(vehicle),
    speedMps: position?.speed_mps ?? NaN,
    fixedAtMs: position === undefined ? NaN : Date.parse(position.fixed_at),
    lngLatDeg: at === undefined ? null : [at.lng_deg, at.lat_deg],
    isFeedDown: vehicle.flags?.includes("feed_down") === true,
    since: sinceOf(vehicle),
    facts: factsOf(vehicle),
  };
}

/** As the server tells it of a vehicle. */
export function sinceOf(vehicle: Vehicle | undefined): Since | null {
  const sinceMs = Date.parse(vehicle?.motion?.since ?? "");
  return Number.isNaN(sinceMs) ? null : { sinceMs, isAtLeast: vehicle?.motion?.since_at_least === true };
}
