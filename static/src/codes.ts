// The states of a vehicle as small numbers, for typed arrays and shaders, and the one place that
// says what is counted under which name. Motion and freshness stay two answers; a `Standing` is
// only how lists and counts group them: a vehicle that stopped reporting is overdue, whatever it
// was doing.

import type { Freshness, FreshnessWord, MotionWord } from "./protocol.ts";

export const MOTIONS = ["moving", "idling", "stopped", "parked", "unknown"] as const satisfies readonly MotionWord[];
/** As on the wire; the last one is `never` with its reason. */
export const FRESHNESSES = ["live", "late", "stale", "offline", "never", "off_duty"] as const satisfies readonly (FreshnessWord | "off_duty")[];
export const STANDINGS = ["moving", "idling", "stopped", "parked", "unknown", "overdue", "never", "off_duty"] as const;

/** What needs a look, whatever a vehicle does; one may be in several. Overdue is stale or offline. */
export const ATTENTIONS = ["overdue", "late", "stale", "offline", "diverging"] as const;

export type Standing = (typeof STANDINGS)[number];
export type StandingCounts = Record<Standing, number>;
export type Attention = (typeof ATTENTIONS)[number];
export type AttentionCounts = Record<Attention, number>;

export const UNKNOWN_MOTION = MOTIONS.indexOf("unknown");
export const MOVING = MOTIONS.indexOf("moving");
export const STOPPED = MOTIONS.indexOf("stopped");
export const PARKED = MOTIONS.indexOf("parked");
export const LIVE = FRESHNESSES.indexOf("live");
export const LATE = FRESHNESSES.indexOf("late");
export const STALE = FRESHNESSES.indexOf("stale");
export const OFFLINE = FRESHNESSES.indexOf("offline");
export const NEVER = FRESHNESSES.indexOf("never");
export const OFF_DUTY = FRESHNESSES.indexOf("off_duty");

export function motionCode(word: MotionWord | undefined): number {
  const code = word === undefined ? -1 : MOTIONS.indexOf(word);
  return code === -1 ? UNKNOWN_MOTION : code;
}

export function freshnessCode({ freshness, flags }: { freshness?: Freshness | undefined; flags?: readonly string[] | undefined }): number {
  if (flags?.includes("off_duty") === true) return OFF_DUTY;
  const code = freshness === undefined ? -1 : FRESHNESSES.indexOf(freshness.state);
  return code === -1 ? NEVER : code;
}

/** Of a state byte of the wire. */
export function freshnessOfState(state: number): number {
  const code = (state >> 3) & 7;
  return code >= FRESHNESSES.length ? NEVER : code;
}

/** The index into `STANDINGS` of a vehicle in these states. */
export function standingCode(motion: number, freshness: number): number {
  if (freshness === NEVER) return STANDINGS.indexOf("never");
  if (freshness === OFF_DUTY) return STANDINGS.indexOf("off_duty");
  if (freshness === STALE || freshness === OFFLINE) return STANDINGS.indexOf("overdue");
  return motion;
}

export function noCounts(): StandingCounts {
  return { moving: 0, idling: 0, stopped: 0, parked: 0, unknown: 0, overdue: 0, never: 0, off_duty: 0 };
}

export function noAttention(): AttentionCounts {
  return { overdue: 0, late: 0, stale: 0, offline: 0, diverging: 0 };
}

/** Whether a vehicle is in one of `ATTENTIONS`. */
export function needsAttention(attention: Attention, freshness: number, isDiverging: boolean): boolean {
  if (attention === "diverging") return isDiverging;
  if (attention === "overdue") return freshness === STALE || freshness === OFFLINE;
  return FRESHNESSES[freshness] === attention;
}

/** The index into `STANDINGS` for each state byte of the wire: motion in bits 0 to 2, freshness in 3 to 5. */
export const STANDING_OF_STATE = Uint8Array.from({ length: 256 }, (_, state) => {
  const motion = Math.min(state & 7, UNKNOWN_MOTION);
  return standingCode(motion, freshnessOfState(state));
});
