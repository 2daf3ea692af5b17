// What the page says of places, put together.

import type { ImportReport, Place } from "../page/places.ts";
import { words } from "../words/words.ts";
import { distanceText } from "./words.ts";

export function shapeText({ shape, groups = [] }: Place): string {
  const { circleOf, pointsOf } = words.places;
  const what = shape.kind === "circle" ? circleOf(distanceText(shape.radius_m)) : pointsOf((shape.rings[0]?.length ?? 1) - 1);
  return groups.length === 0 ? what : `${what}; ${groups.join(", ")}`;
}

/** "12 imported. 2 left out:". */
export function reportText({ imported, skipped }: ImportReport): string {
  const done = words.places.imported(imported);
  return skipped.length === 0 ? done : `${done} ${words.places.leftOut(skipped.length)}`;
}

/** People count from one. */
export function skippedText({ index, reason }: ImportReport["skipped"][number]): string {
  return words.places.entry(index + 1, reason);
}

/** "The first 100 of 9,912; search for more". */
export function firstText(shown: number, found: number): string {
  return shown < found ? words.places.first(shown, found) : words.places.count(found);
}
