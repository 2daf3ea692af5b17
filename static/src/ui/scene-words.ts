// What the page says of scenes, on the map and on the page of displays, put together.

import type { Area, Scene, ThemeRule } from "../wall/scene.ts";
import { timeText } from "../wall/scene-sent.ts";
import { words } from "../words/words.ts";
import { decimalText } from "./units.ts";
import { ageText } from "./words.ts";

/** "Group North", "Part of the map around 26.20° S, 28.05° E", "The whole fleet". */
export function areaText(area: Area): string {
  if (area.kind === "whole") return words.wallTab.whole;
  if (area.kind === "group") return words.wallTab.ofGroup(area.group);
  const [[west, south], [east, north]] = area.bounds;
  const { around, north: n, south: s, east: e, west: w } = words.wallTab;
  return around(`${degreesText((south + north) / 2, n, s)}, ${degreesText(wrapped((west + east) / 2), e, w)}`);
}

/** "Group North, 30 s, dark". */
export function sceneText({ area, dwellS, theme }: Scene): string {
  return [areaText(area), ageText(dwellS * 1_000), ...(theme === null ? [] : [themeWord(theme)])].join(", ");
}

/** "on Hall and Gate 4"; empty where it is on none. */
export function onText(names: readonly string[]): string {
  return names.length === 0 ? "" : words.wallTab.on(listText(names));
}

/** What came of saving it. */
export function savedText(name: string, onNames: readonly string[], failedNames: readonly string[]): string {
  const where = words.wallTab.saved(name, onNames.length === 0 ? null : listText(onNames));
  return failedNames.length === 0 ? where : `${where} ${words.wallTab.failedFor(listText(failedNames))}`;
}

/** "connected, 3 scenes", "not connected, no scenes". */
export function displayNote(isConnected: boolean, scenes: number): string {
  return `${isConnected ? words.wallTab.connected : words.wallTab.notConnected}, ${scenes === 0 ? words.wallTab.noScenes : words.wallTab.scenes(scenes)}`;
}

/** "Hall", "Hall and Gate 4", "Hall, Gate 4 and Yard". */
export function listText(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : words.access.and(names.slice(0, -1).join(", "), names.at(-1)!);
}

function themeWord(theme: ThemeRule): string {
  if (typeof theme === "object") return words.wallTab.darkFromTo(timeText(theme.darkFromMin), timeText(theme.darkToMin));
  return words.wallTab.themeWords[theme];
}

function degreesText(deg: number, positive: string, negative: string): string {
  return `${decimalText(Math.abs(deg), 2)}° ${deg < 0 ? negative : positive}`;
}

function wrapped(lngDeg: number): number {
  return ((((lngDeg + 180) % 360) + 360) % 360) - 180;
}
