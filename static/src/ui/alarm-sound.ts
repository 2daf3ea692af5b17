// The sound of alarms, made by the browser itself. It is off until somebody arms it, which is the
// gesture that browsers ask for; that is remembered, and where a browser blocks it all the same, the
// page says so. Of several tabs one sounds: the one that holds the lock, and only a tab that can be
// heard asks for it.

import { AlarmTurns } from "../page/alarm-turns.ts";
import type { AlarmObject, Severity } from "../protocol.ts";

const STORAGE_KEY = "fleetglass-alarm-sound";
const LOCK = "fleetglass-alarm-sound";
const DEFAULT_VOLUME = 0.6;

/** Pitch, beginning and length, in hertz and seconds: the worse, the higher, the longer, the rougher. */
const TONES: Record<Severity, { wave: OscillatorType; notes: readonly (readonly [hz: number, atS: number, forS: number])[] }> = {
  notice: { wave: "sine", notes: [[587, 0, 0.22]] },
  warning: { wave: "triangle", notes: [[659, 0, 0.18], [523, 0.22, 0.26]] },
  alarm: { wave: "square", notes: [[988, 0, 0.14], [740, 0.16, 0.14], [988, 0.32, 0.14], [740, 0.48, 0.14], [988, 0.64, 0.3]] },
};
/** A square wave is louder than a sine of the same height. */
const LOUDNESS: Record<Severity, number> = { notice: 0.5, warning: 0.6, alarm: 0.3 };
const FADE_S = 0.015;

/** `elsewhere`: another tab sounds. */
export type SoundState = "off" | "blocked" | "on" | "elsewhere";

export class AlarmSound {
  /** What was sounded last, for tests. */
  played: Severity[] = [];
  #turns = new AlarmTurns();
  #context: AudioContext | null = null;
  #stored = readStored();
  #onChange: (() => void)[] = [];
  #isHolder = false;
  #isAsking = false;
  #release: (() => void) | null = null;

  constructor() {
    if (this.#stored.isArmed) this.#open();
    // Whatever is done on the page is a gesture.
    for (const type of ["pointerdown", "keydown"] as const) addEventListener(type, () => this.#resume(), { capture: true, passive: true });
  }

  get state(): SoundState {
    if (!this.#stored.isArmed) return "off";
    if (this.#context?.state !== "running") return "blocked";
    return this.#isHolder ? "on" : "elsewhere";
  }

  /** From 0 to 1. */
  get volume(): number {
    return this.#stored.volume;
  }

  set volume(volume: number) {
    this.#store({ ...this.#stored, volume: Math.min(1, Math.max(0, volume)) });
  }

  onChange(listener: () => void): void {
    this.#onChange.push(listener);
  }

  /** To be called by a gesture. */
  arm(): void {
    this.#store({ ...this.#stored, isArmed: true });
    this.#open();
    this.#resume();
  }

  disarm(): void {
    this.#store({ ...this.#stored, isArmed: false });
    this.#letGo();
    void this.#context?.suspend();
    this.#tell();
  }

  /** Sounds as such an alarm would, whichever tab holds the lock; to be called by a gesture. */
  test(severity: Severity): void {
    this.#open();
    void this.#context?.resume().then(() => this.#play(severity));
  }

  /** Sounds what is due; to be called each second and at each change. */
  tick(alarms: readonly AlarmObject[], nowMs: number): void {
    const due = this.#turns.due(alarms, nowMs);
    if (due !== null && this.state === "on") this.#play(due);
  }

  #open(): void {
    if (this.#context !== null || typeof AudioContext === "undefined") return;
    this.#context = new AudioContext();
    this.#context.addEventListener("statechange", () => this.#contextChanged());
    this.#contextChanged();
  }

  #resume(): void {
    if (this.#stored.isArmed && this.#context?.state === "suspended") void this.#context.resume();
  }

  #contextChanged(): void {
    if (this.#stored.isArmed && this.#context?.state === "running") this.#askForTurn();
    else this.#letGo();
    this.#tell();
  }

  /** Holds the lock as long as this tab can be heard. */
  #askForTurn(): void {
    if (this.#isAsking) return;
    if (!("locks" in navigator)) {
      // Without a secure context there is none; two tabs are better than no sound.
      this.#isHolder = true;
      return;
    }
    this.#isAsking = true;
    const gone = new AbortController();
    this.#release = () => gone.abort();
    const hold = () =>
      new Promise<void>((resolve) => {
        if (gone.signal.aborted) return resolve();
        this.#isHolder = true;
        this.#release = resolve;
        this.#tell();
      });
    const end = () => {
      this.#isAsking = this.#isHolder = false;
      this.#release = null;
      if (this.#stored.isArmed && this.#context?.state === "running") this.#askForTurn();
      this.#tell();
    };
    navigator.locks.request(LOCK, { signal: gone.signal }, hold).then(end, end);
  }

  #letGo(): void {
    this.#isHolder = false;
    this.#release?.();
  }

  #play(severity: Severity): void {
    const context = this.#context;
    if (context?.state !== "running") return;
    const { wave, notes } = TONES[severity];
    for (const [hz, atS, forS] of notes) {
      const [oscillator, gain] = [context.createOscillator(), context.createGain()];
      const [fromS, toS] = [context.currentTime + atS, context.currentTime + atS + forS];
      oscillator.type = wave;
      oscillator.frequency.value = hz;
      gain.gain.setValueAtTime(0, fromS);
      gain.gain.linearRampToValueAtTime(this.volume * LOUDNESS[severity], fromS + FADE_S);
      gain.gain.setValueAtTime(this.volume * LOUDNESS[severity], toS - FADE_S);
      gain.gain.linearRampToValueAtTime(0, toS);
      oscillator.connect(gain).connect(context.destination);
      oscillator.start(fromS);
      oscillator.stop(toS);
    }
    this.played = [...this.played.slice(-19), severity];
  }

  #store(stored: Stored): void {
    this.#stored = stored;
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify(stored));
    } catch {
      // Kept for this page at least.
    }
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#onChange) listener();
  }
}

interface Stored {
  isArmed: boolean;
  volume: number;
}

function readStored(): Stored {
  try {
    const { isArmed, volume } = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}") as Partial<Record<keyof Stored, unknown>>;
    return { isArmed: isArmed === true, volume: typeof volume === "number" && volume >= 0 && volume <= 1 ? volume : DEFAULT_VOLUME };
  } catch {
    return { isArmed: false, volume: DEFAULT_VOLUME };
  }
}
