// Asks the server for the fleet at a time, one question at a time and at most a few a second,
// however a scrubber is dragged: the newest wish wins. While nothing is wished for, what will be
// wanted next is fetched ahead.

import type { Vehicle } from "../protocol.ts";

const LEAST_BETWEEN_MS = 300;
const RETRY_MS = 2_000;

export interface PastAnswer {
  vehicles: Vehicle[];
  /** How many there are, where only some were asked for. */
  total?: number;
}

export interface PastEvents {
  /** Fetches the fleet at a time; null where nothing is remembered of it. */
  fetchAt(atMs: number): Promise<PastAnswer | null>;
  onAnswer(atMs: number, answer: PastAnswer | null): void;
  onTrouble(hasTrouble: boolean): void;
}

export class PastAsker {
  #events: PastEvents;
  #wantedMs: number | null = null;
  #nextMs: number | null = null;
  #ready: { atMs: number; answer: PastAnswer | null } | null = null;
  #isOpen = false;
  #askedAtMs = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(events: PastEvents) {
    this.#events = events;
  }

  /** Whether what was wanted has not come yet. */
  get isWaiting(): boolean {
    return this.#wantedMs !== null;
  }

  /** Wants a time, and says which one it will want after that, if it knows. */
  want(atMs: number, nextMs: number | null): void {
    this.#wantedMs = atMs;
    this.#nextMs = nextMs;
    const ready = this.#ready;
    if (ready?.atMs === atMs) this.#deliver(atMs, ready.answer);
    this.#pump();
  }

  /** Wants nothing any more; what is open is not delivered. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wantedMs = this.#nextMs = this.#ready = null;
  }

  #pump(): void {
    const atMs = this.#wantedMs ?? (this.#ready?.atMs === this.#nextMs ? null : this.#nextMs);
    if (this.#isOpen || atMs === null || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#ask(), Math.max(0, this.#askedAtMs + LEAST_BETWEEN_MS - performance.now()));
  }

  async #ask(): Promise<void> {
    this.#timer = undefined;
    const atMs = this.#wantedMs ?? this.#nextMs;
    if (atMs === null) return;
    this.#isOpen = true;
    this.#askedAtMs = performance.now();
    const answer = await this.#events.fetchAt(atMs).catch(() => undefined);
    this.#isOpen = false;
    if (this.#wantedMs === null && this.#nextMs === null) return;
    this.#events.onTrouble(answer === undefined);
    if (answer === undefined) this.#askedAtMs = performance.now() + RETRY_MS;
    else if (atMs === this.#wantedMs) this.#deliver(atMs, answer);
    else if (atMs === this.#nextMs) this.#ready = { atMs, answer };
    this.#pump();
  }

  #deliver(atMs: number, answer: PastAnswer | null): void {
    this.#wantedMs = null;
    this.#ready = null;
    if (this.#nextMs === atMs) this.#nextMs = null;
    this.#events.onAnswer(atMs, answer);
  }
}
