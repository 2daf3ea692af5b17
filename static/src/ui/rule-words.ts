// What the page says of rules, of vehicles that are out of service, and of webhooks, put together.

import type { OutOfService, Rule } from "../page/rules.ts";
import type { WebhookHealth } from "../page/webhooks.ts";
import { words } from "../words/words.ts";
import { ageText, agoText, sinceText, speedText } from "./words.ts";

/** "faster than 90 km/h for 10 s; in 2 places; all vehicles; quiet 22:00 to 06:00". */
export function ruleText(rule: Rule): string {
  const { over_mps, for_s, places = [], whom, quiet, repeat_s, webhooks = [] } = rule;
  const { rules: say } = words;
  const parts: string[] = [];
  if (rule.kind === "speeding" && over_mps !== undefined) parts.push(say.fasterThan(speedText(over_mps), ageText((for_s ?? 10) * 1000)));
  if (rule.kind === "idling" && for_s !== undefined) parts.push(say.longerThan(ageText(for_s * 1000)));
  if (places.length > 0) parts.push(say.inPlaces(places.length));
  const [groups, vehicles] = [whom?.groups ?? [], whom?.vehicles ?? []];
  if (rule.kind !== "source_down") parts.push([...groups, ...(vehicles.length > 0 ? [say.ofVehicles(vehicles.length)] : [])].join(", ") || say.allVehicles);
  if (quiet !== undefined) parts.push([say.quietFromTo(quiet.from, quiet.to), ...(quiet.days === undefined ? [] : [quiet.days.map((day) => words.days[day]).join(", ")])].join(" "));
  if (repeat_s !== undefined) parts.push(say.againEach(ageText(repeat_s * 1000)));
  if (webhooks.length > 0) parts.push(say.toWebhooks(webhooks.length));
  return parts.join("; ");
}

/** "until Mon, 22 Nov, 14:00 SAST: in the workshop; by ada". */
export function serviceText({ since, until, reason, by }: OutOfService, nowMs: number): string {
  const time = until === undefined ? words.service.since(sinceText(Date.parse(since), nowMs)) : words.service.untilTime(sinceText(Date.parse(until), nowMs));
  return [reason === undefined ? time : `${time}: ${reason}`, by === undefined ? "" : words.service.by(by)].filter((part) => part !== "").join("; ");
}

/** "Last delivered 3 min ago; 12 waiting; 3 dropped; 502 Bad Gateway". */
export function hookHealthText(health: WebhookHealth, nowMs: number): string {
  const { last_success_at, last_failure_at, last_error, waiting, dropped, state } = health;
  const { hookHealth: say } = words;
  const ago = (at: string) => agoText(Math.max(0, nowMs - Date.parse(at)));
  const parts = [last_success_at === undefined ? say.nothingYet : say.delivered(ago(last_success_at))];
  if (state === "failing" && last_failure_at !== undefined) parts.push(say.failed(ago(last_failure_at)));
  if (waiting > 0) parts.push(say.waiting(waiting));
  if (dropped > 0) parts.push(say.dropped(dropped));
  if (state === "failing" && last_error !== undefined) parts.push(last_error);
  return parts.join("; ");
}
