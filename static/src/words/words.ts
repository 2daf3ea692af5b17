// The words of the language that is spoken. `words` is a live binding: who reads it reads the
// language of now, so nobody may keep a part of it in a constant of a module, which is made before
// the language is known.

import { readIn } from "../ui/units.ts";
import { en } from "./en.ts";
import type { Words } from "./en.ts";

export type { Words } from "./en.ts";

export let words: Words = en;

/** From now on all is said with these words, and numbers and times are written as in `locale`. */
export function speak(spoken: Words, locale: string, direction: "ltr" | "rtl"): void {
  words = spoken;
  readIn(locale, direction);
}

/** One of some words, by a key that may be none of them; such keys come from the server. */
export function wordOf(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
