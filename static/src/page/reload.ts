// Reloads an old page once the server has a new build: after a while of its own choosing, so that
// not all screens come at once, only when the server answers, and at most once for each build.

const STORAGE_KEY = "fleetglass-reloaded-for";
const LONGEST_WAIT_MS = 30_000;
const RETRY_MS = 5_000;

const RECENT_KEY = "fleetglass-recent-reloads";
const RECENT_MS = 10 * 60_000;
const MOST_RECENT = 3;

/**
 * Reloads at once where nothing else can help, as after a graphics context lost twice, but at most
 * three times in ten minutes; answers whether it does.
 */
export function reloadAsLastResort(nowMs: number): boolean {
  const stored = JSON.parse(sessionStorage.getItem(RECENT_KEY) ?? "[]") as number[];
  const recent = stored.filter((atMs) => nowMs - atMs < RECENT_MS);
  if (recent.length >= MOST_RECENT) return false;
  sessionStorage.setItem(RECENT_KEY, JSON.stringify([...recent, nowMs]));
  location.reload();
  return true;
}

export class Reloader {
  #ownBuild: string;
  #isScheduled = false;

  constructor(ownBuild: string) {
    this.#ownBuild = ownBuild;
  }

  /** Takes the build that the server's `hello` names. */
  observe(serverBuild: string): void {
    if (this.#ownBuild !== "" && serverBuild !== "" && serverBuild !== this.#ownBuild) this.reloadFor(serverBuild);
  }

  reloadFor(reason: string): void {
    if (this.#isScheduled || sessionStorage.getItem(STORAGE_KEY) === reason) return;
    this.#isScheduled = true;
    setTimeout(() => void this.#reloadWhenAnswered(reason), Math.random() * LONGEST_WAIT_MS);
  }

  async #reloadWhenAnswered(reason: string): Promise<void> {
    const isAlive = await fetch("/livez", { cache: "no-store", signal: AbortSignal.timeout(RETRY_MS) })
      .then((response) => response.ok)
      .catch(() => false);
    if (!isAlive) {
      setTimeout(() => void this.#reloadWhenAnswered(reason), RETRY_MS);
      return;
    }
    sessionStorage.setItem(STORAGE_KEY, reason);
    location.reload();
  }
}
