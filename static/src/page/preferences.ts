// What somebody likes to read: language, units, hours, light or dark, what is drawn beside the vehicles,
// and whether a single key does something: not for those who speak to their machine, or miss a key.
// Remembered on this machine; a link may say otherwise, for as long as its page is open. What
// nobody chose follows the language of the browser and the theme of the system.

import { LANGUAGES, PSEUDO } from "../words/languages.ts";
import type { Language } from "../words/languages.ts";
import type { ViewPart } from "./view-url.ts";

export const STORAGE_KEY = "fleetglass-preferences";

/** What can be chosen, and what of it. */
export const CHOICES = {
  lang: ["auto", ...(Object.keys(LANGUAGES) as Language[]), PSEUDO],
  theme: ["auto", "light", "dark"],
  units: ["km", "mi"],
  hours: ["24", "12"],
  names: ["on", "off"],
  trail: ["on", "off"],
  places: ["on", "off"],
  keys: ["on", "off"],
} as const;

export type Choice = keyof typeof CHOICES;
export type Chosen = { [Name in Choice]: (typeof CHOICES)[Name][number] };

/** Whoever is sent a link reads it in a language of their own, and with their own hands. */
const PERSONAL = new Set<Choice>(["lang", "keys"]);

/** Regions whose roads are signed in miles. */
const MILES = new Set(["US", "GB", "LR", "MM"]);

/** What a language's region is used to. */
export function habitsOf(language: string): Pick<Chosen, "units" | "hours"> {
  const region = new Intl.Locale(language).maximize().region ?? "";
  const isTwelve = new Intl.DateTimeFormat(language, { hour: "numeric" }).resolvedOptions().hour12 === true;
  return { units: MILES.has(region) ? "mi" : "km", hours: isTwelve ? "12" : "24" };
}

export class Preferences {
  #defaults: Chosen;
  #stored: Partial<Chosen> = readStored();
  /** Said by a link. */
  #linked: Partial<Chosen> = {};
  #listeners: (() => void)[] = [];

  constructor(language = new Intl.DateTimeFormat().resolvedOptions().locale) {
    this.#defaults = { lang: "auto", theme: "auto", names: "on", trail: "on", places: "on", keys: "on", ...habitsOf(language) };
  }

  get now(): Chosen {
    return { ...this.#defaults, ...this.#stored, ...this.#linked };
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Chooses for this machine. */
  choose<Name extends Choice>(name: Name, value: Chosen[Name]): void {
    delete this.#linked[name];
    this.#stored[name] = value;
    writeStored(this.#stored);
    this.#tell();
  }

  /** A part of the view for each; those that nobody chose are left out. */
  parts(): ViewPart[] {
    return (Object.keys(CHOICES) as Choice[]).map((name) => ({
      name,
      isHabit: true,
      encode: () => this.#linked[name] ?? (PERSONAL.has(name) ? null : this.#stored[name]) ?? null,
      decode: (text) => {
        if (!isChoice(name, text)) return;
        Object.assign(this.#linked, { [name]: text });
        this.#tell();
      },
    }));
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function isChoice(name: Choice, value: unknown): boolean {
  return (CHOICES[name] as readonly unknown[]).includes(value);
}

/** The language that was chosen on this machine; null where that is left to the browser. */
export function storedLanguage(): string | null {
  return readStored().lang ?? null;
}

/** What was chosen on this machine before; nothing where it keeps nothing, or nonsense. */
function readStored(): Partial<Chosen> {
  try {
    const stored = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}") as Record<string, unknown>;
    return Object.fromEntries((Object.keys(CHOICES) as Choice[]).filter((name) => isChoice(name, stored[name])).map((name) => [name, stored[name]]));
  } catch {
    return {};
  }
}

function writeStored(stored: Partial<Chosen>): void {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(stored));
  } catch {
    // A browser that keeps nothing keeps it for this page at least.
  }
}
