// What the page says about looking around: the tools of the map, the settings, and the ways to hand
// on what is seen. Beside `words.ts`, which has what is said of vehicles and feeds.

import { countText } from "./words.ts";

/** What one does with the map, and the keys for it. */
export const TOOL_WORDS = {
  tools: "Map tools",
  follow: "Follow, or keep in view (f)",
  measure: "Measure a distance (m)",
  goTo: "Go to a place or coordinates (g)",
  nearest: "Nearest vehicles (v)",
  share: "Share this view",
  shared: "The link to this view is copied.",
  notCopied: "Copying is not possible here; take it yourself:",
  close: "Close",
} as const;

export const FOLLOW_WORDS = {
  stop: "Stop",
  goOn: "Go on (f)",
  clear: "Clear",
  keep: "Keep in view (f)",
  compare: "Compare (c)",
  vehicle: "Follow",
  paused: "paused while you look around",
} as const;

/** "Following Truck 1", "Keeping A, B in view", "Keeping 12 vehicles in view"; `listed` is null where the list shows all. */
export function followText(names: readonly string[], kind: "vehicle" | "several" | "listed", listed: number | null): string {
  if (kind === "vehicle") return `Following ${names[0]}`;
  if (kind === "listed") return listed === null ? "Keeping the fleet in view" : `Keeping ${countText(listed, "vehicle")} of the list in view`;
  return `Keeping ${names.length <= 3 ? names.join(", ") : countText(names.length, "vehicle")} in view`;
}

/** "3 vehicles chosen". */
export function chosenText(count: number): string {
  return `${countText(count, "vehicle")} chosen`;
}

/** What an arrow at the map's edge does; after the name and the distance. */
export const EDGE_WORDS = "away, outside of the map: go there";

export const MEASURE_WORDS = {
  start: "Click on the map, or move it with the arrow keys and press Enter, to set points.",
  undo: "Undo",
  clear: "Clear",
  done: "Done (Esc)",
} as const;

/** "12.4 km, 3 points". */
export function measuredText(distance: string, points: number): string {
  return `${distance}, ${countText(points, "point")}`;
}

export const GO_TO_WORDS = {
  title: "Go to a place or coordinates",
  field: "Town, coordinates, or a link of another map",
  hint: "A town near the fleet or a large city, 52.52, 13.405 or 52°31′12″N 13°24′18″E.",
  go: "Go",
  unclear: "No coordinates can be read from this.",
  unpin: "Remove the pin",
} as const;

export const PLACE_WORDS = {
  copy: "Copy coordinates",
  copied: "Copied",
  other: "Elsewhere:",
  app: "map app",
  osm: "openstreetmap.org",
  leaves: "Leaves this page and tells the other map where this is",
} as const;

export const SETTINGS_WORDS = {
  open: "Settings",
  theme: "Colours",
  themes: { auto: "As the system", light: "Light", dark: "Dark" },
  units: "Units",
  unitNames: { km: "km, km/h", mi: "miles, mph" },
  hours: "Hours",
  hourNames: { "24": "24 hours", "12": "12 hours" },
  layers: "On the map",
  names: "Names of vehicles",
  trail: "Trail of the selected vehicle",
  places: "Places",
} as const;

/** Where settings are, and what zone the times are of. */
export function settingsNote(zone: string): string {
  return `Remembered on this machine. Times are in its zone, ${zone}.`;
}
