// The whole of the selected vehicle, asked of the server: at once, soon after its row changed, and
// now and then in any case, since not all that is shown of it is in its row. One question is open
// at a time, so that an old answer never takes the place of a newer one.

import type { Vehicle } from "../protocol.ts";

const AT_MOST_EVERY_MS = 1_000;
const AT_LEAST_EVERY_MS = 5_000;
const TIMEOUT_MS = 10_000;

export interface SelectionEvents {
  /** The vehicle as the server has it; null if it has none of that id (any more). */
  onVehicle(id: string, vehicle: Vehicle | null, roundTripMs: number): void;
  /** Whether the last question went unanswered; it is asked again by itself. */
  onTrouble(hasTrouble: boolean): void;
}

export class Selection {
  #events: SelectionEvents;
  #id: string | null = null;
  #open: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #askedAtMs = -Infinity;
  #isChanged = false;

  constructor(events: SelectionEvents) {
    this.#events = events;
  }

  /** Looks at another vehicle, or at none. */
  watch(id: string | null): void {
    this.#open?.abort();
    this.#open = null;
    this.#id = id;
    this.#askedAtMs = -Infinity;
    this.#askIn(0);
  }

  /** Tells that the vehicle's row changed. */
  changed(): void {
    this.#isChanged = true;
    if (this.#open === null) this.#askIn(AT_MOST_EVERY_MS);
  }

  /** Asks so long after the last question. */
  #askIn(sinceLastMs: number): void {
    clearTimeout(this.#timer);
    if (this.#id === null) return;
    const waitMs = Math.max(0, this.#askedAtMs + sinceLastMs - performance.now());
    this.#timer = setTimeout(() => void this.#ask(), waitMs);
  }

  async #ask(): Promise<void> {
    const id = this.#id;
    if (id === null || this.#open !== null) return;
    const open = new AbortController();
    this.#open = open;
    this.#askedAtMs = performance.now();
    this.#isChanged = false;
    const answer = await fetchVehicle(id, open.signal).catch(() => undefined);
    const answeredAtMs = performance.now();
    if (this.#open !== open) return;
    this.#open = null;
    this.#askIn(this.#isChanged ? AT_MOST_EVERY_MS : AT_LEAST_EVERY_MS);
    this.#events.onTrouble(answer === undefined);
    if (answer !== undefined) this.#events.onVehicle(id, answer, answeredAtMs - this.#askedAtMs);
  }
}

async function fetchVehicle(id: string, signal: AbortSignal): Promise<Vehicle | null> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const url = new URL(`/api/v1/vehicles/${encodeURIComponent(id)}`, location.href);
  const response = await fetch(url, { signal: within, cache: "no-store" });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`vehicle: ${response.status}`);
  return (await response.json()) as Vehicle;
}
