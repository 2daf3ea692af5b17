// The past, shown in place of the present: which time, how fast it runs, and the fleet of then. The
// live fleet goes on underneath, untouched, so that coming back takes no longer than a frame.

import type { StandingCounts } from "../codes.ts";
import type { GroupCount } from "../live/groups.ts";
import type { ListQuery } from "../live/messages.ts";
import { NO_QUERY } from "../live/messages.ts";
import type { FoundIn } from "../live/search.ts";
import type { Sight } from "../live/sight.ts";
import { MarkerBuffer } from "../map/marker-buffer.ts";
import { overlayNowMs } from "../map/overlay.ts";
import type { History, Vehicle } from "../protocol.ts";
import { PastAsker } from "./past-asker.ts";
import type { PastAnswer } from "./past-asker.ts";
import { PastTable } from "./past-table.ts";

const TIMEOUT_MS = 30_000;
const DAY_MS = 86_400_000;
/** How often another time is shown while it runs: faster than this nobody asks the server. */
const STEP_MS = 500;
const STEP_AT_PACE_1_MS = 1_000;
/** How quickly markers go to where a paused scrubber put them. */
const SCRUB_PACE = 60;
/** Of a fleet that the page does not hold only those in sight are asked for, and no more. */
const MOST_VEHICLES = 5_000;

const AT_TOLERANCE_MS = 1_000;
/** The last moment that is surely remembered. */
const LATEST_MS = 2_000;
/** Of the first moments of a memory only a few vehicles are known. */
const SETTLING_MS = 30_000;

export const PACES = [1, 10, 60, 600] as const;

export type Trouble = "none" | "loading" | "failed" | "beforeMemory";

export interface TravelEvents {
  nowMs(): number;
  /** What to ask for of a fleet that is too large to ask for whole; else null. */
  sight(): Sight | null;
  isGliding(): boolean;
  /** Another time is shown, or it began or ended to be. */
  onShown(): void;
  /** What the controls show changed. */
  onControls(): void;
}

