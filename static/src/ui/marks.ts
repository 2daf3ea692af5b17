// The parts of a text that fit what is typed, marked. Folding may change how long a text is, so
// places in the folded one are led back to where they came from.

import { isWordCode, mayHaveTypo, typoPlace } from "../live/match.ts";
import { fold } from "../live/names.ts";
import { needleOf } from "../live/search.ts";
import { h } from "./dom.ts";

type Range = [start: number, end: number];

const shown = new WeakMap<Element, string>();

/** Sets text with what is typed marked in it; touches nothing where it stands so already. */
export function setMarked(element: Element, text: string, typed: string): void {
  const key = `${typed}\n${text}`;
  if (shown.get(element) === key) return;
  shown.set(element, key);
  let at = 0;
  const nodes: (Node | string)[] = [];
  for (const [start, end] of marksIn(text, typed)) {
    nodes.push(text.slice(at, start), h("mark", {}, text.slice(start, end)));
    at = end;
  }
  element.replaceChildren(...nodes, text.slice(at));
}

/** Ascending and apart from each other. */
export function marksIn(text: string, typed: string): Range[] {
  const needle = needleOf(typed);
  if (needle === null) return [];
  const { folded, places } = foldedWithPlaces(text);
  const whole = wholeRange(folded, needle.text);
  const ranges = whole === null ? needle.words.flatMap((word) => wordRange(folded, word) ?? []) : [whole];
  return merged(ranges).map(([start, end]) => [places[start]!, places[end]!]);
}

/** All that is typed at once, however a plate is spaced. */
function wholeRange(folded: string, text: string): Range | null {
  const letters = [...text.replace(/[\s-]+/g, "")].map((letter) => letter.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  if (letters.length === 0) return null;
  const places = [...folded.matchAll(new RegExp(letters.join("[\\s-]*"), "g"))].map(({ index, 0: found }): Range => [index, index + found.length]);
  return places.find(([start]) => beginsWord(folded, start)) ?? places[0] ?? null;
}

function wordRange(folded: string, word: string): [Range] | null {
  let found = -1;
  for (let at = folded.indexOf(word); at !== -1; at = folded.indexOf(word, at + 1)) {
    if (found === -1 || beginsWord(folded, at)) found = at;
    if (beginsWord(folded, at)) break;
  }
  if (found !== -1) return [[found, found + word.length]];
  const typo = mayHaveTypo(word) ? typoPlace(folded, word) : null;
  return typo === null ? null : [[typo[0], Math.min(folded.length, typo[1])]];
}

function beginsWord(folded: string, at: number): boolean {
  return at === 0 || !isWordCode(folded.charCodeAt(at - 1));
}

function merged(ranges: Range[]): Range[] {
  const apart: Range[] = [];
  for (const [start, end] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = apart.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else apart.push([start, end]);
  }
  return apart;
}

/** The folded text, and for each place in it (its end included) the place in the text. */
function foldedWithPlaces(text: string): { folded: string; places: number[] } {
  let folded = "";
  let at = 0;
  const places: number[] = [];
  for (const letter of text) {
    const part = fold(letter);
    for (let i = 0; i < part.length; i++) places.push(at);
    folded += part;
    at += letter.length;
  }
  return { folded, places: [...places, text.length] };
}
