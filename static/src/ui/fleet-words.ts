// What the desk says of several vehicles at once, put together: comparing them, the plots of a trail,
// places by name. Beside `words.ts`, which has what is said of one.

import { words } from "../words/words.ts";
import { decimalText } from "./units.ts";

/** "The first 8 of 23 that were chosen". */
export function comparedText(shown: number, chosen: number): string {
  return shown === chosen ? words.compare.chosen(chosen) : words.compare.first(shown, chosen);
}

/** What a plot says of one report: "14:02:31, 63 km/h, 20 s after the one before". */
export function plotPointText(time: string, speed: string, after: string | null, isGap: boolean): string {
  const since = after === null ? null : words.plot.after(after, isGap);
  return [time, speed, since].filter((part) => part !== null).join(", ");
}

/** "1.2 million people". */
export function peopleText(population: number): string {
  return population >= 1_000_000 ? words.placeSearch.millionPeople(decimalText(population / 1_000_000, 1)) : words.placeSearch.people(population);
}
