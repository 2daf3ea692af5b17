// What the page says, in one place: words, sentences and ages as people read them. How speeds,
// distances and times of day are written is chosen by who reads them (`units.ts`).

import { FRESHNESSES, LATE, LIVE, MOTIONS, NEVER, OFFLINE, OFF_DUTY, STALE } from "../codes.ts";
import type { Attention, Standing } from "../codes.ts";
import type { FoundIn } from "../live/search.ts";
import type { ConnectionStatus } from "../live/messages.ts";
import type { ScreenState } from "../page/screen.ts";
import type { DeviceReport, Freshness, HealthWord, History, Percentiles, Source, Trail, Vehicle } from "../protocol.ts";
import { bareSinceText, dayText, numberText, sinceText, speedNumber, zonedClockText } from "./units.ts";

export { clockText, dayText, distanceText, fullTimeText, hourText, lengthText, numberText, odometerText, sinceText, speedText, speedUnit, zoneText, zonedClockText } from "./units.ts";

const MOTION_WORDS = { moving: "Moving", idling: "Idling", stopped: "Stopped", parked: "Parked", unknown: "Unknown" };
export const STANDING_WORDS: Record<Standing, string> = { ...MOTION_WORDS, overdue: "Stopped reporting", never: "No position", off_duty: "Off duty" };
export const ATTENTION_WORDS: Record<Attention, string> = { overdue: STANDING_WORDS.overdue, late: "Late", stale: "Stale", offline: "Offline", diverging: "Diverging" };
/** Both rows are filters; how they go together is for those who cannot see it from the list. */
export const GLANCE_WORDS = {
  doing: "Show vehicles by what they do: any of those that are on",
  nothingKnown: "Show vehicles by what they do, continued: those of which nothing is known",
  attention: "Show vehicles that need a look: any of those that are on, and what they do must fit as well",
  unknownCount: "–",
} as const;
export const GROUP_WORDS = { title: "Groups", tree: "Show vehicles of groups: any of those that are on, and their state must fit as well", clear: "Show all groups" } as const;
export const HEALTH_WORDS: Record<HealthWord, string> = {
  connecting: "connecting",
  up: "up",
  slow: "slow",
  limited: "rate limited",
  auth: "access refused",
  down: "down",
};

const FLAG_WORDS: Record<string, string> = {
  diverging: "its devices disagree about the place",
  gps_stuck: "reports come, but the position stands still",
  backfill: "an old position came late",
  clock_ahead: "a tracker's clock is ahead",
  no_fix_time: "the vendor gives no time for its position",
  restored: "known only from before a restart of the server",
  feed_down: "its feed is down: nothing new can come",
  off_duty: "its place is neither shown nor stored during these hours",
};

export function flagText(flag: string): string {
  return FLAG_WORDS[flag] ?? flag.replaceAll("_", " ");
}

const VERDICT_WORDS: Record<string, string> = {
  accepted: "used",
  duplicate: "repeated, nothing new",
  older: "older than what is shown",
  outranked: "another device ranks higher",
  refused: "refused",
};

const BADGE_WORDS: Record<ScreenState, string> = { waiting: "Connecting", live: "Live", reconnecting: "Reconnecting", dead: "Not live" };

export function badgeText(status: ConnectionStatus, screen: ScreenState, isPast: boolean): string {
  if (status === "refused") return "Access ended";
  return isPast ? "Not live" : BADGE_WORDS[screen];
}

/** "Moving", "Late, moving", "Offline, was moving", "Feed down, was moving", "No position yet", "Off duty". */
export function stateWords(motion: number, freshness: number, isFeedDown = false): string {
  const motionWord = MOTION_WORDS[MOTIONS[motion] ?? "unknown"];
  if (freshness === OFF_DUTY) return STANDING_WORDS.off_duty;
  if (freshness === NEVER) return isFeedDown ? "Feed down, no position yet" : "No position yet";
  if (isFeedDown) return motionWord === "Unknown" ? "Feed down" : `Feed down, was ${motionWord.toLowerCase()}`;
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

/** "under 1 min", "12 min", "2 h 10", "3 d 4 h"; "over 2 h 10" where it may be longer, empty where that says nothing. */
export function durationText(ms: number, isAtLeast: boolean): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  const [hours, days] = [Math.floor(minutes / 60), Math.floor(minutes / 1440)];
  if (minutes === 0) return isAtLeast ? "" : "under 1 min";
  const over = isAtLeast ? "over " : "";
  if (hours === 0) return `${over}${minutes} min`;
  if (days === 0) return `${over}${hours} h${minutes % 60 === 0 ? "" : ` ${String(minutes % 60).padStart(2, "0")}`}`;
  return `${over}${days} d${hours % 24 === 0 ? "" : ` ${hours % 24} h`}`;
}

