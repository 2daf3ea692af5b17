// Words, ages, times and numbers as people read them. Speeds in km/h, clock times in the viewer's
// own zone.

import { FRESHNESSES, LATE, MOTIONS, NEVER, OFFLINE, STALE } from "../codes.ts";
import type { Standing } from "../codes.ts";
import type { HealthWord } from "../protocol.ts";

const MOTION_WORDS = { moving: "Moving", idling: "Idling", stopped: "Stopped", parked: "Parked", unknown: "Unknown" };
export const STANDING_WORDS: Record<Standing, string> = { ...MOTION_WORDS, overdue: "Overdue", never: "No position" };
export const HEALTH_WORDS: Record<HealthWord, string> = {
  connecting: "connecting",
  up: "up",
  slow: "slow",
  limited: "rate limited",
  auth: "access refused",
  down: "down",
};

/** "Moving", "Late, moving", "Offline, was moving", "No position yet". */
export function stateWords(motion: number, freshness: number): string {
  const motionWord = MOTION_WORDS[MOTIONS[motion] ?? "unknown"];
  if (freshness === NEVER) return "No position yet";
  if (freshness === LATE) return `Late, ${motionWord.toLowerCase()}`;
  if (freshness === STALE || freshness === OFFLINE) {
    const word = FRESHNESSES[freshness] === "stale" ? "Stale" : "Offline";
    return motionWord === "Unknown" ? word : `${word}, was ${motionWord.toLowerCase()}`;
  }
  return motionWord;
}

/** "4 s", "12 min", "3 h", "2 d". */
export function ageText(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

export function speedText(speedMps: number): string {
  return `${Math.round(speedMps * 3.6)} km/h`;
}

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const minuteFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const zoneFormat = new Intl.DateTimeFormat(undefined, { timeZoneName: "short" });

/** "14:02:31". */
export function clockText(ms: number): string {
  return clockFormat.format(ms);
}

/** "14:02", with the day where it is not today. */
export function sinceText(ms: number, nowMs: number): string {
  const isToday = new Date(ms).toDateString() === new Date(nowMs).toDateString();
  return isToday ? minuteFormat.format(ms) : `${dayFormat.format(ms)}, ${minuteFormat.format(ms)}`;
}

export function dayText(ms: number): string {
  return dayFormat.format(ms);
}

/** Date, time and zone in full, for tooltips. */
export function fullTimeText(ms: number): string {
  return fullFormat.format(ms);
}

/** "SAST", "GMT+2". */
export function zoneText(ms: number): string {
  return zoneFormat.formatToParts(ms).find((part) => part.type === "timeZoneName")?.value ?? "";
}

const COMPASS = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];

/** "south (182°)". */
export function headingText(headingDeg: number): string {
  const word = COMPASS[Math.round(headingDeg / 45) % 8] ?? "north";
  return `${word} (${Math.round(headingDeg)}°)`;
}

const wholeNumber = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });

export function numberText(value: number): string {
  return wholeNumber.format(value);
}
