// The fleet as it was at a time, in the same columns as the live one, so that map and list need not
// know which they show. A vehicle keeps its row from one time to the next: that is how its marker
// glides while the past is played.

import { freshnessCode, motionCode } from "../codes.ts";
import { DEFAULT_EXPECTED_S, FLAG, FleetColumns, HEADING_STEP_DEG, STATE, UNKNOWN } from "../live/columns.ts";
import type { RowChanges } from "../live/decoder.ts";
import { Directory } from "../live/directory.ts";
import { factsOf } from "../live/facts.ts";
import { displayName, entryOf } from "../live/names.ts";
import { mercatorFixedX, mercatorFixedY } from "../map/mercator.ts";
import type { Vehicle } from "../protocol.ts";

const TILE = 1;
const SPEED_STEPS_PER_MPS = 2;
const FASTEST = UNKNOWN - 1;

export class PastTable extends FleetColumns {
  readonly ids: (string | undefined)[] = [];
  readonly names: string[] = [];
  readonly registrations: string[] = [];
  readonly drivers: string[] = [];
  readonly groups: string[] = [];
  readonly directory = new Directory(this);
  #vehicles: (Vehicle | undefined)[] = [];
  #rowById = new Map<string, number>();
  #free: number[] = [];

  row(id: string): number | undefined {
    return this.#rowById.get(id);
  }

  /** How many vehicles it holds. */
  get size(): number {
    return this.#rowById.size;
  }

  /** The whole of a vehicle as it was. */
  vehicle(id: string): Vehicle | undefined {
    return this.#vehicles[this.#rowById.get(id) ?? -1];
  }

  /** Takes the fleet of another time; answers which rows to look at. */
  take(vehicles: readonly Vehicle[]): RowChanges {
    const ids = new Set(vehicles.map(({ id }) => id));
    const removed = [...this.#rowById].filter(([id]) => !ids.has(id)).map(([id, row]) => this.#remove(id, row));
    const changed = vehicles.map((vehicle) => this.#put(vehicle));
    const changes = { removed: Uint32Array.from(removed), changed: Uint32Array.from(changed) };
    this.directory.setFacts(new Map(vehicles.map((vehicle) => [vehicle.id, factsOf(vehicle)])));
    this.directory.recount(changes.removed);
    this.directory.recount(changes.changed);
    return changes;
  }

  #remove(id: string, row: number): number {
    this.clearRow(row);
    this.directory.forget(row);
    this.ids[row] = this.#vehicles[row] = undefined;
    this.#rowById.delete(id);
    this.#free.push(row);
    return row;
  }

  #put(vehicle: Vehicle): number {
    const row = this.#rowById.get(vehicle.id) ?? this.#free.pop() ?? this.rowCount;
    this.reserve(row + 1);
    this.#rowById.set(vehicle.id, row);
    this.#vehicles[row] = vehicle;
    this.ids[row] = vehicle.id;
    this.names[row] = displayName(vehicle);
    this.registrations[row] = vehicle.registration ?? "";
    this.drivers[row] = vehicle.driver?.value ?? "";
    this.groups[row] = (vehicle.groups ?? []).join(", ");
    this.directory.name(row, entryOf(vehicle));
    this.#fill(row, vehicle);
    return row;
  }

  #fill(row: number, { position, drawn, motion, freshness, flags = [] }: Vehicle): void {
    const isAtRest = motion?.state === "stopped" || motion?.state === "parked";
    const onTheMove = (freshness?.on_the_move ?? !isAtRest) ? STATE.onTheMove : 0;
    const state = motionCode(motion?.state) | (freshnessCode({ freshness, flags }) << STATE.freshnessShift);
    this.tile[row] = TILE;
    this.flags[row] = (flags.includes("feed_down") ? FLAG.feedDown : 0) | (flags.includes("diverging") ? FLAG.diverging : 0);
    this.expectedS[row] = freshness?.expected_s ?? DEFAULT_EXPECTED_S;
    this.state[row] = position === undefined ? state : state | STATE.hasPosition | onTheMove;
    if (position === undefined) return;
    const { heading_deg, speed_mps } = position;
    const at = drawn ?? position;
    this.heading[row] = heading_deg === undefined ? UNKNOWN : Math.round(heading_deg / HEADING_STEP_DEG) % (360 / HEADING_STEP_DEG);
    this.speed[row] = speed_mps === undefined ? UNKNOWN : Math.min(FASTEST, Math.round(speed_mps * SPEED_STEPS_PER_MPS));
    this.fixedAtS[row] = Math.floor(Date.parse(position.fixed_at) / 1000);
    this.mercatorX[row] = mercatorFixedX(at.lng_deg);
    this.mercatorY[row] = mercatorFixedY(at.lat_deg);
  }
}