/** "under 1 min", "4 min", "3 h", "2 d": for what is drawn and should not change each second. */
export function roughAgeText(ageMs: number): string {
  return ageMs < 60_000 ? "under 1 min" : ageText(Math.max(100_000, ageMs));
}

/** What stands beside a marker: the name, and the age of a position that is not live. */
export function labelText(name: string, freshness: number, ageMs: number): string {
  return freshness === LIVE || Number.isNaN(ageMs) ? name : `${name} · ${roughAgeText(ageMs)}`;
}

/** "4 s ago". */
export function agoText(ageMs: number): string {
  return `${ageText(ageMs)} ago`;
}

const COMPASS = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];

/** "south (182°)". */
export function headingText(headingDeg: number): string {
  const word = COMPASS[Math.round(headingDeg / 45) % 8] ?? "north";
  return `${word} (${Math.round(headingDeg)}°)`;
}

/** "52.52000, 13.40500": about a metre. */
export function coordinatesText(latDeg: number, lngDeg: number): string {
  return `${latDeg.toFixed(5)}, ${lngDeg.toFixed(5)}`;
}

/** "12 of 30,100 on the map". */
export function onMapText(inSight: number, all: number): string {
  return `${numberText(inSight)} of ${numberText(all)} on the map`;
}

/** "300 vehicles", "12 of 300 vehicles", "100 or more of 30,100"; `found` is null where it is not known. */
export function foundText(found: number | null, shown: number, all: number): string {
  // Only so many are known to be there yet.
  if (found === null) return `${numberText(shown)} or more of ${numberText(all)}`;
  if (found === all) return countText(all, "vehicle");
  return `${numberText(found)} of ${countText(all, "vehicle")}`;
}

/** How old the position is against what is normal for it; empty without a position. */
export function freshnessText(freshness: Freshness | undefined, ageMs: number): string {
  if (freshness === undefined || Number.isNaN(ageMs)) return "";
  const { expected_s, live_for_s } = freshness;
  const every = expected_s === undefined ? "" : `; a report is expected every ${ageText(expected_s * 1000)}`;
  const limit = live_for_s === undefined ? "" : `, counted as live up to ${ageText(live_for_s * 1000)}`;
  return `Position ${ageText(ageMs)} old${limit}${every}`;
}

/** "used · fix 4 s ago · every 10 s". */
export function deviceText({ verdict, expected_s }: DeviceReport, ageMs: number): string {
  const age = Number.isNaN(ageMs) ? "no position yet" : `fix ${ageText(ageMs)} ago`;
  const every = expected_s === undefined ? null : `expected every ${ageText(expected_s * 1000)}`;
  const word = verdict === undefined ? null : (VERDICT_WORDS[verdict] ?? verdict);
  return [word, age, every].filter((part) => part !== null).join(" · ");
}

/** "1.2 s", "340 ms". */
export function delayText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 100_000 ? `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s` : ageText(ms);
}

/** How long a position was on its way, stage by stage; `toYouMs` is half a round trip. */
export function latencyText(latency: NonNullable<Vehicle["latency"]>, toYouMs: number | null): string {
  const stages = [
    ["tracker and vendor", latency.fix_to_receipt_ms],
    ["this server", latency.receipt_to_send_ms],
    ["the line to you", toYouMs ?? undefined],
  ] as const;
  return stages.flatMap(([stage, ms]) => (ms === undefined ? [] : [`${stage} ${delayText(ms)}`])).join(", ");
}

/** "half within 3.1 s, 95 of 100 within 12 s". */
export function percentilesText({ p50, p95 }: Percentiles): string {
  return `half within ${delayText(p50)}, 95 of 100 within ${delayText(p95)}`;
}

/** What a pill says after the name: "2 s", "down for 12 min". */
export function feedText(source: Source, nowMs: number): string {
  const lastMs = Date.parse(source.last_success_at ?? "");
  const sinceMs = Date.parse(source.since ?? "");
  const lasts = Number.isNaN(sinceMs) ? "" : ` for ${ageText(nowMs - sinceMs)}`;
  const age = Number.isNaN(lastMs) ? "" : ageText(nowMs - lastMs);
  const texts: Record<HealthWord, string> = {
    up: age || "up",
    slow: `slow${age && `, ${age}`}`,
    connecting: "connecting",
    limited: limitedText(source, nowMs),
    auth: `access refused${lasts}`,
    down: `down${lasts}`,
  };
  return texts[source.health] ?? source.health;
}

function limitedText(source: Source, nowMs: number): string {
  const untilMs = Date.parse(source.until ?? "");
  return Number.isNaN(untilMs) ? "rate limited" : `limited until ${sinceText(untilMs, nowMs)}`;
}