export class TimeTravel {
  readonly table = new PastTable();
  readonly markers: MarkerBuffer;
  isOn = false;
  isPlaying = false;
  pace: number = 10;
  /** The time whose fleet is shown, and the one that was asked for last. */
  shownMs = 0;
  wantedMs = 0;
  trouble: Trouble = "none";
  history: History | null = null;
  order = new Uint32Array(0);
  /** Why the first of them were found. */
  found: FoundIn[] = [];
  /** How many vehicles there are where only those in sight were asked for; else null. */
  inSight: number | null = null;
  /** The viewer has chosen no time yet: it opens at one that shows something. */
  #isOpening = false;
  #events: TravelEvents;
  #asker: PastAsker;
  #query: ListQuery = NO_QUERY;
  #groups: { version: number; counts: readonly GroupCount[] } = { version: -1, counts: [] };
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(events: TravelEvents) {
    this.#events = events;
    this.markers = new MarkerBuffer(this.table, () => events.isGliding(), false);
    this.#asker = new PastAsker({
      fetchAt: (atMs) => fetchFleet(atMs, events.sight()),
      onAnswer: (atMs, answer) => this.#take(atMs, answer),
      onTrouble: (hasTrouble) => this.#tell(hasTrouble ? "failed" : this.trouble),
    });
  }

  get counts(): StandingCounts {
    return this.table.directory.counts();
  }

  /** Another list where it changed. */
  get groups(): readonly GroupCount[] {
    const { groups } = this.table.directory;
    if (this.#groups.version !== groups.version) this.#groups = { version: groups.version, counts: groups.counts() };
    return this.#groups.counts;
  }

  get fromMs(): number {
    const fromMs = Date.parse(this.history?.from ?? "");
    return Number.isNaN(fromMs) ? this.#events.nowMs() - DAY_MS : fromMs;
  }

  /** Up to now, unless nothing is written down any more. */
  get toMs(): number {
    const nowMs = this.#events.nowMs();
    const toMs = Date.parse(this.history?.to ?? "");
    return this.history === null || this.history.state === "recording" || Number.isNaN(toMs) ? nowMs : Math.min(nowMs, toMs);
  }

  vehicle(id: string): Vehicle | undefined {
    return this.table.vehicle(id);
  }

  /** Leaves the present, for a time. */
  start(atMs: number): void {
    if (this.isOn) return;
    this.isOn = this.#isOpening = true;
    this.shownMs = this.wantedMs = atMs;
    this.trouble = "loading";
    this.#events.onShown();
    void fetchHistory().then((history) => {
      this.history = history;
      if (this.isOn && this.#isOpening) this.#open(atMs);
      this.#events.onControls();
    });
  }

  /** Opens at a time, or at the last moment where the memory has hardly begun by then. */
  #open(atMs: number): void {
    if (atMs < this.fromMs + SETTLING_MS) this.#openLate();
    else this.#want(atMs);
  }

  #openLate(): void {
    this.go(this.#lastMs);
  }

  /** Comes back to the present. */
  stop(): void {
    if (!this.isOn) return;
    this.pause();
    this.isOn = false;
    this.#asker.stop();
    this.markers.update(this.table.take([]), overlayNowMs());
    this.trouble = "none";
    this.#events.onShown();
  }

  /** Shows another time as soon as it is there. */
  go(atMs: number): void {
    this.#isOpening = false;
    this.#want(atMs);
  }

  #want(atMs: number): void {
    this.wantedMs = Math.min(this.toMs, Math.max(this.fromMs, Math.round(atMs)));
    if (this.trouble !== "failed") this.trouble = "loading";
    const nextMs = this.#afterMs(this.wantedMs);
    this.#asker.want(this.wantedMs, this.isPlaying && nextMs < this.#lastMs ? nextMs : null);
    this.#events.onControls();
  }

  play(): void {
    if (!this.isOn || this.isPlaying) return;
    this.isPlaying = true;
    this.#restart();
  }

  pause(): void {
    this.isPlaying = false;
    clearInterval(this.#timer);
    this.#events.onControls();
  }

  setPace(pace: number): void {
    this.pace = pace;
    if (this.isPlaying) this.#restart();
    this.#events.onControls();
  }

  setQuery(query: ListQuery): void {
    this.#query = query;
    if (this.isOn) this.#list();
  }

  get #lastMs(): number {
    return this.toMs - LATEST_MS;
  }

  get #stepMs(): number {
    return this.pace === 1 ? STEP_AT_PACE_1_MS : STEP_MS;
  }

  #afterMs(atMs: number): number {
    return atMs + this.pace * this.#stepMs;
  }

  #restart(): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#step(), this.#stepMs);
    this.#step();
  }

  /** One step on, unless the last one has not come yet: what is shown is never ahead of what is known. */
  #step(): void {
    if (this.#asker.isWaiting) return;
    const nextMs = this.#afterMs(this.shownMs);
    if (nextMs < this.#lastMs) return this.go(nextMs);
    // It ends at the last moment there is, not somewhere before it.
    this.pause();
    if (this.shownMs < this.#lastMs) this.go(this.#lastMs);
  }

  #take(atMs: number, answer: PastAnswer | null): void {
    // Nothing is known of a time when the server was down, or had just been started.
    const isEmpty = answer === null || answer.vehicles.length === 0;
    if (this.#isOpening && isEmpty) return this.#openLate();
    this.#isOpening = false;
    this.shownMs = atMs;
    this.inSight = answer?.total ?? null;
    this.markers.pace = this.isPlaying ? this.pace : SCRUB_PACE;
    this.markers.update(this.table.take(answer?.vehicles ?? []), overlayNowMs());
    this.#list();
    this.#tell(answer === null ? "beforeMemory" : "none");
    this.#events.onShown();
  }

  #list(): void {
    do this.order = this.table.directory.order(this.#query, this.shownMs / 1000);
    while (this.table.directory.isSorting);
    this.found = this.table.directory.foundIn(this.order, this.#query.text);
  }

  #tell(trouble: Trouble): void {
    this.trouble = trouble;
    this.#events.onControls();
  }
}

async function fetchFleet(atMs: number, sight: Sight | null): Promise<PastAnswer | null> {
  const query = new URLSearchParams({ at: new Date(atMs).toISOString() });
  if (sight !== null) {
    query.set("bbox", sight.bounds.join());
    query.set("limit", String(MOST_VEHICLES));
  }
  const response = await fetch(new URL(`/api/v1/vehicles?${query}`, location.href), { signal: AbortSignal.timeout(TIMEOUT_MS), cache: "no-store" });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`the past: ${response.status}`);
  const answer = (await response.json()) as PastAnswer & { at: string };
  // A server that knows no past answers with the present, which must not be taken for it.
  return Math.abs(Date.parse(answer.at) - atMs) > AT_TOLERANCE_MS ? null : answer;
}

/** What is remembered at all; null where the server does not say. */
async function fetchHistory(): Promise<History | null> {
  const response = await fetch(new URL("/api/v1/history", location.href), { signal: AbortSignal.timeout(TIMEOUT_MS), cache: "no-store" }).catch(() => null);
  return response?.ok ? ((await response.json()) as History) : null;
}
