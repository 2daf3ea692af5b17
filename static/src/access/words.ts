// What the pages of access say, in one place: roles, sights, times, events, and what went wrong.

import { ageText, fullTimeText } from "../ui/words.ts";
import { ApiFailure } from "./api.ts";
import type { Fact, Role, Sight, TokenKind } from "./model.ts";

export const ROLE_WORDS: Record<Role, string> = { viewer: "Viewer", dispatcher: "Dispatcher", administrator: "Administrator" };
export const ROLE_NOTES: Record<Role, string> = {
  viewer: "looks at the map",
  dispatcher: "works with the map",
  administrator: "works with the map, and manages users, displays and tokens",
};
export const KIND_WORDS: Record<TokenKind, string> = { program: "Program", display: "Display", metrics: "Metrics" };
export const FACT_WORDS: Record<Fact, string> = { driver: "Driver", registration: "Registration", speed: "Speed", address: "Address" };
export const FACTS = Object.keys(FACT_WORDS) as Fact[];
export const PASSWORD_RULES = "At least 12 characters. A few words are easy to keep. No other rules, but not your name and not one letter over and over.";

const EVENT_WORDS: Record<string, string> = {
  login: "Signed in",
  login_failed: "Sign-in failed",
  login_throttled: "Too many sign-ins",
  logout: "Signed out",
  session_revoked: "Session ended",
  token_made: "Token made",
  token_changed: "Token changed",
  token_revoked: "Token revoked",
  pairing_approved: "Display let in",
  pairing_refused: "Display refused",
  user_added: "User added",
  user_changed: "User changed",
  user_disabled: "User disabled",
  user_enabled: "User enabled",
  password_set: "Password set",
  invitation_made: "Link made",
  invitation_used: "Link used",
  trail_opened: "Trail opened",
  exported: "Exported",
  erased: "Erased",
  time_travel: "Looked at the past",
};

/** A word for an event of the audit log; one that is not known is shown as it came. */
export function eventText(what: string): string {
  const text = what.replaceAll("_", " ");
  return Object.hasOwn(EVENT_WORDS, what) ? EVENT_WORDS[what]! : text.charAt(0).toUpperCase() + text.slice(1);
}

/** "All vehicles", "North and South, without driver and speed", "No vehicles". */
export function sightText({ groups, hide = [] }: Sight): string {
  const seen = groups === "all" ? "All vehicles" : groups.length === 0 ? "No vehicles" : `Only ${listText(groups)}`;
  const hidden = hide.map((fact) => FACT_WORDS[fact]?.toLowerCase() ?? fact);
  return hidden.length === 0 ? seen : `${seen}, without ${listText(hidden)}`;
}

/** "12 min ago", "just now", "in 3 d". */
export function agoText(ms: number, nowMs = Date.now()): string {
  const ageMs = nowMs - ms;
  if (Math.abs(ageMs) < 60_000) return "just now";
  // What was set to 90 days a moment ago is in 90 days, not in 89.
  return ageMs > 0 ? `${ageText(ageMs)} ago` : `in ${ageText(60_000 - ageMs)}`;
}

export function fullText(ms: number): string {
  return fullTimeText(ms);
}

/** "40 seconds", "3 minutes". */
export function waitText(seconds: number): string {
  if (seconds < 100) return seconds === 1 ? "1 second" : `${Math.max(1, seconds)} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return `${minutes} minutes`;
}

/** "Chromium on Linux": what a browser says of itself, shortened to what people know. */
export function agentText(agent: string): string {
  const browser = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]].find(([mark]) => agent.includes(mark!))?.[1];
  const system = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["CrOS", "ChromeOS"], ["Mac OS X", "macOS"], ["Linux", "Linux"]].find(([mark]) => agent.includes(mark!))?.[1];
  if (browser === undefined) return agent === "" ? "unknown program" : agent;
  return system === undefined ? browser : `${browser} on ${system}`;
}

const FAILURE_WORDS: Record<string, string> = {
  wrong_credentials: "Name or password is wrong.",
  busy: "The server is busy. Try again in a moment.",
  no_answer: "The server does not answer. Try again.",
  spent: "This has been used or has expired.",
  name_taken: "That name is taken.",
  last_administrator: "This is the last administrator. Make another one first.",
  not_allowed: "You may not do this.",
  not_connected: "This display is not connected just now.",
};

const ELSEWHERE_WORDS: Record<string, string> = {
  down: "The sign-in service does not answer just now. Try again in a moment.",
  stale: "That sign-in took too long, or was begun in another window. Start again.",
  refused: "The sign-in service did not let you in.",
  untrusted: "The sign-in service gave an answer that cannot be trusted. Try again; if it stays so, tell an administrator.",
  no_group: "You are known, but not in a group that may see this map. Ask an administrator to add you to one.",
  name_taken: "Somebody else has your name here. Ask an administrator to sort that out.",
  disabled: "Your access here has ended. Ask an administrator if that is a mistake.",
  throttled: "Too many sign-ins at once. Try again in a minute.",
  failing: "Signing in does not work just now. Try again in a moment.",
};

/** What went wrong at a sign-in elsewhere; nothing where the address says no word of ours. */
export function elsewhereTroubleText(trouble: string | null): string | null {
  return trouble !== null && Object.hasOwn(ELSEWHERE_WORDS, trouble) ? ELSEWHERE_WORDS[trouble]! : null;
}

/** What went wrong, in a sentence that says no more than the person may know. */
export function failureText(error: unknown): string {
  if (!(error instanceof ApiFailure)) return "Something went wrong on this page. Load it again.";
  if (error.status === 429) return `Too many tries. Try again ${error.retryAfterS === null ? "later" : `in ${waitText(error.retryAfterS)}`}.`;
  return Object.hasOwn(FAILURE_WORDS, error.code) ? FAILURE_WORDS[error.code]! : sentence(error.message);
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

function listText(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
