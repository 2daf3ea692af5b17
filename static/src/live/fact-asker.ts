// Asks the server, within the worker, for what the live protocol does not tell of a fleet that is
// held: page by page, over and over, as long as somebody looks at it. A question that fails is
// asked again later; what was known stays.

import type { Vehicle } from "../protocol.ts";
import { factsOf } from "./facts.ts";
import type { RowFacts } from "./facts.ts";

const AT_ONCE = 1_000;
const TIMEOUT_MS = 15_000;
const EVERY_MS = 15_000;
/** Large fleets are asked for more seldom. */
const MS_PER_VEHICLE = 2;
/** No larger fleet is held whole. */
const MOST_PAGES = 20;

interface Answer {
  vehicles: Vehicle[];
  next?: string;
}

export class FactAsker {
  #onFacts: (facts: ReadonlyMap<string, RowFacts>) => void;
  #areWanted = false;
  #isOpen = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `onFacts` is given those of all vehicles. */
  constructor(onFacts: (facts: ReadonlyMap<string, RowFacts>) => void) {
    this.#onFacts = onFacts;
  }

  /** Begins to ask, or stops it. */
  want(areWanted: boolean): void {
    if (areWanted === this.#areWanted) return;
    this.#areWanted = areWanted;
    clearTimeout(this.#timer);
    if (areWanted && !this.#isOpen) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#isOpen = true;
    const facts = await fetchFacts().catch(() => null);
    this.#isOpen = false;
    if (!this.#areWanted) return;
    if (facts !== null) this.#onFacts(facts);
    this.#timer = setTimeout(() => void this.#ask(), Math.max(EVERY_MS, MS_PER_VEHICLE * (facts?.size ?? 0)));
  }
}

async function fetchFacts(): Promise<Map<string, RowFacts>> {
  const facts = new Map<string, RowFacts>();
  let after: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = new URLSearchParams({ limit: String(AT_ONCE), ...(after !== undefined && { after }) });
    const response = await fetch(new URL(`/api/v1/vehicles?${query}`, location.href), { signal: AbortSignal.timeout(TIMEOUT_MS), cache: "no-store" });
    if (!response.ok) throw new Error(`facts: ${response.status}`);
    const { vehicles, next } = (await response.json()) as Answer;
    for (const vehicle of vehicles) facts.set(vehicle.id, factsOf(vehicle));
    after = next;
    if (after === undefined) break;
  }
  return facts;
}
