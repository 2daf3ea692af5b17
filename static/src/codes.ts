// The states of a vehicle as small numbers, for typed arrays and shaders, and the one place that
// says what is counted under which name. Motion and freshness stay two answers; a `Standing` is
// only how lists and counts group them: a vehicle that stopped reporting is overdue, whatever it
// was doing.

import type { FreshnessWord, MotionWord } from "./protocol.ts";

export const MOTIONS = ["moving", "idling", "stopped", "parked", "unknown"] as const satisfies readonly MotionWord[];
export const FRESHNESSES = ["live", "late", "stale", "offline", "never"] as const satisfies readonly FreshnessWord[];
export const STANDINGS = ["moving", "idling", "stopped", "parked", "unknown", "overdue", "never"] as const;

export type Standing = (typeof STANDINGS)[number];
export type StandingCounts = Record<Standing, number>;

export const UNKNOWN_MOTION = MOTIONS.indexOf("unknown");
export const MOVING = MOTIONS.indexOf("moving");
export const STOPPED = MOTIONS.indexOf("stopped");
export const PARKED = MOTIONS.indexOf("parked");
export const LIVE = FRESHNESSES.indexOf("live");
export const LATE = FRESHNESSES.indexOf("late");
export const STALE = FRESHNESSES.indexOf("stale");
export const OFFLINE = FRESHNESSES.indexOf("offline");
export const NEVER = FRESHNESSES.indexOf("never");

export function motionCode(word: MotionWord | undefined): number {
  const code = word === undefined ? -1 : MOTIONS.indexOf(word);
  return code === -1 ? UNKNOWN_MOTION : code;
}

export function freshnessCode(word: FreshnessWord | undefined): number {
  const code = word === undefined ? -1 : FRESHNESSES.indexOf(word);
  return code === -1 ? NEVER : code;
}

/** The index into `STANDINGS` of a vehicle in these states. */
export function standingCode(motion: number, freshness: number): number {
  if (freshness === NEVER) return STANDINGS.indexOf("never");
  if (freshness === STALE || freshness === OFFLINE) return STANDINGS.indexOf("overdue");
  return motion;
}

export function noCounts(): StandingCounts {
  return { moving: 0, idling: 0, stopped: 0, parked: 0, unknown: 0, overdue: 0, never: 0 };
}

/** The index into `STANDINGS` for each state byte of the wire: motion in bits 0 to 2, freshness in 3 to 5. */
export const STANDING_OF_STATE = Uint8Array.from({ length: 256 }, (_, state) => {
  const motion = Math.min(state & 7, UNKNOWN_MOTION);
  return standingCode(motion, Math.min((state >> 3) & 7, NEVER));
});
