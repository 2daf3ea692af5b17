// What the desk says of several vehicles at once: comparing them, the nearest to a place, the plots
// of a trail, saved views, places by name. Beside `words.ts`, which has what is said of one.

import { countText, numberText } from "./words.ts";

export const COMPARE_WORDS = {
  title: "Compare",
  close: "Close",
  state: "State",
  age: "Age of fix",
  speed: "Speed",
  driver: "Driver",
  unknown: "–",
} as const;

/** The head of a line of distances: "To Truck 1". */
export function distanceToText(name: string): string {
  return `To ${name}`;
}

/** "The first 8 of 23 that were chosen". */
export function comparedText(shown: number, chosen: number): string {
  return shown === chosen ? `${numberText(chosen)} chosen` : `The first ${numberText(shown)} of ${numberText(chosen)} chosen`;
}

export const NEAREST_WORDS = {
  title: "Nearest vehicles",
  start: "Click on the map, or move it with the arrow keys and press Enter; or give coordinates.",
  field: "Coordinates",
  go: "Find",
  unclear: "No coordinates can be read from this.",
  state: "State",
  any: "Any state",
  free: "Stopped or parked only",
  idle: "Stopped, parked or idling",
  moving: "Moving only",
  vehicle: "Vehicle",
  distance: "Distance",
  age: "Age of fix",
  looking: "Looking …",
  none: "No vehicle fits.",
  failed: "The server does not answer; trying again.",
  again: "Another place",
  close: "Close (Esc)",
  toVehicle: "Nearest vehicles",
} as const;

/** "Nearest to Truck 1", "Nearest to -26.20000, 28.05000". */
export function nearestToText(what: string): string {
  return `Nearest to ${what}`;
}

export const PLOT_WORDS = {
  speed: "Speed over time",
  gaps: "Time between reports",
  hint: "Arrow keys go from report to report.",
  noSpeed: "speed unknown",
  silent: "no reports before it",
} as const;

/** What a plot says of one report: "14:02:31, 63 km/h, 20 s after the one before". */
export function plotPointText(time: string, speed: string, after: string | null, isGap: boolean): string {
  const since = after === null ? null : `${after} after the one before${isGap ? ` (${PLOT_WORDS.silent})` : ""}`;
  return [time, speed, since].filter((part) => part !== null).join(", ");
}

export const VIEW_WORDS = {
  title: "Saved views",
  name: "Name of this view",
  save: "Save this view",
  none: "No view is saved yet.",
  open: "Open",
  rename: "Rename",
  remove: "Delete",
  share: "For everybody",
  shared: "for everybody",
  ofOthers: "of somebody else",
  done: "Done",
  cancel: "Cancel",
  noName: "Give it a name first.",
  failed: "That did not work:",
  removeAsk: "Delete it?",
} as const;

export const PLACE_SEARCH_WORDS = {
  none: "No place of that name is known here. Known are those near the fleet, and large cities.",
  searching: "Looking …",
  results: "Places",
} as const;

/** "1.2 million people". */
export function peopleText(population: number): string {
  return population >= 1_000_000 ? `${(population / 1_000_000).toFixed(1)} million people` : countText(population, "person", "people");
}
