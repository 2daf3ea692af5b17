// What the page says of vehicles and feeds, put together: which words, which ages. The words are
// those of the language that is spoken (`words/`). How speeds, distances and times of day are written
// is chosen by who reads them (`units.ts`).

import { LATE, LIVE, MOTIONS, NEVER, OFFLINE, OFF_DUTY, STALE } from "../codes.ts";
import type { FoundIn } from "../live/search.ts";
import type { ConnectionStatus } from "../live/messages.ts";
import type { ScreenState } from "../page/screen.ts";
import type { DeviceReport, Freshness, HealthWord, History, Percentiles, Source, Trail, Vehicle } from "../protocol.ts";
import { wordOf, words } from "../words/words.ts";
import { bareSinceText, dayText, decimalText, isolated, sinceText, speedNumber, zonedClockText } from "./units.ts";

export { clockText, dayText, distanceText, fullTimeText, hourText, lengthText, numberText, odometerText, sinceText, speedText, speedUnit, zoneText, zonedClockText } from "./units.ts";

export function flagText(flag: string): string {
  return wordOf(words.flags, flag) ?? flag.replaceAll("_", " ");
}

export function badgeText(status: ConnectionStatus, screen: ScreenState, isPast: boolean): string {
  if (status === "refused") return words.screen.ended;
  return isPast ? words.screen.dead : words.screen[screen];
}

/** "Moving", "Late, moving", "Offline, was moving", "Feed down, was moving", "No position yet", "Off duty". */
export function stateWords(motion: number, freshness: number, isFeedDown = false): string {
  const key = MOTIONS[motion] ?? "unknown";
  const { state, doing } = words;
  const was = (word: string) => (key === "unknown" ? word : state.was(word, doing[key]));
  if (freshness === OFF_DUTY) return words.standing.off_duty;
  if (freshness === NEVER) return isFeedDown ? state.feedDownNoPosition : state.noPosition;
  if (isFeedDown) return was(state.feedDown);
  if (freshness === LATE) return state.late(doing[key]);
  if (freshness === STALE) return was(words.attention.stale);
  if (freshness === OFFLINE) return was(words.attention.offline);
  return words.motion[key];
}

/** "4 s", "12 min", "3 h", "2 d". */
export function ageText(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1000));
  const { s, min, h, d } = words.time;
  if (seconds < 100) return `${seconds} ${s}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 100) return `${minutes} ${min}`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} ${h}` : `${Math.floor(hours / 24)} ${d}`;
}

/** "under 1 min", "12 min", "2 h 10", "3 d 4 h"; "over 2 h 10" where it may be longer, empty where that says nothing. */
export function durationText(ms: number, isAtLeast: boolean): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  const [hours, days] = [Math.floor(minutes / 60), Math.floor(minutes / 1440)];
  const { min, h, d, underOneMin, over } = words.time;
  if (minutes === 0) return isAtLeast ? "" : underOneMin;
  const ofHours = `${hours} ${h}${minutes % 60 === 0 ? "" : ` ${String(minutes % 60).padStart(2, "0")}`}`;
  const ofDays = `${days} ${d}${hours % 24 === 0 ? "" : ` ${hours % 24} ${h}`}`;
  const duration = hours === 0 ? `${minutes} ${min}` : days === 0 ? ofHours : ofDays;
  return isAtLeast ? over(duration) : duration;
}

/** "under 1 min", "4 min", "3 h", "2 d": for what is drawn and should not change each second. */
export function roughAgeText(ageMs: number): string {
  return ageMs < 60_000 ? words.time.underOneMin : ageText(Math.max(100_000, ageMs));
}

/** What stands beside a marker: the name, and the age of a position that is not live. */
export function labelText(name: string, freshness: number, ageMs: number): string {
  return freshness === LIVE || Number.isNaN(ageMs) ? name : `${name} · ${roughAgeText(ageMs)}`;
}

/** "4 s ago". */
export function agoText(ageMs: number): string {
  return words.time.ago(ageText(ageMs));
}

/** "south (182°)". */
export function headingText(headingDeg: number): string {
  const word = words.compass[Math.round(headingDeg / 45) % 8];
  return `${word} ${isolated(`(${Math.round(headingDeg)}°)`)}`;
}

/** "52.52000, 13.40500": about a metre. */
export function coordinatesText(latDeg: number, lngDeg: number): string {
  return `${latDeg.toFixed(5)}, ${lngDeg.toFixed(5)}`;
}

/** "12 of 30,100 on the map". */
export function onMapText(inSight: number, all: number): string {
  return words.counts.onMap(inSight, all);
}

/** "300 vehicles", "12 of 300 vehicles", "100 or more of 30,100"; `found` is null where it is not known. */
export function foundText(found: number | null, shown: number, all: number): string {
  // Only so many are known to be there yet.
  if (found === null) return words.counts.orMore(shown, all);
  return found === all ? words.counts.vehicles(all) : words.counts.ofVehicles(found, all);
}

/** How old the position is against what is normal for it; empty without a position. */
export function freshnessText(freshness: Freshness | undefined, ageMs: number): string {
  if (freshness === undefined || Number.isNaN(ageMs)) return "";
  const { expected_s, live_for_s } = freshness;
  const every = expected_s === undefined ? "" : words.fresh.every(ageText(expected_s * 1000));
  const limit = live_for_s === undefined ? "" : words.fresh.liveFor(ageText(live_for_s * 1000));
  return `${words.fresh.old(ageText(ageMs))}${limit}${every}`;
}

