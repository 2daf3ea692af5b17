// How well a word or a text fits into a folded text whose values are marked off: by a line break or
// a tab where a value names the vehicle, by `WEAK` where it only says where it belongs. Pure.

/** The best first. */
export const QUALITY = { exact: 0, prefix: 1, wordStart: 2, within: 3, typo: 4, none: 5 } as const;
/** Stands before a value that many vehicles share, such as a group: to begin it is no better than to begin a word. These come last. */
export const WEAK = "\v";

const WEAK_CODE = 11;
const LEAST_FOR_TYPO = 4;

/** The best place of a needle in the text; `QUALITY.none` where it does not occur. */
export function qualityOf(text: string, needle: string): number {
  let best: number = QUALITY.none;
  for (let at = text.indexOf(needle); at !== -1 && best > QUALITY.exact; at = text.indexOf(needle, at + 1)) {
    best = Math.min(best, placeQuality(text, at, needle.length));
    // Weak values stand last, so nothing better follows.
    if (best === QUALITY.wordStart && at > 0 && text.charCodeAt(at - 1) === WEAK_CODE) break;
  }
  return best;
}

function placeQuality(text: string, at: number, length: number): number {
  const before = at === 0 ? 10 : text.charCodeAt(at - 1);
  if (before === 10 || before === 9) {
    const after = at + length === text.length ? 10 : text.charCodeAt(at + length);
    return after === 10 || after === 9 ? QUALITY.exact : QUALITY.prefix;
  }
  return before === WEAK_CODE || !isWordCode(before) ? QUALITY.wordStart : QUALITY.within;
}

/** Letters and digits of ASCII, and all beyond it. */
export function isWordCode(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code > 127 || (code >= 65 && code <= 90);
}

/** Whether a typo in this word is thought of. A number with another digit is another number. */
export function mayHaveTypo(word: string): boolean {
  return word.length >= LEAST_FOR_TYPO && /[a-z]|[^\0-\x7f]/.test(word);
}

/** Parts of a word of which a text that has it but for one typo has one as it stands; the last is for two letters that changed places. */
export function partsOf(word: string): [string, string, string] {
  const half = word.length >> 1;
  const swapped = word.slice(0, half - 1) + word[half] + word[half - 1] + word.slice(half + 1);
  return [word.slice(0, half), word.slice(half), swapped];
}

/** Where a word of the text begins with `word` but for one typo: start and end, or null. */
export function typoPlace(text: string, word: string): [start: number, end: number] | null {
  const [first, second] = [word.charCodeAt(0), word.charCodeAt(1)];
  let isInside = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isWord = isWordCode(code);
    // The first letter is right, or has changed places with the second.
    if (isWord && !isInside && (code === first || code === second)) {
      const end = typoEnd(text, at, word);
      if (end !== -1) return [at, end];
    }
    isInside = isWord;
  }
  return null;
}

/** Where what begins at `at` ends, if it is the word but for one letter that is wrong, missing, too many or out of turn. */
function typoEnd(text: string, at: number, word: string): number {
  const { length } = word;
  let i = 0;
  while (i < length && text.charCodeAt(at + i) === word.charCodeAt(i)) i++;
  if (i === length) return at + length;
  const here = at + i;
  const isLetter = isWordCode(text.charCodeAt(here));
  if (isLetter && goesOn(text, here + 1, word, i + 1)) return at + length;
  if (isLetter && i < length && goesOn(text, here + 1, word, i)) return at + length + 1;
  if (goesOn(text, here, word, i + 1)) return at + length - 1;
  const isSwapped = text.charCodeAt(here) === word.charCodeAt(i + 1) && text.charCodeAt(here + 1) === word.charCodeAt(i);
  return isSwapped && goesOn(text, here + 2, word, i + 2) ? at + length : -1;
}

function goesOn(text: string, at: number, word: string, from: number): boolean {
  for (let i = from; i < word.length; i++) {
    if (text.charCodeAt(at + i - from) !== word.charCodeAt(i)) return false;
  }
  return true;
}

/** A bit for each letter that words of the text begin with; digits share some. */
export function startsMask(text: string): number {
  let mask = 0;
  let isInside = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isWord = isWordCode(code);
    if (isWord && !isInside) mask |= maskOf(code);
    isInside = isWord;
  }
  return mask;
}

/** Whether a word of a text with that mask may begin with `word` but for one typo. */
export function mayBeginSo(mask: number, word: string): boolean {
  return (mask & (maskOf(word.charCodeAt(0)) | maskOf(word.charCodeAt(1)))) !== 0;
}

function maskOf(code: number): number {
  return code >= 97 && code <= 122 ? 1 << (code - 97) : 1 << (26 + (code % 6));
}
