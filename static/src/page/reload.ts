// Reloads a page that a reload helps: an old one once the server has a new build, after a while of
// its own choosing, so that not all screens come at once, and at most once for each build; one that
// nothing else can help, at most three times in ten minutes. Only ever when the server answers, where
// there is a choice: a screen must not end at the browser's own error page.

import { recall, remember } from "./keepsake.ts";

const STORAGE_KEY = "fleetglass-reloaded-for";
const LONGEST_WAIT_MS = 30_000;
const RETRY_MS = 5_000;

const RECENT_KEY = "fleetglass-recent-reloads";
export const RECENT_MS = 10 * 60_000;
const MOST_RECENT = 3;

/** The times of the last resorts that still count. */
function recentReloads(nowMs: number): number[] {
  try {
    const stored: unknown = JSON.parse(recall(RECENT_KEY) ?? "[]");
    const times = Array.isArray(stored) ? stored.filter((atMs): atMs is number => typeof atMs === "number") : [];
    // A clock that was put back must not hold reloads up for ever.
    return times.filter((atMs) => Math.abs(nowMs - atMs) < RECENT_MS);
  } catch {
    return [];
  }
}

/**
 * Reloads at once where nothing else can help, as after a graphics context lost twice, but at most
 * three times in ten minutes; answers whether it does.
 */
export function reloadAsLastResort(nowMs: number): boolean {
  const recent = recentReloads(nowMs);
  if (recent.length >= MOST_RECENT) return false;
  remember(RECENT_KEY, JSON.stringify([...recent, nowMs]));
  location.reload();
  return true;
}

export class Reloader {
  #ownBuild: string;
  #longestWaitMs: number;
  #isScheduled = false;

  /** It waits up to `longestWaitMs`, by chance. */
  constructor(ownBuild: string, longestWaitMs = LONGEST_WAIT_MS) {
    this.#ownBuild = ownBuild;
    this.#longestWaitMs = longestWaitMs;
  }

  /** Takes the build that the server's `hello` names. */
  observe(serverBuild: string): void {
    if (this.#ownBuild !== "" && serverBuild !== "" && serverBuild !== this.#ownBuild) this.reloadFor(serverBuild);
  }

  /** At most once for each reason. */
  reloadFor(reason: string): void {
    if (this.#isScheduled || recall(STORAGE_KEY) === reason) return;
    this.#isScheduled = true;
    setTimeout(() => {
      void reloadOnceAnswered(() => remember(STORAGE_KEY, reason));
    }, Math.random() * this.#longestWaitMs);
  }
}

/** Reloads as soon as the server answers, however long that takes. */
export async function reloadOnceAnswered(onReload: () => void = () => {}): Promise<void> {
  while (!(await isServerThere())) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  onReload();
  location.reload();
}

function isServerThere(): Promise<boolean> {
  return fetch("/livez", { cache: "no-store", signal: AbortSignal.timeout(RETRY_MS) })
    .then((response) => response.ok)
    .catch(() => false);
}
