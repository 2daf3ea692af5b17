// English turned round: each text is written from right to left, and marked, so that one sees what
// is still laid out for one direction, and what was said without `words`. Made from English, so it
// is always complete. For looking and for tests; nobody reads it.

import { en } from "./en.ts";
import type { Words } from "./words.ts";

const RIGHT_TO_LEFT_OVERRIDE = "\u202e";
const END_OF_OVERRIDE = "\u202c";

/** Texts within texts are turned once only. */
function turned(text: string): string {
  return text.trim() === "" ? text : RIGHT_TO_LEFT_OVERRIDE + text.replaceAll(RIGHT_TO_LEFT_OVERRIDE, "").replaceAll(END_OF_OVERRIDE, "") + END_OF_OVERRIDE;
}

function turnedAll(value: unknown): unknown {
  if (typeof value === "string") return turned(value);
  if (typeof value === "function") return (...given: unknown[]) => turned(String(value(...given)));
  if (Array.isArray(value)) return value.map(turnedAll);
  return Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, turnedAll(one)]));
}

export const pseudo = turnedAll(en) as Words;
