// What the wall says, put together.

import { words } from "../words/words.ts";

/** "2 of 5"; with the name where it has one. */
export function sceneText(name: string, number: number, of: number): string {
  const place = number === 0 || of < 2 ? "" : words.wall.scene(number, of);
  return [name, place].filter((part) => part !== "").join(" · ");
}

/** What of the display's address is not done. */
export function problemsText(problems: readonly string[]): string {
  const first = problems[0];
  return first === undefined ? "" : words.wall.problems(first, problems.length - 1);
}

/** "Vehicles 1 to 12 of 300". */
export function listPartText(from: number, to: number, of: number): string {
  return of === 0 ? words.wall.noVehicles : words.wall.listPart(from, to, of);
}
