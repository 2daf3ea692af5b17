// What a vehicle is called, and the text it is found by.

import type { DictionaryEntry } from "../protocol.ts";

/** What a vehicle is called on the screen: its name, else its registration, else its id. */
export function displayName(vehicle: { id: string; name?: string; registration?: string }): string {
  return vehicle.name || vehicle.registration || vehicle.id;
}

/** All that a vehicle can be found by, folded. */
export function haystackOf(entry: DictionaryEntry): string {
  const registration = entry.registration ?? "";
  const parts = [
    entry.name ?? "",
    registration,
    registration.replace(/[\s-]+/g, ""),
    entry.driver ?? "",
    ...(entry.groups ?? []),
    entry.id,
    ...(entry.devices ?? []).map((device) => device.slice(device.indexOf("/") + 1)),
  ];
  return fold(parts.filter((part) => part !== "").join(" "));
}

/** Lower case without accents, so that "cafe" finds "Café". */
export function fold(text: string): string {
  // Most names have no accents, and finding that out is far cheaper than taking them off.
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase();
  return text.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase();
}

/**
 * 0 is the best match: the whole text begins a name. Then come vehicles where each word begins
 * one, then the rest; null is none, as every word must occur somewhere.
 */
export function matchQuality(haystack: string, text: string, words: readonly string[]): 0 | 1 | 2 | null {
  if (!words.every((word) => haystack.includes(word))) return null;
  if (haystack.startsWith(text)) return 0;
  const beginsWord = (word: string) => haystack.startsWith(word) || haystack.includes(` ${word}`);
  return words.every(beginsWord) ? 1 : 2;
}
