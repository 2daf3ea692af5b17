// A scene as it is sent and kept: the plain object that `scene.ts` reads. What is as usual is left
// out, so that a display's own address still says it.

import { USUAL_SCALES, WHOLE_FLEET } from "./scene.ts";
import type { Bounds, Scales, Scene, ThemeRule } from "./scene.ts";

export interface SentScene {
  name?: string;
  group?: string;
  bounds?: [westDeg: number, southDeg: number, eastDeg: number, northDeg: number];
  dwell_s?: number;
  theme?: string;
  layers?: Partial<Scene["layers"]>;
  scales?: Partial<Scales>;
  panels?: Partial<Scene["panels"]>;
}

/** Degrees to this many digits are about a metre. */
const PLACE_DIGITS = 5;
const MOST_LAT_DEG = 85;

/** What `sceneOf` makes the same scene of; its name stands beside it, where scenes are kept. */
export function sentOf({ area, dwellS, theme, layers, scales, panels }: Scene): SentScene {
  return {
    ...(area.kind === "group" && { group: area.group }),
    ...(area.kind === "bounds" && { bounds: area.bounds.flat() as NonNullable<SentScene["bounds"]> }),
    dwell_s: dwellS,
    ...(theme !== null && { theme: themeText(theme) }),
    ...unusual("layers", layers, WHOLE_FLEET.layers),
    ...unusual("scales", scales, USUAL_SCALES),
    ...unusual("panels", panels, WHOLE_FLEET.panels),
  };
}

/** The path of a wall that shows these scenes by turns. */
export function wallPath(scenes: readonly Scene[]): string {
  const sent = scenes.map((scene) => ({ ...(scene.name !== "" && { name: scene.name }), ...sentOf(scene) }));
  return `/wall#scenes=${encodeURIComponent(JSON.stringify(sent))}`;
}

/** "sun", "dark", "21:00-06:00". */
export function themeText(rule: ThemeRule): string {
  return typeof rule === "string" ? rule : `${timeText(rule.darkFromMin)}-${timeText(rule.darkToMin)}`;
}

/** The time of day of a minute of the day: "03:30". */
export function timeText(minuteOfDay: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}`;
}

/** The part of the world between two corners of a map, which may lie beyond its edge: as a scene may say it. */
export function boundsBetween(southWest: { lng: number; lat: number }, northEast: { lng: number; lat: number }): Bounds {
  const widthDeg = northEast.lng - southWest.lng;
  if (widthDeg >= 360) return [[-180, latOf(southWest.lat)], [180, latOf(northEast.lat)]];
  const westDeg = rounded(((((southWest.lng + 180) % 360) + 360) % 360) - 180);
  return [
    [westDeg, latOf(southWest.lat)],
    [rounded(westDeg + widthDeg), latOf(northEast.lat)],
  ];
}

function latOf(latDeg: number): number {
  return rounded(Math.min(MOST_LAT_DEG, Math.max(-MOST_LAT_DEG, latDeg)));
}

function rounded(deg: number): number {
  return Number(deg.toFixed(PLACE_DIGITS));
}

function unusual<Name extends string, Value extends object>(name: Name, value: Value, usual: Value): Partial<Record<Name, Partial<Value>>> {
  const others = Object.entries(value).filter(([key, one]) => one !== usual[key as keyof Value]);
  return others.length === 0 ? {} : ({ [name]: Object.fromEntries(others) } as Record<Name, Partial<Value>>);
}
