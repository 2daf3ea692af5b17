// Light or dark, and how dark: by the sun over the map, by fixed hours, or as it was told. The last
// answer is kept over a reload, so that a dark room is never lit by a page that starts.

import { recall, remember } from "../page/keepsake.ts";
import { chooseTheme } from "../map/theme.ts";
import type { ThemeRule } from "./scene.ts";
import { isSunUp } from "./sun.ts";

const KEY = "fleetglass-wall-night";

/** Whether the theme is to be dark; null where nobody knows yet, as without a place to ask the sun of. */
export function isDarkBy(rule: ThemeRule, nowMs: number, place: readonly [number, number] | null, isSystemDark: boolean): boolean | null {
  if (rule === "light" || rule === "dark") return rule === "dark";
  if (rule === "system") return isSystemDark;
  if (rule === "sun") return place === null ? null : !isSunUp(nowMs, place);
  const now = new Date(nowMs);
  const minute = now.getHours() * 60 + now.getMinutes();
  const { darkFromMin, darkToMin } = rule;
  return darkFromMin <= darkToMin ? minute >= darkFromMin && minute < darkToMin : minute >= darkFromMin || minute < darkToMin;
}

export class Night {
  #dimPct: number;
  #place: [number, number] | null = null;
  #isDark: boolean | null = null;
  #systemDark = matchMedia("(prefers-color-scheme: dark)");

  constructor(dimPct: number) {
    this.#dimPct = dimPct;
  }

  /** Where the fleet is, degrees: whose sun counts. */
  set place(place: [number, number]) {
    this.#place = place;
  }

  /** By how much to darken the dark theme from now on, percent. */
  set dimPct(pct: number) {
    this.#dimPct = pct;
    this.#dim();
  }

  tick(rule: ThemeRule, nowMs: number): void {
    const kept = recall(KEY);
    const before = kept === null ? this.#systemDark.matches : kept === "dark";
    const isDark = isDarkBy(rule, nowMs, this.#place, this.#systemDark.matches) ?? before;
    if (isDark === this.#isDark) return;
    this.#isDark = isDark;
    chooseTheme(isDark ? "dark" : "light");
    remember(KEY, isDark ? "dark" : "light");
    this.#dim();
  }

  #dim(): void {
    document.documentElement.style.setProperty("--dim", String(this.#isDark ? this.#dimPct / 100 : 0));
  }
}