/** "used · fix 4 s ago · every 10 s". */
export function deviceText({ verdict, expected_s }: DeviceReport, ageMs: number): string {
  const age = Number.isNaN(ageMs) ? words.device.noPosition : words.device.fix(ageText(ageMs));
  const every = expected_s === undefined ? null : words.device.every(ageText(expected_s * 1000));
  const word = verdict === undefined ? null : (wordOf(words.verdicts, verdict) ?? verdict);
  return [word, age, every].filter((part) => part !== null).join(" · ");
}

/** "1.2 s", "340 ms". */
export function delayText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 100_000 ? `${decimalText(ms / 1_000, ms < 10_000 ? 1 : 0)} ${words.time.s}` : ageText(ms);
}

/** How long a position was on its way, stage by stage; `toYouMs` is half a round trip. */
export function latencyText(latency: NonNullable<Vehicle["latency"]>, toYouMs: number | null): string {
  const stages = [
    [words.latency.tracker, latency.fix_to_receipt_ms],
    [words.latency.server, latency.receipt_to_send_ms],
    [words.latency.line, toYouMs ?? undefined],
  ] as const;
  return stages.flatMap(([stage, ms]) => (ms === undefined ? [] : [`${stage} ${delayText(ms)}`])).join(", ");
}

/** "half within 3.1 s, 95 of 100 within 12 s". */
export function percentilesText({ p50, p95 }: Percentiles): string {
  return words.latency.percentiles(delayText(p50), delayText(p95));
}

/** What a pill says after the name: "2 s", "down for 12 min". */
export function feedText(source: Source, nowMs: number): string {
  const lastMs = Date.parse(source.last_success_at ?? "");
  const sinceMs = Date.parse(source.since ?? "");
  const { health } = words;
  const lasting = (word: string) => (Number.isNaN(sinceMs) ? word : words.feed.lasting(word, ageText(nowMs - sinceMs)));
  const age = Number.isNaN(lastMs) ? "" : ageText(nowMs - lastMs);
  const texts: Record<HealthWord, string> = {
    up: age || health.up,
    slow: `${health.slow}${age && `, ${age}`}`,
    connecting: health.connecting,
    limited: limitedText(source, nowMs),
    auth: lasting(health.auth),
    down: lasting(health.down),
  };
  return texts[source.health] ?? source.health;
}

function limitedText(source: Source, nowMs: number): string {
  const untilMs = Date.parse(source.until ?? "");
  return Number.isNaN(untilMs) ? words.health.limited : words.feed.limitedUntil(sinceText(untilMs, nowMs));
}

/** The one alarm of a feed that delivers nothing; null where it does. */
export function feedAlarmText({ id, health, since, vehicles }: Source, nowMs: number): string | null {
  if (health !== "down" && health !== "auth") return null;
  const sinceMs = Date.parse(since ?? "");
  const when = Number.isNaN(sinceMs) ? null : sinceText(sinceMs, nowMs);
  const what = health === "down" ? words.feed.isDown(id, when) : words.feed.refuses(id, when);
  return vehicles === undefined || vehicles === 0 ? what : `${what} ${words.feed.lastKnown(vehicles)}`;
}

/** The bands of a trail's speeds, given where they end: "under 20", "20 to 50", "over 110". */
export function speedBandTexts(endsKmh: readonly number[]): string[] {
  const ends = endsKmh.map(speedNumber);
  const { under, between, over } = words.trail;
  return [under(ends[0]!), ...ends.slice(1).map((end, i) => between(ends[i]!, end)), over(ends.at(-1)!)];
}

/** "412 positions, 13:10 to 14:10, simplified". */
export function trailText({ points, simplified }: Trail, fromMs: number, toMs: number): string {
  const span = words.time.fromTo(bareSinceText(fromMs, toMs), sinceText(toMs, toMs));
  if (points.length === 0) return words.trail.none(span);
  const filled = points.filter((point) => point.filled === true).length;
  const parts = [words.trail.positions(points.length), span];
  if (simplified === true) parts.push(words.trail.simplified);
  if (filled > 0) parts.push(words.trail.filled(filled));
  return `${parts.join(", ")}.`;
}

/** "Driver Thandi Nkosi": why a vehicle was found. */
export function foundInText({ field, value }: NonNullable<FoundIn>): string {
  return `${wordOf(words.facts, field) ?? field} ${value}`;
}

/** What to know of the memory before trusting it; empty where all is well. */
export function historyText({ state, error }: History): string {
  if (state === "off") return words.past.off;
  if (state === "failing") return words.past.failing(error);
  return "";
}

/** Of the past of a large fleet only what is in sight is shown, and not more of it than a page can hold. */
export function partText(shown: number, inSight: number): string {
  return shown < inSight ? words.past.part(shown, inSight) : words.past.ofWhatIsShown;
}

/** "Thu 5 Aug, 14:02:31 SAST". */
export function pastTimeText(ms: number): string {
  return `${dayText(ms)}, ${zonedClockText(ms)}`;
}
