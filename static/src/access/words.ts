// What the pages of access say, put together: sights, times, events, and what went wrong.

import { ageText, fullTimeText } from "../ui/words.ts";
import { ApiFailure } from "./api.ts";
import { wordOf, words } from "../words/words.ts";
import type { Fact, Sight } from "./model.ts";

export const FACTS = ["driver", "registration", "speed", "address"] as const satisfies readonly Fact[];

/** A word for an event of the audit log; one that is not known is shown as it came. */
export function eventText(what: string): string {
  const text = what.replaceAll("_", " ");
  return wordOf(words.events, what) ?? text.charAt(0).toUpperCase() + text.slice(1);
}

/** "All vehicles", "North and South, without driver and speed", "No vehicles". */
export function sightText({ groups, hide = [] }: Sight): string {
  const say = words.sight;
  const seen = groups === "all" ? say.all : groups.length === 0 ? say.none : say.only(listText(groups));
  const hidden = hide.map((fact) => wordOf(say.facts, fact) ?? fact);
  return hidden.length === 0 ? seen : say.without(seen, listText(hidden));
}

/** "12 min ago", "just now", "in 3 d". */
export function agoText(ms: number, nowMs = Date.now()): string {
  const ageMs = nowMs - ms;
  if (Math.abs(ageMs) < 60_000) return words.time.justNow;
  // What was set to 90 days a moment ago is in 90 days, not in 89.
  return ageMs > 0 ? words.time.ago(ageText(ageMs)) : words.time.in(ageText(60_000 - ageMs));
}

export function fullText(ms: number): string {
  return fullTimeText(ms);
}

/** "40 seconds", "3 minutes". */
export function waitText(seconds: number): string {
  return seconds < 100 ? words.time.seconds(Math.max(1, seconds)) : words.time.minutes(Math.ceil(seconds / 60));
}

/** "Chromium on Linux": what a browser says of itself, shortened to what people know. */
export function agentText(agent: string): string {
  const browser = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]].find(([mark]) => agent.includes(mark!))?.[1];
  const system = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["CrOS", "ChromeOS"], ["Mac OS X", "macOS"], ["Linux", "Linux"]].find(([mark]) => agent.includes(mark!))?.[1];
  if (browser === undefined) return agent === "" ? words.access.unknownProgram : agent;
  return system === undefined ? browser : words.access.browserOn(browser, system);
}

/** What went wrong at a sign-in elsewhere; nothing where the address says no word of ours. */
export function elsewhereTroubleText(trouble: string | null): string | null {
  return trouble === null ? null : (wordOf(words.elsewhere, trouble) ?? null);
}

/** What went wrong, in a sentence that says no more than the person may know. */
export function failureText(error: unknown): string {
  if (!(error instanceof ApiFailure)) return words.failure.page;
  if (error.status === 429) return words.failure.tooMany(error.retryAfterS === null ? null : waitText(error.retryAfterS));
  return wordOf(words.failures, error.code) ?? sentence(error.message);
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

function listText(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : words.access.and(parts.slice(0, -1).join(", "), parts.at(-1)!);
}
