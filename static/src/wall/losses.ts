// What to do about a graphics context that is lost: a browser gives it back as a rule, and all is
// drawn anew. Where it does not within five seconds, or takes it away again and again, only a reload
// helps. Pure; `graphics.ts` has the events.

/** A context that is not back by then does not come back. */
export const BACK_WITHIN_MS = 5_000;
/** A process of the graphics card takes all canvases with it: that is one loss. */
const ONE_LOSS_MS = 1_000;
/** Two losses so close are in a row. */
const IN_A_ROW_MS = 60_000;

export class Losses {
  /** All of this page. */
  count = 0;
  #lastMs = -Infinity;

  /** Takes a loss; answers whether it is the second in a row. */
  lost(nowMs: number): boolean {
    const sinceMs = nowMs - this.#lastMs;
    if (sinceMs < ONE_LOSS_MS) return false;
    this.#lastMs = nowMs;
    this.count += 1;
    return sinceMs < IN_A_ROW_MS;
  }
}
