// The server's clock as seen from here. A wall's own clock may be hours wrong, so ages are counted
// on the server's: each frame says when it was sent, and the frame that came with the least delay
// gives the best guess of the difference.

const SAMPLES_KEPT = 20;

/** Milliseconds on a steady clock that worker and page share. */
export function steadyNowMs(): number {
  return performance.timeOrigin + performance.now();
}

export class ServerClock {
  #samplesMs: number[] = [];

  /** Takes the `at` of a frame received at `steadyMs`. */
  observe(serverAtMs: number, steadyMs: number): void {
    this.#samplesMs.push(serverAtMs - steadyMs);
    if (this.#samplesMs.length > SAMPLES_KEPT) this.#samplesMs.shift();
  }

  /** What to add to the steady clock to get the server's. */
  get offsetMs(): number {
    return this.#samplesMs.length === 0 ? 0 : Math.max(...this.#samplesMs);
  }

  /** Forgets all, as after a reconnect, since the new server's clock may differ. */
  reset(): void {
    this.#samplesMs = [];
  }
}
