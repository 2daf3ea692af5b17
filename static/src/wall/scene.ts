// What a wall shows for a while: a part of the world, and how. A scene is a plain object; today it
// comes with the display's address, and a server may send the same. What makes no sense in one is
// named and left out, and the rest is shown: a wall has nobody to ask.

import { words } from "../words/words.ts";

export type Area = { kind: "whole" } | { kind: "group"; group: string } | { kind: "bounds"; bounds: Bounds };
/** South-west and north-east, degrees. */
export type Bounds = [[lngDeg: number, latDeg: number], [lngDeg: number, latDeg: number]];

/** Relative to what the panel and the distance ask for. */
export interface Scales {
  icons: number;
  labels: number;
  panels: number;
}

/** `sun`: by the sun over the map; `system`: as the machine has it; or dark between two times of day. */
export type ThemeRule = "sun" | "system" | "light" | "dark" | { darkFromMin: number; darkToMin: number };

export interface Scene {
  name: string;
  area: Area;
  layers: { names: boolean };
  scales: Scales;
  /** Null: as the display has it. */
  theme: ThemeRule | null;
  panels: { clock: boolean; counts: boolean; feeds: boolean };
  /** How long it is shown. */
  dwellS: number;
}

export const USUAL_DWELL_S = 30;
export const USUAL_SCALES: Scales = { icons: 1, labels: 1, panels: 1 };
export const MOST_SCENES = 24;
export const DWELL_S = { from: 5, to: 3_600 };
export const SCALE = { from: 0.4, to: 3 };
export const MOST_NAME = 60;

export const WHOLE_FLEET: Scene = {
  name: "",
  area: { kind: "whole" },
  layers: { names: true },
  scales: USUAL_SCALES,
  theme: null,
  panels: { clock: true, counts: true, feeds: true },
  dwellS: USUAL_DWELL_S,
};

type Plain = Record<string, unknown>;

/** Scenes as they were sent; `usual` is what a scene does not say. A wall without any shows the whole fleet. */
export function scenesOf(sent: unknown, usual: Partial<Scene>, note: (problem: string) => void): Scene[] {
  const list = Array.isArray(sent) ? (sent as unknown[]) : [];
  if (!Array.isArray(sent)) note(words.scene.noList);
  if (list.length > MOST_SCENES) note(words.scene.tooMany(list.length, MOST_SCENES));
  const scenes = list.slice(0, MOST_SCENES).flatMap((one, i) => sceneOf(one, usual, (problem) => note(words.scene.problem(i + 1, problem))) ?? []);
  return scenes.length > 0 ? scenes : [{ ...WHOLE_FLEET, ...usual }];
}

/** Null where it is none, or of no place that is known. */
export function sceneOf(sent: unknown, usual: Partial<Scene>, note: (problem: string) => void): Scene | null {
  if (!isPlain(sent)) return note(words.scene.noObject), null;
  const base = { ...WHOLE_FLEET, ...usual };
  const area = areaOf(sent, note);
  // A scene of another place than was meant must not be taken for it.
  if (area === null) return null;
  return {
    name: typeof sent["name"] === "string" ? sent["name"].slice(0, MOST_NAME) : area.kind === "group" ? area.group : "",
    area,
    layers: { ...base.layers, ...flags(sent["layers"], ["names"], note) },
    scales: scalesOf(sent["scales"], base.scales, note),
    theme: sent["theme"] === undefined ? base.theme : themeRuleOf(sent["theme"], note),
    panels: { ...base.panels, ...flags(sent["panels"], ["clock", "counts", "feeds"], note) },
    dwellS: sent["dwell_s"] === undefined ? base.dwellS : numberWithin(sent["dwell_s"], DWELL_S, base.dwellS, "dwell_s", note),
  };
}

function areaOf(sent: Plain, note: (problem: string) => void): Area | null {
  if (typeof sent["group"] === "string" && sent["group"] !== "") return { kind: "group", group: sent["group"] };
  if (sent["bounds"] === undefined) return { kind: "whole" };
  const bounds = Array.isArray(sent["bounds"]) ? (sent["bounds"] as unknown[]).map(Number) : [];
  const [west, south, east, north] = bounds as [number, number, number, number];
  const isGood = bounds.length === 4 && bounds.every(Number.isFinite) && west < east && south < north && south >= -85 && north <= 85 && west >= -180 && east <= 360;
  if (isGood) return { kind: "bounds", bounds: [[west, south], [east, north]] };
  note(words.scene.badBounds);
  return null;
}

export function scalesOf(sent: unknown, usual: Scales, note: (problem: string) => void): Scales {
  if (sent === undefined) return usual;
  const plain = isPlain(sent) ? sent : {};
  const scale = (name: keyof Scales) => (plain[name] === undefined ? usual[name] : numberWithin(plain[name], SCALE, usual[name], name, note));
  return { icons: scale("icons"), labels: scale("labels"), panels: scale("panels") };
}

/** Also "21:00-06:00"; null where it is none of them. */
export function themeRuleOf(sent: unknown, note: (problem: string) => void): ThemeRule | null {
  if (sent === "sun" || sent === "system" || sent === "light" || sent === "dark") return sent;
  const [from, to, ...more] = typeof sent === "string" ? sent.split("-").map(minuteOf) : [];
  if (typeof from === "number" && typeof to === "number" && more.length === 0) return { darkFromMin: from, darkToMin: to };
  note(words.scene.badTheme);
  return null;
}

/** The minute of the day of "03:30"; null where it is no time of day. */
export function minuteOf(text: string): number | null {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim());
  return match === null ? null : Number(match[1]) * 60 + Number(match[2]);
}

export function numberWithin(sent: unknown, { from, to }: { from: number; to: number }, otherwise: number, name: string, note: (problem: string) => void): number {
  const value = typeof sent === "string" && sent.trim() === "" ? NaN : Number(sent);
  if (value >= from && value <= to) return value;
  note(words.scene.badNumber(name, from, to));
  return otherwise;
}

function flags<Name extends string>(sent: unknown, names: readonly Name[], note: (problem: string) => void): Partial<Record<Name, boolean>> {
  if (sent === undefined) return {};
  const plain = isPlain(sent) ? sent : {};
  const found = names.filter((name) => plain[name] !== undefined);
  for (const name of found) if (typeof plain[name] !== "boolean") note(words.scene.badFlag(name));
  return Object.fromEntries(found.filter((name) => typeof plain[name] === "boolean").map((name) => [name, plain[name]])) as Partial<Record<Name, boolean>>;
}

function isPlain(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
