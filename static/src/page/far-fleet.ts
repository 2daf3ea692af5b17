// What only the server can count of a fleet that the page does not hold: how many are late, stale
// and offline, and which groups there are. How many are diverging, or in each group, it does not
// say; so nobody is told.

import type { AttentionCounts } from "../codes.ts";
import { pathsOf } from "../live/groups.ts";

const EVERY_MS = 10_000;
const TIMEOUT_MS = 10_000;
const COUNTED = ["late", "stale", "offline"] as const;

export class FarFleet {
  /** What is known; absent is unknown. */
  attention: Partial<AttentionCounts> = {};
  groups: readonly { path: string }[] = [];
  #onChange: () => void;
  #isActive = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Begins to ask, or stops it and forgets. */
  setActive(isActive: boolean): void {
    if (isActive === this.#isActive) return;
    this.#isActive = isActive;
    clearTimeout(this.#timer);
    this.attention = {};
    this.groups = [];
    if (isActive) void this.#ask();
  }

  async #ask(): Promise<void> {
    if (document.visibilityState === "visible") {
      const totals = await Promise.all(COUNTED.map((state) => ask<{ total?: number }>(`vehicles?state=${state}&limit=1`)));
      const answer = await ask<{ groups: string[] }>("groups");
      if (!this.#isActive) return;
      this.attention = Object.fromEntries(COUNTED.flatMap((state, i) => (totals[i]?.total === undefined ? [] : [[state, totals[i].total]])));
      if (answer !== null) this.groups = [...new Set(answer.groups.flatMap(pathsOf))].map((path) => ({ path }));
      this.#onChange();
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), EVERY_MS);
  }
}

async function ask<T>(path: string): Promise<T | null> {
  const options = { signal: AbortSignal.timeout(TIMEOUT_MS), cache: "no-store" } as const;
  return fetch(new URL(`/api/v1/${path}`, location.href), options).then((response) => (response.ok ? (response.json() as Promise<T>) : null)).catch(() => null);
}
