// The list of a fleet that the page does not hold: asked of the server by the same search, filter
// and order, a hundred at a time, more where the list is scrolled to its end, and anew every few
// seconds while somebody can see it. One question is open at a time; a new query takes its place,
// so the newest answer always wins.

import { freshnessCode, motionCode } from "../codes.ts";
import { FLAG } from "../live/columns.ts";
import { classOf, filterOf } from "../live/filter.ts";
import { pathsOf } from "../live/groups.ts";
import type { ListQuery, ListSort } from "../live/messages.ts";
import { NO_QUERY } from "../live/messages.ts";
import { entryOf } from "../live/names.ts";
import { SearchBook, needleOf } from "../live/search.ts";
import type { FoundIn } from "../live/search.ts";
import type { Vehicle } from "../protocol.ts";
import { listedOf } from "./list-rows.ts";
import type { ListRows, ListedVehicle } from "./list-rows.ts";

const DEBOUNCE_MS = 150;
const REFRESH_MS = 4_000;
const TIMEOUT_MS = 10_000;
const AT_ONCE = 100;
/** Where the server's answer holds others too, of which only some are kept. */
const AT_ONCE_SIFTED = 500;
/** The server takes no more words. */
const MOST_WORDS = 12;
/** Of a list that was scrolled far only so many are asked for anew. */
const MOST_REFRESHED = 1_000;
/** Places before the end at which more are asked for. */
const NEAR_END = 30;

/** The orders that the server knows, as it calls them, and whether it begins with the largest. */
const SORTS: Partial<Record<ListSort, string>> = { name: "name", silence: "silence", recent: "-fixed_at", speed: "speed" };
export const REMOTE_SORTS = Object.keys(SORTS) as ListSort[];

interface Answer {
  vehicles: Vehicle[];
  next?: string;
  total?: number;
}