export const FEED_WORDS = {
  state: "State",
  since: "Since",
  by: "By",
  modes: { stream: "live stream", poll: "polling" },
  success: "Last success",
  vehicles: "Vehicles",
  trackerToUs: "Tracker to us",
  usToYou: "Us to you",
  error: "Last error",
  noError: "none",
  errorSeen: "Error seen",
  sandbox: "sandbox",
} as const;

/** The one alarm of a feed that delivers nothing; null where it does. */
export function feedAlarmText({ id, health, since, vehicles }: Source, nowMs: number): string | null {
  if (health !== "down" && health !== "auth") return null;
  const sinceMs = Date.parse(since ?? "");
  const when = Number.isNaN(sinceMs) ? "" : ` since ${sinceText(sinceMs, nowMs)}`;
  const what = health === "down" ? `${id} is down${when}.` : `${id} refuses access${when}: check its password or key.`;
  if (vehicles === undefined || vehicles === 0) return what;
  return `${what} ${countText(vehicles, "vehicle shows its", "vehicles show their")} last known place.`;
}

export const TRAIL_WORDS = {
  loading: "Loading the trail …",
  failed: "The trail could not be loaded.",
  badSpan: "The start must be before the end.",
  spans: { "1": "1 h", "6": "6 h", "24": "24 h", custom: "Custom" } as Record<string, string>,
  unknownSpeed: "unknown",
  gap: "no reports",
} as const;

/** The bands of a trail's speeds, given where they end: "under 20", "20 to 50", "over 110". */
export function speedBandTexts(endsKmh: readonly number[]): string[] {
  const ends = endsKmh.map(speedNumber);
  return [`under ${ends[0]}`, ...ends.slice(1).map((end, i) => `${ends[i]} to ${end}`), `over ${ends.at(-1)}`];
}

/** "1 position", "1,234 positions". */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}

/** "412 positions, 13:10 to 14:10, simplified". */
export function trailText({ points, simplified }: Trail, fromMs: number, toMs: number): string {
  const span = `${bareSinceText(fromMs, toMs)} to ${sinceText(toMs, toMs)}`;
  if (points.length === 0) return `No positions, ${span}.`;
  const filled = points.filter((point) => point.filled === true).length;
  const parts = [countText(points.length, "position"), span];
  if (simplified === true) parts.push("simplified");
  if (filled > 0) parts.push(`${numberText(filled)} completed later by the vendor`);
  return `${parts.join(", ")}.`;
}

export const WHY_WORDS = { show: "Show the other devices on the map", noOther: "No other device has a position.", notKept: "What each device said then is not remembered." } as const;

/** The names of facts in the panel. */
export const FACT_WORDS = {
  driver: "Driver",
  address: "Address",
  ignition: "Ignition",
  odometer: "Odometer",
  fuel: "Fuel",
  battery: "Battery",
  groups: "Groups",
  id: "Id",
  fixed: "Fixed",
  onItsWay: "On its way",
  from: "From",
  place: "Place",
  drawn: "Drawn",
  speed: "Speed",
  heading: "Heading",
  altitude: "Altitude",
  accuracy: "Accuracy",
} as const;

/** "Driver Thandi Nkosi": why a vehicle was found. */
export function foundInText({ field, value }: NonNullable<FoundIn>): string {
  const words: Record<string, string> = { driver: FACT_WORDS.driver, group: "Group", address: FACT_WORDS.address, device: "Device", id: FACT_WORDS.id };
  return `${words[field] ?? field} ${value}`;
}

export const DETAILS_TROUBLE = "Details cannot be loaded at the moment; trying again.";
/** Fixes of a parked vehicle drift; its marker does not. */
export const DRAWN_AT_ANCHOR = "where it parked, so that it does not wander";
export const NOT_KNOWN_THEN = "Not known at this time";

export const PAST_WORDS = {
  beforeMemory: "Nothing is remembered of this time.",
  failed: "The past cannot be loaded at the moment; trying again.",
  off: "This server keeps no history.",
} as const;

/** What to know of the memory before trusting it; empty where all is well. */
export function historyText({ state, error }: History): string {
  if (state === "off") return PAST_WORDS.off;
  if (state === "failing") return `The history is not being written at the moment${error === undefined ? "." : `: ${error}`}`;
  return "";
}

/** Of the past of a large fleet only what is in sight is shown, and not more of it than a page can hold. */
export function partText(shown: number, inSight: number): string {
  if (shown < inSight) return `The map shows ${numberText(shown)} of the ${countText(inSight, "vehicle")} here: zoom in to see all.`;
  return "The list and the counts are of what the map shows.";
}

/** "Thu 5 Aug, 14:02:31 SAST". */
export function pastTimeText(ms: number): string {
  return `${dayText(ms)}, ${zonedClockText(ms)}`;
}
