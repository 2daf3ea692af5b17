// What the page says of scenes, on the map and on the page of displays.

import type { Area, Scene, ThemeRule } from "../wall/scene.ts";
import { timeText } from "../wall/scene-sent.ts";
import { ageText, countText } from "./words.ts";

export const SCENE_WORDS = {
  title: "Wall",
  put: "Put this view on the wall",
  putKey: "Put this view on the wall (w)",
  lead: "A scene is what displays show: a part of the map, or a group. Displays with several show them by turns.",
  displays: "Displays",
  none: "There is no scene yet.",
  notThere: "Scenes cannot be had from this server.",
  onDisplays: "On displays",
  noDisplays: "No display is paired yet.",
  pair: "Pair one",
  edit: "Edit",
  save: "Save",
  cancel: "Cancel",
  preview: "Open as a wall",
  previewNote: "In a new tab, as it is here, without saving it.",
  frame: "On the wall",
  failed: "That did not work:",
  full: "has 24 scenes already",
  connected: "connected",
  notConnected: "not connected",
  noScenes: "no scenes",

  name: "Name",
  shows: "Shows",
  bounds: "This part of the map",
  keptBounds: "The part of the map that it has",
  group: "A group",
  groupLabel: "Group",
  whole: "The whole fleet",
  boundsNote: "All that is within the frame, whatever the shape of the screen.",
  groupNote: "The map follows the vehicles of the group, and the counts are of them.",
  dwell: "Seconds on the screen",
  theme: "Colours",
  themes: { display: "As the display has it", sun: "By the sun", light: "Light", dark: "Dark", hours: "Dark at these hours", system: "As its machine has it" },
  darkFrom: "Dark from",
  darkTo: "to",
  parts: "With",
  names: "Names of vehicles",
  clock: "Clock",
  counts: "Counts",
  feeds: "Feeds",
  sizes: "Sizes",
  sizesNote: "1 is what the size of the panel and the distance ask for.",
  icons: "Symbols",
  labels: "Names",
  panels: "Panels",

  noName: "Give it a name.",
  noGroup: "Choose a group.",
  badHours: "Say from when and until when it is dark.",
} as const;

/** "There is a scene of that name already." */
export function namesakeText(name: string): string {
  return `There is another scene with the name ${name}. Take another name, or change that one.`;
}

export function rangeText(label: string, { from, to }: { from: number; to: number }): string {
  return `${label}: a number from ${from} to ${to}.`;
}

/** "Group North", "Part of the map around 26.20° S, 28.05° E", "The whole fleet". */
export function areaText(area: Area): string {
  if (area.kind === "whole") return SCENE_WORDS.whole;
  if (area.kind === "group") return `Group ${area.group}`;
  const [[west, south], [east, north]] = area.bounds;
  return `Part of the map around ${degreesText((south + north) / 2, "N", "S")}, ${degreesText(wrapped((west + east) / 2), "E", "W")}`;
}

/** "Group North, 30 s, dark". */
export function sceneText({ area, dwellS, theme }: Scene): string {
  return [areaText(area), ageText(dwellS * 1_000), ...(theme === null ? [] : [themeWord(theme)])].join(", ");
}

/** "on Hall and Gate 4"; empty where it is on none. */
export function onText(names: readonly string[]): string {
  return names.length === 0 ? "" : `on ${listText(names)}`;
}

/** What came of saving it. */
export function savedText(name: string, onNames: readonly string[], failedNames: readonly string[]): string {
  const where = onNames.length === 0 ? `${name} is saved, and on no display.` : `${name} is saved, and on ${listText(onNames)}.`;
  return failedNames.length === 0 ? where : `${where} It did not work for ${listText(failedNames)}: try again.`;
}

/** "connected, 3 scenes", "not connected, no scenes". */
export function displayNote(isConnected: boolean, scenes: number): string {
  return `${isConnected ? SCENE_WORDS.connected : SCENE_WORDS.notConnected}, ${scenes === 0 ? SCENE_WORDS.noScenes : countText(scenes, "scene")}`;
}

/** "Hall", "Hall and Gate 4", "Hall, Gate 4 and Yard". */
export function listText(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function themeWord(theme: ThemeRule): string {
  if (typeof theme === "object") return `dark ${timeText(theme.darkFromMin)} to ${timeText(theme.darkToMin)}`;
  return SCENE_WORDS.themes[theme].toLowerCase();
}

function degreesText(deg: number, positive: string, negative: string): string {
  return `${Math.abs(deg).toFixed(2)}° ${deg < 0 ? negative : positive}`;
}

function wrapped(lngDeg: number): number {
  return ((((lngDeg + 180) % 360) + 360) % 360) - 180;
}