export class RemoteRows implements ListRows {
  /** How many answer the query that was answered last; null where only the server knows. */
  total: number | null = null;
  #onChange: () => void;
  #query: ListQuery = NO_QUERY;
  #vehicles: RemoteVehicle[] = [];
  #next: string | undefined;
  #isActive = false;
  #open: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    document.addEventListener("visibilitychange", () => this.#askIn(0));
  }

  get length(): number {
    return this.#vehicles.length;
  }

  at(place: number): ListedVehicle | null {
    return this.#vehicles[place] ?? null;
  }

  placeOf(id: string): number {
    return this.#vehicles.findIndex((vehicle) => vehicle.id === id);
  }

  foundIn(place: number): FoundIn {
    return this.#vehicles[place]?.foundIn ?? null;
  }

  reach(_first: number, end: number): void {
    if (this.#isActive && this.#open === null && this.#next !== undefined && end > this.length - NEAR_END) void this.#ask(this.#next);
  }

  /** Begins to ask, or stops it. */
  setActive(isActive: boolean): void {
    if (isActive === this.#isActive) return;
    this.#isActive = isActive;
    this.#open?.abort();
    this.#open = null;
    this.#askIn(0);
  }

  setQuery(query: ListQuery): void {
    this.#query = query;
    this.#open?.abort();
    this.#open = null;
    this.#next = undefined;
    this.#vehicles.length = Math.min(this.#vehicles.length, AT_ONCE);
    this.#askIn(DEBOUNCE_MS);
  }

  #askIn(delayMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#isActive || document.visibilityState === "hidden") return;
    this.#timer = setTimeout(() => void this.#ask(undefined), delayMs);
  }

  /** Asks for what comes after `after`, or for all that is shown already. */
  async #ask(after: string | undefined): Promise<void> {
    // What is open tells of the same query.
    if (this.#open !== null) return this.#askIn(REFRESH_MS);
    const open = new AbortController();
    this.#open = open;
    const atOnce = isSifted(this.#query) ? AT_ONCE_SIFTED : AT_ONCE;
    const limit = after === undefined ? Math.min(MOST_REFRESHED, Math.max(atOnce, this.length)) : atOnce;
    const ask = (more: Record<string, string>) => fetchVehicles({ ...questionOf(this.#query), limit: String(limit), ...(after === undefined ? {} : { after }), ...more }, open.signal).catch(() => null);
    let answer = await ask({});
    // A server that does not know that order: the oldest fix first comes nearest to it.
    if (answer === null && this.#query.sort === "silence" && this.#open === open) answer = await ask({ sort: "fixed_at" });
    if (this.#open !== open) return;
    this.#open = null;
    if (answer !== null) this.#take(answer, after !== undefined, limit);
    this.#askIn(REFRESH_MS);
  }

  #take({ vehicles, next, total }: Answer, isMore: boolean, limit: number): void {
    const fresh = vehicles.filter(fitting(this.#query)).map((vehicle) => listed(vehicle, this.#query.text));
    const before = this.#vehicles;
    // Of a list beyond what is asked for anew the rest stays as it is.
    const goesBeyond = !isMore && before.length > limit;
    if (!goesBeyond) this.#next = next;
    const held = new Set(fresh.map(({ id }) => id));
    const others = isMore ? before : goesBeyond ? before.slice(limit) : [];
    const rest = others.filter(({ id }) => !held.has(id));
    this.#vehicles = isMore ? [...rest, ...fresh] : [...fresh, ...rest];
    const serverTotal = isSifted(this.#query) ? null : (total ?? null);
    this.total = this.#next === undefined ? this.length : serverTotal;
    this.#onChange();
  }
}

/** Whether the server's answer holds vehicles that do not fit: it knows neither groups nor two questions at once. */
function isSifted({ standings, attention = [], groups = [] }: ListQuery): boolean {
  if (groups.length > 0 || attention.includes("diverging")) return true;
  if (attention.length > 0) return standings.length > 0;
  // The server counts those that are overdue under what they did before, too.
  return standings.some((standing) => !["overdue", "never", "off_duty"].includes(standing));
}

/** Whether a vehicle fits all filters, as it would in a fleet that is held. */
function fitting(query: ListQuery): (vehicle: Vehicle) => boolean {
  const passes = filterOf(query);
  const chosen = new Set(query.groups ?? []);
  return (vehicle) => {
    const state = motionCode(vehicle.motion?.state) | (freshnessCode(vehicle) << 3);
    const flags = vehicle.flags?.includes("diverging") === true ? FLAG.diverging : 0;
    const isInGroup = chosen.size === 0 || (vehicle.groups ?? []).some((group) => pathsOf(group).some((path) => chosen.has(path)));
    return isInGroup && passes[classOf(state, flags)] === 1;
  };
}

/** What comes nearest to the query, and leaves nothing out that fits. */
function questionOf({ text, standings, attention = [], groups = [], sort, isDescending = false }: ListQuery): Record<string, string> {
  const wanted: readonly string[] = attention.length > 0 ? attention : standings;
  const states = wanted.flatMap((one) => (one === "overdue" ? ["stale", "offline"] : [one]));
  // The words of a group's name are found in each of its vehicles, and in others.
  const [group, ...others] = groups;
  const ofGroup = group === undefined || others.length > 0 ? [] : group.split(/[\s/]+/).slice(0, MOST_WORDS);
  const q = [text.trim(), ...ofGroup].join(" ").trim();
  const isAnyState = states.length === 0 || states.includes("diverging");
  return { sort: orderOf(sort, isDescending), ...(q === "" ? {} : { q }), ...(isAnyState ? {} : { state: [...new Set(states)].join() }) };
}

function orderOf(sort: ListSort, isDescending: boolean): string {
  const order = SORTS[sort] ?? NO_QUERY.sort;
  if (!isDescending || sort === "silence") return order;
  return order.startsWith("-") ? order.slice(1) : `-${order}`;
}

async function fetchVehicles(query: Record<string, string>, signal: AbortSignal): Promise<Answer> {
  const url = new URL(`/api/v1/vehicles?${new URLSearchParams(query)}`, location.href);
  const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]), cache: "no-store" });
  if (!response.ok) throw new Error(`vehicles: ${response.status}`);
  return (await response.json()) as Answer;
}

interface RemoteVehicle extends ListedVehicle {
  foundIn: FoundIn;
}

function listed(vehicle: Vehicle, typed: string): RemoteVehicle {
  return { ...listedOf(vehicle), foundIn: foundIn(vehicle, typed) };
}

function foundIn(vehicle: Vehicle, typed: string): FoundIn {
  const needle = needleOf(typed);
  if (needle === null) return null;
  const book = new SearchBook();
  book.put(0, entryOf(vehicle));
  if (vehicle.address !== undefined) book.setAddresses(new Map([[0, vehicle.address.value]]));
  return book.foundIn(0, needle);
}
