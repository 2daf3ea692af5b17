// What the page says of rules, of vehicles that are out of service, and of webhooks.

import type { Day, OutOfService, Rule } from "../page/rules.ts";
import type { WebhookHealth } from "../page/webhooks.ts";
import { ageText, agoText, countText, sinceText, speedText } from "./words.ts";

export const RULE_WORDS = {
  title: "Rules",
  none: "There is no rule, so nothing raises an alarm.",
  add: "New rule",
  edit: "Edit",
  remove: "Delete",
  removeAsk: "Delete it?",
  yes: "Yes, delete",
  cancel: "Cancel",
  save: "Save rule",
  enabled: "Enabled",
  off: "off",
  name: "Name",
  noName: "Give it a name.",
  kind: "Raised by",
  severity: "Severity",
  over: "Faster than",
  forS: "For longer than",
  minutes: "min",
  seconds: "s",
  badOver: "Give a speed above 0.",
  badFor: "Give a time above 0.",
  places: "Places",
  placesNote: "Type to find them.",
  noPlaces: "Choose at least one place.",
  everywhere: "Places (none: everywhere)",
  groups: "Groups",
  vehicles: "Vehicles",
  vehiclesNote: "Type to find them. With neither groups nor vehicles it is for all.",
  quiet: "Quiet hours: no sound",
  from: "From",
  to: "To",
  days: "On",
  daysNote: "No day chosen: every day.",
  zone: "Time zone",
  badZone: "There is no such time zone.",
  badTimes: "Quiet hours need a beginning and an end.",
  panicNoQuiet: "A panic button has no quiet hours.",
  repeat: "Sounds again until acknowledged",
  never: "No",
  webhooks: "Webhooks",
  failed: "That did not work:",
  newRule: "New rule",
} as const;

export const DAY_WORDS: Record<Day, string> = { mon: "Mon", tue: "Tue", wed: "Wed", thu: "Thu", fri: "Fri", sat: "Sat", sun: "Sun" };

export const SERVICE_WORDS = {
  title: "Out of service",
  none: "No vehicle is out of service.",
  put: "Out of service until …",
  until: "Until",
  untilNote: "Empty: until somebody ends it. No alarms meanwhile but the panic button.",
  reason: "Reason",
  save: "Take out of service",
  change: "Change",
  end: "Back in service",
  cancel: "Cancel",
  failed: "That did not work:",
  bad: "The end must be in the future.",
} as const;

/** "faster than 90 km/h for 10 s; in 2 places; all vehicles; quiet 22:00 to 06:00". */
export function ruleText(rule: Rule): string {
  const { over_mps, for_s, places = [], whom, quiet, repeat_s, webhooks = [] } = rule;
  const parts: string[] = [];
  if (rule.kind === "speeding" && over_mps !== undefined) parts.push(`faster than ${speedText(over_mps)} for ${ageText((for_s ?? 10) * 1000)}`);
  if (rule.kind === "idling" && for_s !== undefined) parts.push(`longer than ${ageText(for_s * 1000)}`);
  if (places.length > 0) parts.push(countText(places.length, "place"));
  const [groups, vehicles] = [whom?.groups ?? [], whom?.vehicles ?? []];
  if (rule.kind !== "source_down") parts.push([...groups, ...(vehicles.length > 0 ? [countText(vehicles.length, "vehicle")] : [])].join(", ") || "all vehicles");
  if (quiet !== undefined) parts.push(`quiet ${quiet.from} to ${quiet.to}${quiet.days === undefined ? "" : ` ${quiet.days.map((day) => DAY_WORDS[day]).join(", ")}`}`);
  if (repeat_s !== undefined) parts.push(`again each ${ageText(repeat_s * 1000)}`);
  if (webhooks.length > 0) parts.push(countText(webhooks.length, "webhook"));
  return parts.join("; ");
}

/** "until Mon, 22 Nov, 14:00 SAST: in the workshop; by ada". */
export function serviceText({ since, until, reason, by }: OutOfService, nowMs: number): string {
  const time = until === undefined ? `since ${sinceText(Date.parse(since), nowMs)}` : `until ${sinceText(Date.parse(until), nowMs)}`;
  return [reason === undefined ? time : `${time}: ${reason}`, by === undefined ? "" : `by ${by}`].filter((part) => part !== "").join("; ");
}

export const HEALTH_OF_HOOK: Record<WebhookHealth["state"], string> = { well: "Well", failing: "Failing", off: "Off" };

/** "Last delivered 3 min ago; 12 waiting; 3 dropped; 502 Bad Gateway". */
export function hookHealthText(health: WebhookHealth, nowMs: number): string {
  const { last_success_at, last_failure_at, last_error, waiting, dropped, state } = health;
  const parts = [last_success_at === undefined ? "Nothing delivered yet" : `Last delivered ${agoText(Math.max(0, nowMs - Date.parse(last_success_at)))}`];
  if (state === "failing" && last_failure_at !== undefined) parts.push(`failed ${agoText(Math.max(0, nowMs - Date.parse(last_failure_at)))}`);
  if (waiting > 0) parts.push(`${waiting} waiting`);
  if (dropped > 0) parts.push(`${dropped} dropped`);
  if (state === "failing" && last_error !== undefined) parts.push(last_error);
  return parts.join("; ");
}
