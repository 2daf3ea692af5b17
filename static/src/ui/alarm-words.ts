// What the page says of alarms, in one place: what happened, to whom, since when, and how it sounds.

import { isOver, isWaiting, worstOf } from "../page/alarm-order.ts";
import type { AlarmKind, AlarmObject, Severity } from "../protocol.ts";
import { ageText, agoText, countText, speedText } from "./words.ts";

export const SEVERITY_WORDS: Record<Severity, string> = { notice: "Notice", warning: "Warning", alarm: "Alarm" };

export const KIND_WORDS: Record<AlarmKind, string> = {
  speeding: "Speeding",
  idling: "Idling",
  stopped_reporting: "Stopped reporting",
  source_down: "Feed down",
  panic: "Panic button",
  entering: "Entering a place",
  leaving: "Leaving a place",
};

export const ALARM_WORDS = {
  title: "Alarms",
  bell: "Alarms (a)",
  open: "Open",
  history: "History",
  none: "No open alarm. All is well.",
  noneYet: "There was no alarm in the last 90 days.",
  acknowledge: "Acknowledge",
  acknowledgeShown: "Acknowledge all shown",
  show: "Show on the map",
  quiet: "in quiet hours",
  over: "over",
  more: "Older ones",
  loading: "Loading …",
  failed: "That did not work:",
  notAllowed: "You may look at alarms, but not acknowledge them.",
  openAlarms: "Open alarms",
  all: "All",
  filter: "Severity",
} as const;

export const SOUND_WORDS = {
  title: "Alarm sound",
  off: "Alarm sound is off.",
  arm: "Turn on",
  on: "Alarm sound is on.",
  elsewhere: "Alarm sound is on; another tab of this browser makes it.",
  blocked: "Sound blocked by the browser.",
  unblock: "Let it sound",
  disarm: "Turn off",
  test: "Test",
  volume: "Volume",
  testOf: { notice: "Test the sound of a notice", warning: "Test the sound of a warning", alarm: "Test the sound of an alarm" },
} as const;

/** Whom it is about: "Truck 7", "Feed alpha". */
export function subjectText({ vehicle, source }: AlarmObject): string {
  return vehicle?.name ?? (source === undefined ? "" : `Feed ${source}`);
}

/** What happened: "112 km/h, where 90 km/h is allowed", "North depot". */
export function detailText({ kind, detail, place }: AlarmObject): string {
  const { speed_mps, over_mps, for_s } = detail ?? {};
  const parts: string[] = [];
  if (speed_mps !== undefined) parts.push(over_mps === undefined ? speedText(speed_mps) : `${speedText(speed_mps)}, where ${speedText(over_mps)} is allowed`);
  if (for_s !== undefined && kind !== "speeding") parts.push(`longer than ${ageText(for_s * 1000)}`);
  if (place !== undefined) parts.push(kind === "entering" ? `entered ${place.name}` : kind === "leaving" ? `left ${place.name}` : `in ${place.name}`);
  return parts.join("; ");
}

/** "12 min ago, for 3 min", "4 min ago, ongoing"; moments have no duration. */
export function timeText(alarm: AlarmObject, nowMs: number): string {
  const beganMs = Date.parse(alarm.began_at);
  const ago = agoText(Math.max(0, nowMs - beganMs));
  if (!isOver(alarm)) return `${ago}, ongoing`;
  const lastedMs = Date.parse(alarm.ended_at!) - beganMs;
  return lastedMs < 1000 ? ago : `${ago}, for ${ageText(lastedMs)}`;
}

/** "Acknowledged by ada 3 min ago"; empty while it waits. */
export function acknowledgedText({ acknowledged_at, acknowledged_by }: AlarmObject, nowMs: number): string {
  if (acknowledged_at === undefined) return "";
  const who = acknowledged_by === undefined ? "" : ` by ${acknowledged_by}`;
  return `Acknowledged${who} ${agoText(Math.max(0, nowMs - Date.parse(acknowledged_at)))}`;
}

/** "Alarms: 3 to acknowledge, the worst an alarm; 5 open (a)". */
export function bellText(alarms: readonly AlarmObject[]): string {
  const waiting = alarms.filter(isWaiting);
  const worst = worstOf(waiting);
  if (alarms.length === 0) return "Alarms: none open (a)";
  if (worst === null) return `Alarms: ${alarms.length} open, all acknowledged (a)`;
  return `Alarms: ${waiting.length} to acknowledge, the worst ${worst === "alarm" ? "an alarm" : `a ${worst}`}; ${alarms.length} open (a)`;
}

/** In one breath, however many came: "Alarm: Panic button, Truck 7", "Alarm: 3 new, Panic button, Truck 7". */
export function spokenText(alarms: readonly AlarmObject[]): string {
  const [first] = alarms;
  if (first === undefined) return "";
  const what = [first.rule.name, subjectText(first), first.place?.name ?? ""].filter((part) => part !== "").join(", ");
  return alarms.length === 1 ? `Alarm: ${what}` : `${countText(alarms.length, "new alarm")}: ${what}, and ${alarms.length - 1} more`;
}

/** For the list's rows: "alarm", "warning". */
export function markText(severity: Severity): string {
  return `open ${severity === "alarm" ? "alarm" : severity}`;
}

/** "3 shown of 5". */
export function shownText(shown: number, all: number): string {
  return shown === all ? countText(all, "open alarm") : `${shown} of ${countText(all, "open alarm")}`;
}
