// Which languages there are, and which one a person reads: what the address says, then what was
// chosen on this machine, then what the browser asks for, then English. Pure.

/** A new language is a file beside `en.ts` and a line here and in `speak.ts`. */
export const LANGUAGES = {
  en: { name: "English", dir: "ltr" },
  de: { name: "Deutsch", dir: "ltr" },
} as const;

/**
 * English turned round, as `words/pseudo.ts` makes it: for seeing that the page works from right to
 * left, and that it says nothing that is not in `en.ts`. In no list, but to be had by the address.
 */
export const PSEUDO = "en-XB";

export type Language = keyof typeof LANGUAGES | typeof PSEUDO;

/** The language of that code; null where there is none such. Spelling does not count. */
export function languageOf(code: string | null | undefined): Language | null {
  const known = [...Object.keys(LANGUAGES), PSEUDO] as Language[];
  return known.find((language) => language.toLowerCase() === code?.toLowerCase()) ?? null;
}

/** `asked` is of the address, `kept` of this machine; `wished` are the browser's, the first the dearest. */
export function chosenLanguage(asked: string | null, kept: string | null, wished: readonly string[]): Language {
  const listed = (tag: string) => (Object.keys(LANGUAGES) as (keyof typeof LANGUAGES)[]).find((language) => baseOf(tag) === language);
  const wish = wished.map(listed).find((language) => language !== undefined);
  return languageOf(asked) ?? languageOf(kept) ?? wish ?? "en";
}

/** How numbers and times are written: as where the person is, where that has the same language. */
export function localeFor(language: Language, wished: readonly string[]): string {
  const base = baseOf(language);
  return wished.find((tag) => baseOf(tag) === base) ?? base;
}

export function directionOf(language: Language): "ltr" | "rtl" {
  return language === PSEUDO ? "rtl" : LANGUAGES[language].dir;
}

/** What a fragment says of the language: `#lang=de`, beside whatever else stands in it. */
export function languageIn(fragment: string): string | null {
  const part = fragment.replace(/^#/, "").split("&").find((one) => one.startsWith("lang="));
  return part?.slice("lang=".length) ?? null;
}

function baseOf(tag: string): string {
  return tag.toLowerCase().split("-")[0] ?? "";
}
