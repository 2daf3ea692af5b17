// What the page of displays says.

import type { DisplayState, Trouble } from "../page/display-health.ts";
import type { Display, DisplayReport } from "../page/displays.ts";
import { SCENE_WORDS, listText } from "../ui/scene-words.ts";
import { ageText, countText, durationText, numberText } from "../ui/words.ts";
import { agoText } from "./words.ts";

export const DISPLAY_WORDS = {
  title: "Paired displays",
  none: "No display is paired yet.",
  askPair: "An administrator pairs one here, by the code that it shows.",
  link: "Make a kiosk link",
  list: "Displays, by their names",
  noAnswer: "The server does not answer; this is of",
  notTold: "It has not told of itself yet: it does so each minute.",

  shows: "Shows",
  showed: "Showed",
  whole: "The whole fleet",
  picture: "Picture",
  frames: "Frames",
  frameTime: "Time a frame",
  memory: "Memory",
  up: "Open for",
  build: "Build",
  ownBuild: "the server's",
  screen: "Screen",
  told: "Told",
  sees: "Sees",
  from: "From",
  until: "Until",
  by: "Let in by",
  scenes: "Scenes",
  byAddress: "what its own address says",
  dim: "Darker by night",
  unknown: "not known",
  more: "More",

  reload: "Load anew",
  identify: "Show its name",
  message: "Message",
  show: "Show a scene",
  dimming: "Dim",
  assign: "Scenes",
  change: "Change",
  revoke: "Revoke",
} as const;

export const LINK_WORDS = {
  name: "Name of the display",
  goodFor: "Good for",
  make: "Make it",
  noName: "Give it a name.",
  noGroup: "Choose at least one group.",
  title: (name: string) => `Link for ${name}`,
  text: "For a kiosk that forgets everything when it restarts: make this its start page. Whoever has the link sees what the display sees. It is shown only now.",
  noEnd: "no end",
  revoked: "It stops showing the map at once and offers a new code.",
} as const;

export const DIALOG_WORDS = {
  text: "Message",
  textNote: "Large over the map, then it goes by itself.",
  for: "For",
  spans: [["15", "15 seconds"], ["60", "1 minute"], ["300", "5 minutes"], ["900", "15 minutes"], ["3600", "1 hour"]],
  send: "Send it",
  noText: "Write something.",

  scene: "Scene",
  sceneNote: "It stays for its time; then they go on by turns.",
  showIt: "Show it",

  dim: "Darker by",
  dimNote: "Only while its colours are dark.",
  dimFor: "For how long",
  dimKept: "From now on",
  dimNow: "Until it loads anew",
  dimIt: "Dim it",

  order: "Shown by turns, in this order",
  noneAssigned: "None: it shows what its own address says.",
  noScenes: "There is no scene yet.",
  up: "Up",
  down: "Down",
  take: "Take off",
  add: "Add",
  addLabel: "Scene to add",
  allAdded: "All scenes are on it.",
  save: "Save",
} as const;

export const SCENES_WORDS = {
  title: "Scenes",
  lead: "What displays show. A scene is made on the map, by “Put this view on the wall”.",
  make: "Make one on the map",
  none: "There is no scene yet.",
  heads: ["Name", "Shows", "On", ""],
  nowhere: "no display",
  change: "Change",
  remove: "Delete",
  removeText: "It cannot be brought back.",
  removeIt: "Delete it",
  elsewhere: "Change the part of the map",
  keptBounds: SCENE_WORDS.keptBounds,
  unreadable: "made by a later release",
} as const;

const STATE_WORDS: Record<DisplayState, string> = { well: "Live", troubled: "Connected", new: "Connected", quiet: "Connected", silent: "Not answering", away: "Not connected", never: "Never connected" };
export const STATE_BADGES: Record<DisplayState, string> = { well: "good", troubled: "warning", new: "plain", quiet: "warning", silent: "bad", away: "bad", never: "plain" };

export function stateText(state: DisplayState): string {
  return STATE_WORDS[state];
}

