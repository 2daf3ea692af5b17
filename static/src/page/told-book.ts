// Vehicles that somebody chose and the page does not hold, as of a large fleet: asked of the server
// one after the other, over and over, as long as they are wanted.

import type { Vehicle } from "../protocol.ts";
import { listedOf } from "../ui/list-rows.ts";
import type { ListedVehicle } from "../ui/list-rows.ts";

const EVERY_MS = 5_000;
const TIMEOUT_MS = 10_000;

export class ToldBook {
  #onChange: () => void;
  #told = new Map<string, { askedAtMs: number; vehicle: ListedVehicle | null }>();
  #wanted: readonly string[] = [];
  #isOpen = false;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Null where it is not known. */
  of(id: string): ListedVehicle | null {
    return this.#told.get(id)?.vehicle ?? null;
  }

  /** Says which are wanted; to be called over and over. */
  want(ids: readonly string[]): void {
    this.#wanted = ids;
    for (const id of this.#told.keys()) if (!ids.includes(id)) this.#told.delete(id);
    if (!this.#isOpen) void this.#ask();
  }

  async #ask(): Promise<void> {
    const dueMs = performance.now() - EVERY_MS;
    const id = this.#wanted.find((one) => (this.#told.get(one)?.askedAtMs ?? -Infinity) <= dueMs);
    if (id === undefined) return;
    this.#isOpen = true;
    const before = this.of(id);
    this.#told.set(id, { askedAtMs: performance.now(), vehicle: before });
    const vehicle = await fetchVehicle(id);
    this.#isOpen = false;
    if (this.#wanted.includes(id)) this.#told.set(id, { askedAtMs: performance.now(), vehicle: vehicle === null ? before : listedOf(vehicle) });
    this.#onChange();
    void this.#ask();
  }
}

async function fetchVehicle(id: string): Promise<Vehicle | null> {
  const options = { signal: AbortSignal.timeout(TIMEOUT_MS), cache: "no-store" } as const;
  const response = await fetch(new URL(`/api/v1/vehicles/${encodeURIComponent(id)}`, location.href), options).catch(() => null);
  return response?.ok ? ((await response.json().catch(() => null)) as Vehicle | null) : null;
}
