// Reloads an old page once the server has a new build: after a while of its own choosing, so that
// not all screens come at once, only when the server answers, and at most once for each build.

const STORAGE_KEY = "fleetglass-reloaded-for";
const LONGEST_WAIT_MS = 30_000;
const RETRY_MS = 5_000;

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