/** What follows the state: since when, and what is wrong. */
export function stateNote({ last_seen_at, report }: Display, state: DisplayState, troubles: readonly Trouble[], nowMs: number): string {
  const seenMs = Date.parse(last_seen_at ?? "");
  const toldMs = Date.parse(report?.received_at ?? "");
  if (state === "away") return Number.isNaN(seenMs) ? "" : `last seen ${agoText(seenMs, nowMs)}`;
  if (state === "never") return "paired, but never seen";
  if (state === "quiet") return `last told of itself ${agoText(toldMs, nowMs)}; it does so each minute`;
  if (state === "silent") return Number.isNaN(toldMs) ? "connected, but its page has told nothing: look at the screen" : `connected, but its page last told of itself ${agoText(toldMs, nowMs)}: look at the screen`;
  if (state === "well") return `told of itself ${agoText(toldMs, nowMs)}`;
  if (state === "new") return "has not told of itself yet: it does so each minute";
  return listText(troubles.map((trouble) => TROUBLE_WORDS[trouble]));
}

const TROUBLE_WORDS: Record<Trouble, string> = {
  not_live: "its picture is not live",
  list: "a list stands in place of the map",
  other_build: "its page is of another build than the server's",
  errors: "there were errors",
  graphics: "its graphics failed",
};

const SCREEN_WORDS: Record<string, string> = { waiting: "waiting for the server", live: "live", reconnecting: "reconnecting", dead: "not live" };

/** "live", "not live; a list in place of the map". */
export function pictureText({ screen, shows, graphics_losses = 0 }: DisplayReport): string {
  const words = [screen === undefined ? DISPLAY_WORDS.unknown : (SCREEN_WORDS[screen] ?? screen)];
  if (shows === "list") words.push("a list in place of the map");
  if (graphics_losses > 0) words.push(`graphics failed ${countText(graphics_losses, "time")}`);
  return words.join("; ");
}

/** "29.8 a second". */
export function framesText({ frames_per_s }: DisplayReport): string {
  return frames_per_s === undefined || frames_per_s === null ? DISPLAY_WORDS.unknown : `${frames_per_s} a second`;
}

/** "95 of 100 within 12 ms". */
export function frameTimeText({ frame_ms_p95 }: DisplayReport): string {
  return frame_ms_p95 === undefined || frame_ms_p95 === null ? DISPLAY_WORDS.unknown : `95 of 100 within ${frame_ms_p95} ms`;
}

export function memoryText({ heap_mb }: DisplayReport): string {
  return heap_mb === undefined || heap_mb === null ? DISPLAY_WORDS.unknown : `${numberText(heap_mb)} MB`;
}

export function upText({ uptime_s }: DisplayReport): string {
  return uptime_s === undefined ? DISPLAY_WORDS.unknown : durationText(uptime_s * 1_000, false);
}

/** "1920 × 1080 px". */
export function screenText({ size_px }: DisplayReport): string {
  return size_px === undefined ? DISPLAY_WORDS.unknown : `${size_px[0]} × ${size_px[1]} px`;
}

/** "5 displays; Hall and Gate 4 need a look". */
export function summaryText(count: number, needing: readonly string[]): string {
  const all = countText(count, "display");
  if (needing.length === 0) return `${all}, all well`;
  const names = needing.length <= 3 ? listText(needing) : numberText(needing.length);
  return `${all}; ${names} ${needing.length === 1 ? "needs" : "need"} a look`;
}

/** "3 errors". */
export function errorsText(count: number): string {
  return countText(count, "error");
}

/** "4 times, last 12 min before it told". */
export function errorText({ count, last_s_ago }: { count: number; last_s_ago: number }): string {
  const times = count === 1 ? "once" : `${numberText(count)} times`;
  return `${times}, last ${ageText(last_s_ago * 1_000)} before it told`;
}

/** What a display was told, said to whoever told it. */
export const DONE_WORDS = {
  reload: (name: string) => `${name} loads its page anew.`,
  identify: (name: string) => `${name} shows its name.`,
  message: (name: string) => `${name} shows the message.`,
  scene: (name: string, scene: string) => `${name} shows ${scene}.`,
  dim: (name: string, pct: number) => `${name} is darker by ${pct} % while its colours are dark.`,
  assign: (name: string, scenes: number) => (scenes === 0 ? `${name} shows what its own address says.` : `${name} shows ${countText(scenes, "scene")} by turns.`),
  saved: (name: string) => `${name} is saved, on all displays that show it.`,
  removed: (name: string) => `${name} is deleted.`,
  elsewhere: (name: string) => `${name} is not connected just now.`,
};

/** Why a scene is not deleted. */
export function inUseText(scene: string, displays: readonly string[]): string {
  return `${scene} is still on ${listText(displays)}: take it off there first.`;
}

export function titleOf(what: string, name: string): string {
  return `${what}: ${name}`;
}
