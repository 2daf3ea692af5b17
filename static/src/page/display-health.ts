// How well a display does, from what it said and when: pure. A socket that is open proves little: it
// is held beside the page, and stays open while the picture is frozen. So a display that is
// connected must also have told of itself lately.

import type { Display } from "./displays.ts";

/** A page tells each minute, the first time a minute after it began. */
const TELLS_EVERY_MS = 60_000;
const SILENT_AFTER_MS = 3 * TELLS_EVERY_MS;

/**
 * `new`: connected, and has not had to tell yet; `quiet`: connected, and what it told is old, which
 * it would be of one that has just come back, too; `silent`: its page tells nothing any more.
 */
export type DisplayState = "well" | "troubled" | "new" | "quiet" | "silent" | "away" | "never";
export type Trouble = "not_live" | "list" | "other_build" | "errors" | "graphics";

export interface Health {
  state: DisplayState;
  /** The worst first. */
  troubles: Trouble[];
  /** How old the last report is; null without one. */
  reportAgeMs: number | null;
}

/** `sinceMs`: since when it has been seen connected without a break, as far as is known. */
export function healthOf(display: Display, nowMs: number, serverBuild: string, sinceMs = nowMs): Health {
  const { report, is_connected, last_seen_at } = display;
  const toldMs = Date.parse(report?.received_at ?? "");
  const reportAgeMs = Number.isNaN(toldMs) ? null : Math.max(0, nowMs - toldMs);
  const troubles = troublesOf(display, serverBuild);
  if (!is_connected) return { state: last_seen_at === undefined && reportAgeMs === null ? "never" : "away", troubles, reportAgeMs };
  const isLong = nowMs - sinceMs > SILENT_AFTER_MS;
  if (reportAgeMs === null) return { state: isLong ? "silent" : "new", troubles, reportAgeMs };
  if (reportAgeMs > SILENT_AFTER_MS) return { state: isLong ? "silent" : "quiet", troubles, reportAgeMs };
  return { state: troubles.length > 0 ? "troubled" : "well", troubles, reportAgeMs };
}

/** Whether somebody should look at it. */
export function needsLook({ state }: Health): boolean {
  return state !== "well" && state !== "new";
}

function troublesOf({ report }: Display, serverBuild: string): Trouble[] {
  if (report === undefined) return [];
  const is: [Trouble, boolean][] = [
    ["not_live", report.screen !== undefined && report.screen !== "live"],
    ["list", report.shows === "list"],
    ["errors", (report.errors ?? []).length > 0],
    ["graphics", (report.graphics_losses ?? 0) > 0],
    ["other_build", report.build !== undefined && report.build !== serverBuild],
  ];
  return is.filter(([, isSo]) => isSo).map(([trouble]) => trouble);
}
