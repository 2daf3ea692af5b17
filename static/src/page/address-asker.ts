// Finds vehicles of a fleet that the page holds by where they are in words: that differs with nearly
// every report, so only the server has it. It is asked a moment after the last letter; what the page
// finds by itself does not wait for it.

import { needleOf } from "../live/search.ts";
import type { Vehicle } from "../protocol.ts";

const DEBOUNCE_MS = 150;
const TIMEOUT_MS = 10_000;
const LEAST_LETTERS = 3;
const MOST = 200;

export interface AddressEvents {
  /** Whether the server is to be asked now. */
  isOn(): boolean;
  /** The row of a vehicle, if it is held. */
  row(id: string): number | undefined;
  /** Addresses by row, in place of all before. */
  onAddresses(addresses: ReadonlyMap<number, string>): void;
}

export class AddressAsker {
  #events: AddressEvents;
  #text = "";
  #isTold = false;
  #open: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(events: AddressEvents) {
    this.#events = events;
  }

  search(typed: string): void {
    const text = needleOf(typed)?.text ?? "";
    if (text === this.#text) return;
    this.#text = text;
    this.#open?.abort();
    clearTimeout(this.#timer);
    if (text.length >= LEAST_LETTERS && this.#events.isOn()) this.#timer = setTimeout(() => void this.#ask(typed.trim()), DEBOUNCE_MS);
    else this.#tell(new Map());
  }

  async #ask(q: string): Promise<void> {
    const open = new AbortController();
    this.#open = open;
    const query = new URLSearchParams({ q, limit: String(MOST) });
    const signal = AbortSignal.any([open.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const response = await fetch(new URL(`/api/v1/vehicles?${query}`, location.href), { signal, cache: "no-store" }).catch(() => null);
    const answer = response?.ok ? ((await response.json().catch(() => null)) as { vehicles: Vehicle[] } | null) : null;
    if (this.#open !== open || open.signal.aborted || answer === null) return;
    const addresses = new Map<number, string>();
    for (const { id, address } of answer.vehicles) {
      const row = this.#events.row(id);
      if (row !== undefined && address !== undefined) addresses.set(row, address.value);
    }
    this.#tell(addresses);
  }

  #tell(addresses: ReadonlyMap<number, string>): void {
    if (addresses.size === 0 && !this.#isTold) return;
    this.#isTold = addresses.size > 0;
    this.#events.onAddresses(addresses);
  }
}
