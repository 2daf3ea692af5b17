// What the page says of places.

import type { ImportReport, Place } from "../page/places.ts";
import { countText, distanceText, numberText } from "./words.ts";

export const PLACES_WORDS = {
  title: "Places",
  layer: "Places",
  search: "Search places",
  none: "There is no place yet. Draw one, or import a GeoJSON file.",
  noneFound: "No place fits.",
  circle: "Draw a circle",
  importNote: "Import places from a GeoJSON file",
  polygon: "Draw a polygon",
  import: "Import",
  importing: "Importing …",
  notGeoJson: "This file is not GeoJSON.",
  drop: "Drop the file here to import it",
  export: "Export as GeoJSON",
  edit: "Edit",
  remove: "Delete",
  removeAsk: "Delete it?",
  yes: "Yes, delete",
  cancel: "Cancel",
  save: "Save place",
  name: "Name",
  noName: "Give it a name.",
  centre: "Centre",
  radius: "Radius",
  points: "Points, one a line: latitude, longitude",
  seenBy: "Seen by",
  everybody: "Nobody chosen: everybody sees it.",
  newCircle: "New circle",
  newPolygon: "New polygon",
  unclearCentre: "No coordinates can be read from the centre.",
  unclearPoint: "No coordinates can be read from line",
  fewPoints: "A polygon has at least 3 points.",
  badRadius: "The radius must be between 10 m and 100 km.",
  tooMany: "It has too many points to be moved on the map; change them in the list.",
  failed: "That did not work:",
} as const;

/** What to do next on the map. */
export const DRAW_WORDS = {
  circle: "Press on the map and drag to the radius, or click and type it.",
  circleMove: "Drag the middle or the rim, or type.",
  polygon: "Click to set points; Enter closes, Backspace takes the last one, Esc ends. Or move the map with the arrow keys and press Space.",
  polygonMove: "Drag points to move them, or type.",
} as const;

export function shapeText({ shape, groups = [] }: Place): string {
  const what = shape.kind === "circle" ? `circle, ${distanceText(shape.radius_m)}` : countText((shape.rings[0]?.length ?? 1) - 1, "point");
  return groups.length === 0 ? what : `${what}; ${groups.join(", ")}`;
}

/** "12 imported. 2 left out:". */
export function reportText({ imported, skipped }: ImportReport): string {
  return `${countText(imported, "place")} imported.${skipped.length === 0 ? "" : ` ${numberText(skipped.length)} left out:`}`;
}

/** People count from one. */
export function skippedText({ index, reason }: ImportReport["skipped"][number]): string {
  return `Entry ${index + 1}: ${reason}`;
}

/** "The first 100 of 9,912; search for more". */
export function firstText(shown: number, found: number): string {
  return shown < found ? `The first ${numberText(shown)} of ${countText(found, "place")}; search to see others.` : countText(found, "place");
}
