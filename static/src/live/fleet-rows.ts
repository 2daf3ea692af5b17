// The fleet as numbered rows. The worker keeps whole vehicles; the page only sees rows, so that
// 10,000 changes cost it a few typed arrays. A row keeps its number as long as its vehicle lives,
// and is given to another afterwards.

import { freshnessCode, motionCode } from "../codes.ts";
import { mercatorFixedX, mercatorFixedY } from "../map/mercator.ts";
import type { Vehicle } from "../protocol.ts";
import type { Patch, RowLabel } from "./messages.ts";

export class FleetRows {
  #vehicles: (Vehicle | undefined)[] = [];
  #rowById = new Map<string, number>();
  #freeRows: number[] = [];
  #labels: (RowLabel | undefined)[] = [];

  get vehicles(): readonly (Vehicle | undefined)[] {
    return this.#vehicles;
  }

  get vehicleCount(): number {
    return this.#rowById.size;
  }

  vehicle(id: string): Vehicle | undefined {
    const row = this.#rowById.get(id);
    return row === undefined ? undefined : this.#vehicles[row];
  }

  /** Replaces the fleet; vehicles that stay keep their rows. */
  replaceAll(vehicles: Vehicle[]): Patch {
    const kept = new Set(vehicles.map((vehicle) => vehicle.id));
    const gone = [...this.#rowById.keys()].filter((id) => !kept.has(id));
    return { ...this.change(vehicles, gone), isSnapshot: true };
  }

  change(vehicles: Vehicle[], removedIds: string[]): Patch {
    const removed = this.#remove(removedIds);
    const patch = emptyPatch(vehicles.length, removed);
    vehicles.forEach((vehicle, i) => {
      const row = this.#rowOf(vehicle.id);
      this.#vehicles[row] = vehicle;
      this.#writeLabel(patch, row, vehicle);
      writeRow(patch, i, row, vehicle);
    });
    patch.rowCount = this.#vehicles.length;
    return patch;
  }

  #remove(ids: string[]): Uint32Array {
    const rows: number[] = [];
    for (const id of ids) {
      const row = this.#rowById.get(id);
      if (row === undefined) continue;
      this.#rowById.delete(id);
      this.#vehicles[row] = undefined;
      this.#labels[row] = undefined;
      this.#freeRows.push(row);
      rows.push(row);
    }
    return Uint32Array.from(rows);
  }

  #rowOf(id: string): number {
    let row = this.#rowById.get(id);
    if (row === undefined) {
      row = this.#freeRows.pop() ?? this.#vehicles.length;
      this.#rowById.set(id, row);
    }
    return row;
  }

  #writeLabel(patch: Patch, row: number, vehicle: Vehicle): void {
    const name = displayName(vehicle);
    const registration = vehicle.registration ?? "";
    const held = this.#labels[row];
    if (held && held.id === vehicle.id && held.name === name && held.registration === registration) return;
    const label = { row, id: vehicle.id, name, registration };
    this.#labels[row] = label;
    patch.labels.push(label);
  }
}

/** What a vehicle is called on the screen: its name, else its registration, else its id. */
export function displayName(vehicle: Vehicle): string {
  return vehicle.name || vehicle.registration || vehicle.id;
}

/** The buffers of a patch, to be handed over with it. */
export function buffersOf(patch: Patch): ArrayBuffer[] {
  return Object.values(patch)
    .filter((value) => ArrayBuffer.isView(value))
    .map((view) => view.buffer as ArrayBuffer);
}

function emptyPatch(length: number, removed: Uint32Array): Patch {
  return {
    rowCount: 0,
    rows: new Uint32Array(length),
    mercatorX: new Uint32Array(length),
    mercatorY: new Uint32Array(length),
    hasPosition: new Uint8Array(length),
    headingDeg: new Float32Array(length),
    speedMps: new Float32Array(length),
    fixedAtMs: new Float64Array(length),
    motion: new Uint8Array(length),
    freshness: new Uint8Array(length),
    labels: [],
    removed,
    isSnapshot: false,
  };
}

function writeRow(patch: Patch, i: number, row: number, vehicle: Vehicle): void {
  const position = vehicle.position;
  patch.rows[i] = row;
  patch.motion[i] = motionCode(vehicle.motion?.state);
  patch.freshness[i] = freshnessCode(vehicle.freshness?.state);
  patch.headingDeg[i] = position?.heading_deg ?? NaN;
  patch.speedMps[i] = position?.speed_mps ?? NaN;
  patch.fixedAtMs[i] = position ? Date.parse(position.fixed_at) : NaN;
  if (position) {
    patch.hasPosition[i] = 1;
    patch.mercatorX[i] = mercatorFixedX(position.lng_deg);
    patch.mercatorY[i] = mercatorFixedY(position.lat_deg);
  }
}
