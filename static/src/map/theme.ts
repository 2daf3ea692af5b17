// The colours of the vehicles, read from the style sheet, which is their one source: the list, the
// counts and the map cannot disagree.

import { MOTIONS } from "../codes.ts";

export type Rgb = [number, number, number];

export interface Theme {
  isDark: boolean;
  /** By motion code. */
  motionColors: Rgb[];
  stale: Rgb;
  offline: Rgb;
  /** What hollow markers are filled with. */
  markerSurface: Rgb;
  markerHalo: Rgb;
  ring: Rgb;
  bad: Rgb;
  warning: Rgb;
  labelText: string;
  labelHalo: string;
  /** By band of speed, slowest first; the lightness rises or falls all along, so hue is not needed. */
  speedBands: string[];
  speedUnknown: string;
  trailCasing: string;
  ghost: string;
  place: string;
  clusterSurface: string;
  clusterRing: string;
  clusterOverdue: string;
  clusterText: string;
}

const darkQuery = matchMedia("(prefers-color-scheme: dark)");

const listeners: (() => void)[] = [];
let chosen: ThemeChoice = "auto";
darkQuery.addEventListener("change", () => {
  if (chosen === "auto") tell();
});

export type ThemeChoice = "auto" | "light" | "dark";

export function isDark(): boolean {
  return chosen === "auto" ? darkQuery.matches : chosen === "dark";
}

export function onThemeChange(listener: () => void): void {
  listeners.push(listener);
}

/** Light or dark from now on, or as the system has it. */
export function chooseTheme(choice: ThemeChoice): void {
  const wasDark = isDark();
  chosen = choice;
  if (choice === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = choice;
  if (isDark() !== wasDark) tell();
}

function tell(): void {
  for (const listener of listeners) listener();
}

export function readTheme(): Theme {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const css = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const rgb = (name: string) => parseRgb(css(name));
  const theme = {
    isDark: isDark(),
    motionColors: MOTIONS.map((motion) => rgb(`--${motion}`)),
    stale: rgb("--stale"),
    offline: rgb("--offline"),
    markerSurface: rgb("--marker-surface"),
    markerHalo: rgb("--marker-halo"),
    ring: rgb("--ring"),
    bad: rgb("--bad"),
    warning: rgb("--warning"),
    labelText: css("--label-text"),
    labelHalo: css("--label-halo"),
    speedBands: [0, 1, 2, 3, 4].map((band) => css(`--speed-${band}`)),
    speedUnknown: css("--speed-unknown"),
    trailCasing: css("--marker-halo"),
    ghost: css("--ghost"),
    place: css("--place"),
    clusterSurface: css("--cluster-surface"),
    clusterRing: css("--cluster-ring"),
    clusterOverdue: css("--stale"),
    clusterText: css("--label-text"),
  };
  probe.remove();
  return theme;
}

function parseRgb(css: string): Rgb {
  const parts = css.match(/[\d.]+/g)?.map(Number) ?? [];
  return [(parts[0] ?? 0) / 255, (parts[1] ?? 0) / 255, (parts[2] ?? 0) / 255];
}
