// What the wall says, in one place. Words are short: each must be read from across a room.

import { STANDINGS } from "../codes.ts";
import type { Standing } from "../codes.ts";

export const WALL_STANDING_WORDS: Record<Standing, string> = {
  moving: "Moving",
  idling: "Idling",
  stopped: "Stopped",
  parked: "Parked",
  unknown: "Unknown",
  overdue: "Overdue",
  never: "No position",
  off_duty: "Off duty",
} satisfies Record<(typeof STANDINGS)[number], string>;

export const WALL_WORDS = {
  waiting: "Waiting for the server",
  waitingTitle: "Fleetglass",
  refusedLink: "The link that this display was opened with is no longer good.",
  ended: "Access for this display has ended.",
  noClock: "--:--:--",
  list: "The map cannot be drawn on this machine. Vehicles that need a look come first.",
  soundBlocked: "Sound blocked",
} as const;

/** "2 of 5"; with the name where it has one. */
export function sceneText(name: string, number: number, of: number): string {
  const place = number === 0 || of < 2 ? "" : `${number} of ${of}`;
  return [name, place].filter((part) => part !== "").join(" · ");
}

/** What of the display's address is not done. */
export function problemsText(problems: readonly string[]): string {
  const first = problems[0];
  if (first === undefined) return "";
  const more = problems.length === 1 ? "" : ` (and ${problems.length - 1} more)`;
  return `Address of this display: ${first}${more}`;
}

/** "Vehicles 1 to 12 of 300". */
export function listPartText(from: number, to: number, of: number): string {
  return of === 0 ? "No vehicles" : `Vehicles ${from} to ${to} of ${of}`;
}

/** At so small a panel letters cannot be large enough. */
export const TOO_FAR = "letters of the size that this distance asks for do not fit on this panel";
