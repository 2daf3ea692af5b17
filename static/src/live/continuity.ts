// The place in the stream of states: what is missing, what was had already, and from where to go on
// after a loss. A message tells the state it builds on (`base`) and the one it leads to (`seq`).
//
// What happens in one tick comes as several messages: the sources, the alarms, then each tile. Only the last of
// them makes the tick complete, so the place to resume at is that of the whole fleet's own messages
// and of heartbeats, which tell that nothing before them is missing; never that of the sources or the alarms.

import { KIND, WHOLE_FLEET } from "./wire.ts";
import type { Head } from "./wire.ts";

/** What to do with a message; `first` begins a new state, in which rows may mean other vehicles. */
export type Verdict = "apply" | "first" | "had" | "gap";

export class Continuity {
  /** The epoch of what is held; null before the first keyframe. */
  #heldEpoch: string | null = null;
  /** Nothing up to this state is missing. */
  #completeSeq = 0;
  #sourcesSeq = 0;
  #alarmsSeq = 0;
  /** The state of each held tile. */
  #seqByTile = new Map<number, number>();
  /** The tiles that the server said it sends; null as long as it has not. */
  #wanted: Set<number> | null = null;
  #cellsSeq: number | null = null;
  #epoch = "";
  #isResumed = false;

  /** Where to resume, if anything is held. */
  get place(): { epoch: string; seq: number } | null {
    const isComplete = this.#heldEpoch !== null && this.#completeSeq > 0;
    return isComplete ? { epoch: this.#heldEpoch!, seq: this.#completeSeq } : null;
  }

  /** The tiles to hold, once all of them are held; null before, and where the server names none. */
  get settledTiles(): ReadonlySet<number> | null {
    const wanted = this.#wanted;
    if (wanted === null) return null;
    for (const tileKey of wanted) {
      if (!this.#seqByTile.has(tileKey)) return null;
    }
    return wanted;
  }

  /** Takes what the server said first on a new connection. */
  greet(epoch: string, isResumed: boolean): void {
    this.#epoch = epoch;
    this.#isResumed = isResumed && epoch === this.#heldEpoch;
    this.#sourcesSeq = this.#alarmsSeq = 0;
    if (!this.#isResumed) this.#cellsSeq = this.#wanted = null;
    if (this.#isResumed) this.reach(this.#completeSeq);
  }

  judge(head: Head): Verdict {
    if (head.kind === KIND.dictionary) return "apply";
    if (head.kind === KIND.keyframe) return this.#isResumed ? "apply" : "first";
    const held = this.#seqByTile.get(head.tileKey);
    if (!this.#isResumed || held === undefined || head.base > held) return "gap";
    return held >= head.seq ? "had" : "apply";
  }

  /** Takes a message that was applied. */
  take(head: Head, isFirst: boolean): void {
    if (head.kind === KIND.dictionary) return;
    if (isFirst) this.#begin();
    this.#seqByTile.set(head.tileKey, head.seq);
    if (head.tileKey === WHOLE_FLEET) this.#completeSeq = Math.max(this.#completeSeq, head.seq);
  }

  /** Takes a change of the sources, if it follows on what is held. */
  takeSources(base: number, seq: number, isAll: boolean): boolean {
    if (!isAll && base > Math.max(this.#sourcesSeq, this.#completeSeq)) return false;
    this.#sourcesSeq = seq;
    return true;
  }

  /** Takes a change of the alarms, if it follows on what is held. */
  takeAlarms(base: number, seq: number, isAll: boolean): boolean {
    if (!isAll && base > Math.max(this.#alarmsSeq, this.#completeSeq)) return false;
    this.#alarmsSeq = seq;
    return true;
  }

  /** Takes a change of the cells, if it follows on what is held. */
  takeCells(base: number, seq: number, isAll: boolean): boolean {
    if (!isAll && (this.#cellsSeq === null || base > Math.max(this.#cellsSeq, this.#completeSeq))) return false;
    this.#cellsSeq = seq;
    return true;
  }

  /**
   * Takes what the server says it sends; whether that begins a new state, without waiting for a
   * keyframe that may never come.
   */
  takeView(tileKeys: readonly number[], isWhole: boolean): boolean {
    const isFirst = !this.#isResumed && !isWhole;
    if (isFirst) this.#begin();
    this.#wanted = new Set(tileKeys);
    if (isWhole) this.#cellsSeq = null;
    for (const tileKey of this.#seqByTile.keys()) {
      if (!this.#wanted.has(tileKey)) this.#seqByTile.delete(tileKey);
    }
    return isFirst;
  }

  /** Takes a heartbeat: everything up to `seq` has been sent, whichever tile it was in. */
  reach(seq: number): void {
    if (!this.#isResumed) return;
    this.#completeSeq = Math.max(this.#completeSeq, seq);
    for (const [tileKey, held] of this.#seqByTile) this.#seqByTile.set(tileKey, Math.max(held, seq));
  }

  /** Forgets the place: the next connection starts from nothing. */
  forget(): void {
    this.#heldEpoch = null;
    this.#isResumed = false;
  }

  #begin(): void {
    this.#heldEpoch = this.#epoch;
    this.#isResumed = true;
    this.#completeSeq = 0;
    this.#seqByTile.clear();
  }
}
