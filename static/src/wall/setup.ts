// How this display is set up, as its address says behind the "#": the panel, the distance, scales,
// margins, day and night, scenes. A display that forgets everything at a restart is told all of it
// by its address each time. What makes no sense is named on the screen, and the rest is done.

import { USUAL_PANEL } from "./legibility.ts";
import type { Panel } from "./legibility.ts";
import { USUAL_DWELL_S, USUAL_SCALES, WHOLE_FLEET, minuteOf, numberWithin, scenesOf, themeRuleOf } from "./scene.ts";
import type { Scales, Scene, ThemeRule } from "./scene.ts";
import { LANGUAGES, languageOf } from "../words/languages.ts";
import { words } from "../words/words.ts";

export interface Setup {
  panel: Panel;
  scales: Scales;
  /** The part of each side that the panel's frame hides, percent. */
  overscanPct: number;
  theme: ThemeRule;
  /** How much darker the screen is while its theme is dark, percent. */
  dimPct: number;
  /** The minute of the day of the nightly reload; null for none. */
  reloadAtMin: number | null;
  scenes: Scene[];
  problems: string[];
}

const MOST_LENGTH = 16_000;
const RANGES = {
  panel: { from: 5, to: 200 },
  distance: { from: 0.3, to: 50 },
  scale: { from: 0.4, to: 3 },
  overscan: { from: 0, to: 5 },
  dim: { from: 0, to: 80 },
  dwell: { from: 5, to: 3_600 },
};
/** Parts of an address that are of something else. */
const NOT_OURS = new Set(["token"]);

/** Reads a fragment, with or without its "#". */
export function setupOf(fragment: string): Setup {
  const problems: string[] = [];
  const note = (problem: string) => problems.push(problem);
  const parts = partsOf(fragment, note);
  const number = (name: string, range: { from: number; to: number }, otherwise: number) => (parts.has(name) ? numberWithin(parts.get(name), range, otherwise, name, note) : otherwise);
  const panel = { inches: number("panel", RANGES.panel, USUAL_PANEL.inches), distanceM: number("distance", RANGES.distance, USUAL_PANEL.distanceM) };
  const scale = (name: keyof Scales) => number(name, RANGES.scale, USUAL_SCALES[name]);
  const scales = { icons: scale("icons"), labels: scale("labels"), panels: scale("panels") };
  const usual = { scales, dwellS: number("dwell", RANGES.dwell, USUAL_DWELL_S) };
  const setup = {
    panel,
    scales,
    overscanPct: number("overscan", RANGES.overscan, 0),
    theme: (parts.has("theme") ? themeRuleOf(parts.get("theme"), note) : null) ?? ("sun" as const),
    dimPct: number("dim", RANGES.dim, 0),
    reloadAtMin: reloadOf(parts.get("reload"), note),
    scenes: parts.has("scenes") ? scenesOf(jsonOf(parts.get("scenes")!, note), usual, note) : [{ ...WHOLE_FLEET, ...usual }],
    problems,
  };
  if (parts.has("lang") && languageOf(parts.get("lang")) === null) note(words.wall.noLanguage(Object.keys(LANGUAGES).join(", ")));
  const known = new Set(["panel", "distance", "icons", "labels", "panels", "overscan", "theme", "dim", "reload", "dwell", "scenes", "lang"]);
  for (const name of parts.keys()) if (!known.has(name)) note(words.wall.notKnown(name));
  return setup;
}

function partsOf(fragment: string, note: (problem: string) => void): Map<string, string> {
  const text = fragment.replace(/^#/, "");
  if (text.length > MOST_LENGTH) return note(words.wall.tooLong), new Map();
  const parts = new Map<string, string>();
  for (const part of text.split("&").filter((one) => one !== "")) {
    const at = part.indexOf("=");
    const name = at === -1 ? part : part.slice(0, at);
    if (NOT_OURS.has(name)) continue;
    try {
      parts.set(decodeURIComponent(name), at === -1 ? "" : decodeURIComponent(part.slice(at + 1)));
    } catch {
      note(words.wall.notRead(name));
    }
  }
  return parts;
}

function reloadOf(text: string | undefined, note: (problem: string) => void): number | null {
  if (text === undefined) return null;
  const minute = minuteOf(text);
  if (minute === null) note(words.wall.badReload);
  return minute;
}

function jsonOf(text: string, note: (problem: string) => void): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    note(words.wall.noJson);
    return [];
  }
}
