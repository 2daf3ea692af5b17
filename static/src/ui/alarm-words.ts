// What the page says of alarms, put together: what happened, to whom, and since when.

import { isOver, isWaiting, worstOf } from "../page/alarm-order.ts";
import type { AlarmObject, Severity } from "../protocol.ts";
import { words } from "../words/words.ts";
import { ageText, agoText, speedText } from "./words.ts";

/** Whom it is about: "Truck 7", "Feed alpha". */
export function subjectText({ vehicle, source }: AlarmObject): string {
  return vehicle?.name ?? (source === undefined ? "" : words.alarms.feed(source));
}

/** What happened: "112 km/h, where 90 km/h is allowed", "North depot". */
export function detailText({ kind, detail, place }: AlarmObject): string {
  const { speed_mps, over_mps, for_s } = detail ?? {};
  const { alarms: say } = words;
  const parts: string[] = [];
  if (speed_mps !== undefined) parts.push(over_mps === undefined ? speedText(speed_mps) : say.speed(speedText(speed_mps), speedText(over_mps)));
  if (for_s !== undefined && kind !== "speeding") parts.push(say.longerThan(ageText(for_s * 1000)));
  if (place !== undefined) parts.push(kind === "entering" ? say.entered(place.name) : kind === "leaving" ? say.left(place.name) : say.within(place.name));
  return parts.join("; ");
}

/** "12 min ago, for 3 min", "4 min ago, ongoing"; moments have no duration. */
export function timeText(alarm: AlarmObject, nowMs: number): string {
  const beganMs = Date.parse(alarm.began_at);
  const ago = agoText(Math.max(0, nowMs - beganMs));
  if (!isOver(alarm)) return words.alarms.ongoing(ago);
  const lastedMs = Date.parse(alarm.ended_at!) - beganMs;
  return lastedMs < 1000 ? ago : words.alarms.lasted(ago, ageText(lastedMs));
}

/** "Acknowledged by ada 3 min ago"; empty while it waits. */
export function acknowledgedText({ acknowledged_at, acknowledged_by }: AlarmObject, nowMs: number): string {
  if (acknowledged_at === undefined) return "";
  return words.alarms.acknowledged(agoText(Math.max(0, nowMs - Date.parse(acknowledged_at))), acknowledged_by);
}

/** "Alarms: 3 to acknowledge, the worst an alarm; 5 open (a)". */
export function bellText(alarms: readonly AlarmObject[]): string {
  const waiting = alarms.filter(isWaiting);
  const worst = worstOf(waiting);
  if (alarms.length === 0) return words.alarms.noneOpen;
  if (worst === null) return words.alarms.allAcknowledged(alarms.length);
  return words.alarms.toAcknowledge(waiting.length, worst, alarms.length);
}

/** In one breath, however many came: "Alarm: Panic button, Truck 7", "Alarm: 3 new, Panic button, Truck 7". */
export function spokenText(alarms: readonly AlarmObject[]): string {
  const [first] = alarms;
  if (first === undefined) return "";
  const what = [first.rule.name, subjectText(first), first.place?.name ?? ""].filter((part) => part !== "").join(", ");
  return alarms.length === 1 ? words.alarms.spoken(what) : words.alarms.spokenSeveral(alarms.length, what);
}

/** For the list's rows: "alarm", "warning". */
export function markText(severity: Severity): string {
  return words.alarms.marks[severity];
}

/** "3 shown of 5". */
export function shownText(shown: number, all: number): string {
  return shown === all ? words.alarms.openCount(all) : words.alarms.ofOpen(shown, all);
}
