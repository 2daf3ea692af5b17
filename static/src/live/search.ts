// What vehicles are found by, and how well they fit what is typed. Each vehicle is one text, its
// values marked off, beside the same text folded; a search runs over the folded ones as they are,
// which for a hundred thousand takes some milliseconds. One typo is thought of only where little
// else is found, so that what is meant stands first and nothing is buried.

import type { DictionaryEntry } from "../protocol.ts";
import { QUALITY, WEAK, mayBeginSo, mayHaveTypo, partsOf, qualityOf, startsMask, typoPlace } from "./match.ts";
import { fold } from "./names.ts";

/** The lines of a vehicle's text, in this order. */
export const FIELDS = ["name", "registration", "compact", "id", "driver", "device", "group", "address"] as const;
export type Field = (typeof FIELDS)[number];

/** What tells why a vehicle was found, where that is neither its name nor its registration; else null. */
export type FoundIn = { field: Field; value: string } | null;

/** Where there is another way to say it, this one is told last. */
const TOLD_FIRST: readonly Field[] = ["driver", "group", "address", "device", "id"];
/** With fewer that fit as typed, typos are thought of. */
const FEW = 20;

export interface Needle {
  text: string;
  words: string[];
  /** The text as plates are kept beside: without spaces and hyphens; empty where it is the same, or no plate. */
  compact: string;
  /** Of each word that may have a typo; a text that has none of them need not be looked at. */
  parts: ([string, string, string] | null)[];
}

/** What is typed, ready to be compared; null where that is nothing. */
export function needleOf(typed: string): Needle | null {
  const text = fold(typed).trim().replace(/\s+/g, " ");
  if (text === "") return null;
  const words = text.split(" ");
  const compact = text.replace(/[\s-]+/g, "");
  const isPlate = compact !== text && /\d/.test(compact);
  return { text, words, compact: isPlate ? compact : "", parts: words.map((word) => (mayHaveTypo(word) ? partsOf(word) : null)) };
}

/** Whether typos are to be thought of, after so many were found of which the best fits so well. */
export function thinksOfTypos({ parts }: Needle, found: number, best: number): boolean {
  return found < FEW && best > QUALITY.prefix && parts.some((part) => part !== null);
}

export class SearchBook {
  #texts: string[] = [];
  #folded: string[] = [];
  #starts: number[] = [];
  #addresses = new Map<number, string>();

  put(row: number, entry: DictionaryEntry): void {
    const isSame = this.#texts[row]?.includes(`\n${clean(entry.id)}\n`) === true;
    if (!isSame) this.#addresses.delete(row);
    this.#set(row, textOf(entry, this.#addresses.get(row)));
  }

  remove(row: number): void {
    this.#texts[row] = this.#folded[row] = "";
    this.#addresses.delete(row);
  }

  /** Where these rows are, in words; all others have no address any more. */
  setAddresses(addresses: ReadonlyMap<number, string>): void {
    const rows = new Set([...this.#addresses.keys(), ...addresses.keys()]);
    this.#addresses = new Map(addresses);
    for (const row of rows) {
      const text = this.#texts[row] ?? "";
      if (text !== "") this.#set(row, withAddress(text, addresses.get(row)));
    }
  }

  /** What a field says of a row, as it is written; empty where it says nothing. */
  text(row: number, field: Field): string {
    return valuesOf(this.#texts[row]?.split("\n")[1 + FIELDS.indexOf(field)] ?? "").join(", ");
  }

  /** How well a row fits as it is typed. */
  quality(row: number, { text, words, compact }: Needle): number {
    const folded = this.#folded[row]!;
    if (words.length > 1 || compact !== "") return bestOfMany(folded, text, words, compact);
    return qualityOf(folded, text);
  }

  /** Whether a row that does not fit as it is typed fits but for one typo. */
  fitsWithTypo(row: number, { words, parts }: Needle): boolean {
    const folded = this.#folded[row]!;
    let typos = 0;
    for (let i = words.length - 1; i >= 0; i--) {
      const word = words[i]!;
      if (words.length > 1 && folded.includes(word)) continue;
      const part = parts[i]!;
      if (++typos > 1 || part === null || !mayBeginSo(this.#starts[row]!, word)) return false;
      const mayFit = folded.includes(part[0]) || folded.includes(part[1]) || folded.includes(part[2]);
      if (!mayFit || typoPlace(folded, word) === null) return false;
    }
    return typos === 1;
  }

  /** Where a row that was found has what is not in its name or registration. */
  foundIn(row: number, needle: Needle): FoundIn {
    const [lines, folded] = [this.#texts[row]!.split("\n").slice(1, -1), this.#folded[row]!.split("\n").slice(1, -1)];
    if (lines.length !== FIELDS.length || folded.length !== FIELDS.length) return null;
    if (needle.compact !== "" && folded[FIELDS.indexOf("compact")]!.includes(needle.compact)) return null;
    const isTyped = (line: string, word: string) => line.includes(word);
    const isTypo = (line: string, word: string) => mayHaveTypo(word) && typoPlace(line, word) !== null;
    for (const word of needle.words) {
      const fits = folded.some((line) => isTyped(line, word)) ? isTyped : isTypo;
      if (folded.slice(0, 3).some((line) => fits(line, word))) continue;
      const field = TOLD_FIRST.find((one) => fits(folded[FIELDS.indexOf(one)]!, word));
      if (field === undefined) continue;
      const [values, foldedValues] = [lines, folded].map((all) => valuesOf(all[FIELDS.indexOf(field)]!));
      return { field, value: values![foldedValues!.findIndex((value) => fits(value, word))] ?? "" };
    }
    return null;
  }

  #set(row: number, text: string): void {
    if (this.#texts[row] === text) return;
    this.#texts[row] = text;
    this.#folded[row] = fold(text);
    this.#starts[row] = startsMask(this.#folded[row]!);
  }
}

/** Each word anywhere, or the whole at once, or as a plate. */
function bestOfMany(folded: string, text: string, words: readonly string[], compact: string): number {
  let worst: number = words.length === 1 ? QUALITY.exact : QUALITY.wordStart;
  // The last word is the one that tells vehicles apart, as a rule.
  for (let i = words.length - 1; i >= 0 && worst < QUALITY.none; i--) worst = Math.max(worst, qualityOf(folded, words[i]!));
  if (worst === QUALITY.none) return compact === "" ? worst : qualityOf(folded, compact);
  // As a whole it fits at most as often as each of its words.
  return words.length === 1 ? worst : Math.min(worst, qualityOf(folded, text));
}

/** A line for each field, with a line break before the first and after the last. */
function textOf({ id, name = "", registration = "", driver = "", groups = [], devices = [] }: DictionaryEntry, address: string | undefined): string {
  const numbers = devices.map((device) => clean(device.slice(device.indexOf("/") + 1)));
  const strong = [name, registration, registration.replace(/[\s-]+/g, ""), id, driver].map(clean);
  const weak = groups.map((group) => WEAK + clean(group)).join("");
  return withAddress(`\n${[...strong, numbers.join("\t"), weak].join("\n")}\n\n`, address);
}

function withAddress(text: string, address: string | undefined): string {
  const before = text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1);
  return `${before}${address === undefined ? "" : WEAK + clean(address)}\n`;
}

/** The values of a line. */
function valuesOf(line: string): string[] {
  return line.split(/[\t\v]/).filter((value) => value !== "");
}

/** Names are data from outside: what marks values off is no part of them. */
function clean(text: string): string {
  return /[\t\n\v]/.test(text) ? text.replace(/[\t\n\v]/g, " ") : text;
}
