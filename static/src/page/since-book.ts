// Since when vehicles are doing what they do. The live protocol does not tell it, so it is asked of
// the server for the rows that somebody sees: of a small fleet all at once, later and of larger
// ones those that changed. What is known of a vehicle is shown as long as it still does the same;
// until the next answer nothing else takes its place, so that nothing flickers.

import { motionCode } from "../codes.ts";
import type { Vehicle } from "../protocol.ts";

/** Fleets of no more are asked for at once. */
const WHOLE_UP_TO = 1_000;
const AT_ONCE = 6;
const LEAST_BETWEEN_MS = 200;
/** A row may be ahead of the answer, or behind it. */
const RETRY_MS = 2_000;
/** A late report may move the beginning of a state. */
const FRESH_FOR_MS = 60_000;
const TIMEOUT_MS = 10_000;
const NO_MOTION = -1;

export interface Since {
  sinceMs: number;
  /** It may have begun earlier. */
  isAtLeast: boolean;
}

interface Known extends Since {
  motion: number;
  /** Not asked again before, on the page's clock. */
  restsUntilMs: number;
  staleAtMs: number;
}

/** A vehicle in view, and the code of what it does. */
export interface WantedSince {
  id: string;
  motion: number;
}

export class SinceBook {
  #vehicleCount: () => number;
  #isReachable: () => boolean;
  #onChange: () => void;
  #known = new Map<string, Known>();
  #wanted: readonly WantedSince[] = [];
  #isWholeAsked = false;
  #isOpen = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(vehicleCount: () => number, isReachable: () => boolean, onChange: () => void) {
    this.#vehicleCount = vehicleCount;
    this.#isReachable = isReachable;
    this.#onChange = onChange;
  }

  /** Null where it is not known, or of another state. */
  of(id: string, motion: number): Since | null {
    const known = this.#known.get(id);
    return known?.motion === motion ? known : null;
  }

  /** Says who is in view; to be called over and over. */
  want(wanted: readonly WantedSince[]): void {
    this.#wanted = wanted;
    if (this.#isOpen || this.#timer !== undefined || !this.#isReachable() || this.#lacking().length === 0) return;
    this.#timer = setTimeout(() => void this.#ask(), LEAST_BETWEEN_MS);
  }

  /** Those whose state is not known first, then those that were asked for long ago. */
  #lacking(): WantedSince[] {
    const nowMs = performance.now();
    const isLacking = ({ id, motion }: WantedSince) => this.#known.get(id)?.motion !== motion;
    const isDue = ({ id }: WantedSince) => (this.#known.get(id)?.restsUntilMs ?? 0) <= nowMs;
    const isOld = ({ id }: WantedSince) => (this.#known.get(id)?.staleAtMs ?? 0) <= nowMs;
    const due = this.#wanted.filter(isDue);
    return [...due.filter(isLacking), ...due.filter((one) => !isLacking(one) && isOld(one))];
  }

  async #ask(): Promise<void> {
    this.#timer = undefined;
    const lacking = this.#lacking();
    if (lacking.length === 0 || !this.#isReachable()) return;
    this.#isOpen = true;
    const asksWhole = !this.#isWholeAsked && this.#vehicleCount() <= WHOLE_UP_TO;
    this.#isWholeAsked ||= asksWhole;
    const asked = asksWhole ? this.#wanted : lacking.slice(0, AT_ONCE);
    const vehicles = asksWhole ? await fetchAll() : await Promise.all(asked.map(({ id }) => fetchOne(id)));
    this.#isOpen = false;
    const answered = vehicles.filter((vehicle) => vehicle !== null);
    for (const vehicle of answered) this.#take(vehicle);
    const isAnswered = new Set(answered.map(({ id }) => id));
    for (const { id } of asked) if (!isAnswered.has(id)) this.#rest(id);
    this.#onChange();
  }

  #take({ id, motion }: Vehicle): void {
    const nowMs = performance.now();
    const sinceMs = Date.parse(motion?.since ?? "");
    if (Number.isNaN(sinceMs)) return this.#rest(id);
    const code = motionCode(motion?.state);
    this.#known.set(id, { motion: code, sinceMs, isAtLeast: motion?.since_at_least === true, restsUntilMs: nowMs + RETRY_MS, staleAtMs: nowMs + FRESH_FOR_MS });
  }

  /** The server does not tell it: not to be asked for a while. */
  #rest(id: string): void {
    const untilMs = performance.now() + FRESH_FOR_MS;
    const known = this.#known.get(id) ?? { motion: NO_MOTION, sinceMs: NaN, isAtLeast: false, staleAtMs: 0 };
    this.#known.set(id, { ...known, restsUntilMs: untilMs, staleAtMs: untilMs });
  }
}

async function fetchAll(): Promise<Vehicle[]> {
  const answer = await fetchJson(`/api/v1/vehicles?limit=${WHOLE_UP_TO}`);
  return (answer as { vehicles: Vehicle[] } | null)?.vehicles ?? [];
}

async function fetchOne(id: string): Promise<Vehicle | null> {
  return (await fetchJson(`/api/v1/vehicles/${encodeURIComponent(id)}`)) as Vehicle | null;
}

async function fetchJson(path: string): Promise<unknown> {
  const options = { signal: AbortSignal.timeout(TIMEOUT_MS), cache: "no-store" } as const;
  return fetch(new URL(path, location.href), options).then((response) => (response.ok ? response.json() : null), () => null).catch(() => null);
}
