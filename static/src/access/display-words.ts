// What the page of displays says.

import type { DisplayState, Trouble } from "../page/display-health.ts";
import type { Display, DisplayReport } from "../page/displays.ts";
import { listText } from "../ui/scene-words.ts";
import { ageText, durationText, numberText } from "../ui/words.ts";
import { wordOf, words } from "../words/words.ts";
import { agoText } from "./words.ts";

export const STATE_BADGES: Record<DisplayState, string> = { well: "good", troubled: "warning", new: "plain", quiet: "warning", silent: "bad", away: "bad", never: "plain" };

export function stateText(state: DisplayState): string {
  return words.displays.states[state];
}

/** What follows the state: since when, and what is wrong. */
export function stateNote({ last_seen_at, report }: Display, state: DisplayState, troubles: readonly Trouble[], nowMs: number): string {
  const say = words.displays;
  const seenMs = Date.parse(last_seen_at ?? "");
  const toldMs = Date.parse(report?.received_at ?? "");
  if (state === "away") return Number.isNaN(seenMs) ? "" : say.lastSeen(agoText(seenMs, nowMs));
  if (state === "never") return say.neverSeen;
  if (state === "quiet") return say.lastTold(agoText(toldMs, nowMs));
  if (state === "silent") return Number.isNaN(toldMs) ? say.toldNothing : say.toldLong(agoText(toldMs, nowMs));
  if (state === "well") return say.toldOf(agoText(toldMs, nowMs));
  if (state === "new") return say.notToldYet;
  return listText(troubles.map((trouble) => say.troubles[trouble]));
}

/** "live", "not live; a list in place of the map". */
export function pictureText({ screen, shows, graphics_losses = 0 }: DisplayReport): string {
  const { unknown, screens, asList, graphicsFailed } = words.displays;
  const parts = [screen === undefined ? unknown : (wordOf(screens, screen) ?? screen)];
  if (shows === "list") parts.push(asList);
  if (graphics_losses > 0) parts.push(graphicsFailed(graphics_losses));
  return parts.join("; ");
}

/** "29.8 a second". */
export function framesText({ frames_per_s }: DisplayReport): string {
  return frames_per_s === undefined || frames_per_s === null ? words.displays.unknown : words.displays.aSecond(frames_per_s);
}

/** "95 of 100 within 12 ms". */
export function frameTimeText({ frame_ms_p95 }: DisplayReport): string {
  return frame_ms_p95 === undefined || frame_ms_p95 === null ? words.displays.unknown : words.displays.within(frame_ms_p95);
}

export function memoryText({ heap_mb }: DisplayReport): string {
  return heap_mb === undefined || heap_mb === null ? words.displays.unknown : `${numberText(heap_mb)} MB`;
}

export function upText({ uptime_s }: DisplayReport): string {
  return uptime_s === undefined ? words.displays.unknown : durationText(uptime_s * 1_000, false);
}

/** "1920 × 1080 px". */
export function screenText({ size_px }: DisplayReport): string {
  return size_px === undefined ? words.displays.unknown : `${size_px[0]} × ${size_px[1]} px`;
}

/** "5 displays; Hall and Gate 4 need a look". */
export function summaryText(count: number, needing: readonly string[]): string {
  const all = words.displays.count(count);
  if (needing.length === 0) return words.displays.allWell(all);
  const names = needing.length <= 3 ? listText(needing) : numberText(needing.length);
  return words.displays.needLook(all, names, needing.length);
}

/** "4 times, last 12 min before it told". */
export function errorText({ count, last_s_ago }: { count: number; last_s_ago: number }): string {
  return words.displays.errorTimes(count, ageText(last_s_ago * 1_000));
}

/** Why a scene is not deleted. */
export function inUseText(scene: string, displays: readonly string[]): string {
  return words.displays.inUse(scene, listText(displays));
}

export function titleOf(what: string, name: string): string {
  return words.access.named(what, name);
}
