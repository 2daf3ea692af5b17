// Which scene is on: each for its time, then the next; an alarm's own scene comes in between, stays
// until it is taken back or has been long enough, and then the one before goes on. Pure.

import type { Scene } from "./scene.ts";

/** How long an alarm nobody acknowledges holds the screen. */
export const ALARM_HELD_MS = 10 * 60_000;

export interface Shown {
  scene: Scene;
  /** From 1; 0 for a scene that came in between. */
  number: number;
  of: number;
}

interface Interruption {
  id: string;
  scene: Scene;
  untilMs: number;
}

export class Rotation {
  #scenes: readonly Scene[];
  #index = 0;
  #sinceMs: number;
  #interruptions: Interruption[] = [];

  constructor(scenes: readonly Scene[], nowMs: number) {
    this.#scenes = scenes;
    this.#sinceMs = nowMs;
  }

  /** Other scenes from now on; the one of the same name stays on. */
  replace(scenes: readonly Scene[], nowMs: number): void {
    const name = this.#scenes[this.#index]?.name;
    this.#scenes = scenes;
    this.#index = Math.max(0, scenes.findIndex((scene) => scene.name === name));
    this.#sinceMs = nowMs;
  }

  /** Shows the scene of that name now; false where there is none. */
  goTo(name: string, nowMs: number): boolean {
    const index = this.#scenes.findIndex((scene) => scene.name === name);
    if (index === -1) return false;
    this.#index = index;
    this.#sinceMs = nowMs;
    return true;
  }

  /** The newest interruption is the one that is shown. */
  interrupt(id: string, scene: Scene, nowMs: number, heldMs = ALARM_HELD_MS): void {
    this.release(id, nowMs);
    this.#interruptions.push({ id, scene, untilMs: nowMs + heldMs });
  }

  /** The alarm is over or acknowledged; the scene before has its time anew once none is left. */
  release(id: string, nowMs: number): void {
    this.#keep((one) => one.id !== id, nowMs);
  }

  /** To be asked every second or so. */
  at(nowMs: number): Shown {
    this.#keep((one) => nowMs < one.untilMs, nowMs);
    const of = this.#scenes.length;
    const last = this.#interruptions.at(-1);
    if (last !== undefined) return { scene: last.scene, number: 0, of };
    if (of > 1 && nowMs - this.#sinceMs >= this.#scenes[this.#index]!.dwellS * 1_000) {
      this.#index = (this.#index + 1) % of;
      this.#sinceMs = nowMs;
    }
    return { scene: this.#scenes[this.#index]!, number: this.#index + 1, of };
  }

  #keep(isKept: (one: Interruption) => boolean, nowMs: number): void {
    const kept = this.#interruptions.filter(isKept);
    if (kept.length === 0 && this.#interruptions.length > 0) this.#sinceMs = nowMs;
    this.#interruptions = kept;
  }
}
