// The place in the stream of states: what is missing, what was had already, and from where to go on
// after a loss. A message tells the state it builds on (`base`) and the one it leads to (`seq`).

import { KIND } from "./wire.ts";
import type { Head } from "./wire.ts";

/** What to do with a message; `first` begins a new state, in which rows may mean other vehicles. */
export type Verdict = "apply" | "first" | "had" | "gap";

export class Continuity {
  /** The epoch of what is held; null before the first keyframe. */
  #heldEpoch: string | null = null;
  #newestSeq = 0;
  /** The state of each held tile. */
  #seqByTile = new Map<number, number>();
  #epoch = "";
  #isResumed = false;

  /** Where to resume, if anything is held. */
  get place(): { epoch: string; seq: number } | null {
    return this.#heldEpoch === null ? null : { epoch: this.#heldEpoch, seq: this.#newestSeq };
  }

  /** Takes what the server said first on a new connection. */
  greet(epoch: string, isResumed: boolean): void {
    this.#epoch = epoch;
    this.#isResumed = isResumed && epoch === this.#heldEpoch;
  }

  judge(head: Head): Verdict {
    if (head.kind === KIND.dictionary) return "apply";
    if (head.kind === KIND.keyframe) return this.#isResumed ? "apply" : "first";
    const held = this.#seqByTile.get(head.tileKey);
    if (!this.#isResumed || held === undefined || !this.#reaches(head.base, held)) return "gap";
    return held >= head.seq ? "had" : "apply";
  }

  /** Takes a message that was applied. */
  take(head: Head, isFirst: boolean): void {
    if (head.kind === KIND.dictionary) return;
    if (isFirst) this.#begin();
    this.#seqByTile.set(head.tileKey, head.seq);
    this.#newestSeq = Math.max(this.#newestSeq, head.seq);
  }

  /** Whether changes of something that is no tile follow on what is held. */
  follows(base: number): boolean {
    return this.#isResumed && base <= this.#newestSeq;
  }

  /** Takes the state that a heartbeat or another message names. */
  reach(seq: number): void {
    if (this.#isResumed) this.#newestSeq = Math.max(this.#newestSeq, seq);
  }

  /** Forgets the place: the next connection starts from nothing. */
  forget(): void {
    this.#heldEpoch = null;
    this.#isResumed = false;
  }

  /** A tile that nothing happened in is at the newest state too. */
  #reaches(base: number, heldSeq: number): boolean {
    return base <= Math.max(heldSeq, this.#newestSeq);
  }

  #begin(): void {
    this.#heldEpoch = this.#epoch;
    this.#isResumed = true;
    this.#newestSeq = 0;
    this.#seqByTile.clear();
  }
}
