// Has the page speak a person's language: chooses it, fetches its words where they are not English,
// and writes them where the templates leave room for them. To be awaited before anything is built.

import { storedLanguage } from "../page/preferences.ts";
import { chosenLanguage, directionOf, languageIn, localeFor } from "./languages.ts";
import type { Language } from "./languages.ts";
import { sayShell } from "./shell.ts";
import { speak, words } from "./words.ts";
import type { Words } from "./words.ts";

/** English is part of the page; of the others only the one that is spoken is fetched. */
const OTHERS: Record<Exclude<Language, "en">, () => Promise<Words>> = {
  de: () => import("./de.ts").then(({ de }) => de),
  "en-XB": () => import("./pseudo.ts").then(({ pseudo }) => pseudo),
};

export async function speakChosen(): Promise<void> {
  const wished = navigator.languages;
  const chosen = chosenLanguage(languageIn(location.hash), storedLanguage(), wished);
  // Without its words, English is better than nothing.
  const fetched = chosen === "en" ? null : await OTHERS[chosen]().catch(() => null);
  const language = fetched === null ? "en" : chosen;
  speak(fetched ?? words, localeFor(language, wished), directionOf(language));
  const { documentElement: root } = document;
  root.lang = language;
  root.dir = directionOf(language);
  sayShell(document);
}
