// The rules of words: each language says all of it, in its own words and numbers, and nothing is
// said that is not among them.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, test } from "node:test";
import { imported } from "./lib/bundle.mjs";
import { literalsOf } from "./lib/literals.mjs";

const REPOSITORY = path.resolve(import.meta.dirname, "../..");
const SOURCES = path.join(REPOSITORY, "static/src");
const { en, de, pseudo, speak, chosenLanguage, directionOf, languageIn, localeFor, setupOf, texts } = await imported(`
  import * as units from "./src/ui/units.ts";
  import * as said from "./src/ui/words.ts";
  export { en } from "./src/words/en.ts";
  export { de } from "./src/words/de.ts";
  export { pseudo } from "./src/words/pseudo.ts";
  export { speak } from "./src/words/words.ts";
  export { chosenLanguage, directionOf, languageIn, localeFor } from "./src/words/languages.ts";
  export { setupOf } from "./src/wall/setup.ts";
  export const texts = { ...units, ...said };
`);
after(() => speak(en, "en", "ltr"));

/** What two languages have in common: signs, units, names of things, and words that travelled. */
const SAME = new Set(`
  km,_km/h ↑_↓_Enter Name Browser Position Radius Alarm Administrator Extern Token Webhooks Live Code Offline km/h s min h d 1_h 6_h 24_h – --:--:--
  f c v m g a p r n w / ? Esc Enter openstreetmap.org N S W live 15 60 300 900 3600
`.split(/\s+/).map((word) => word.replaceAll("_", " ")));
const MARK = "\u202e";

/** Every word of a language with its path; of messages what they say of some values. */
function* entries(words, at = "") {
  for (const [name, value] of Object.entries(words)) {
    const here = at === "" ? name : `${at}.${name}`;
    if (typeof value === "object") yield* entries(value, here);
    else yield [here, value];
  }
}

test("another language has a word of its own for each, and takes as many values", () => {
  const german = new Map(entries(de));
  const english = [...entries(en)];
  assert.deepEqual([...german.keys()], english.map(([at]) => at));
  const same = english.filter(([at, word]) => typeof word === "string" && german.get(at) === word && !SAME.has(word));
  assert.deepEqual(same.map(([at, word]) => `${at}: ${word}`), []);
  for (const [at, word] of english) assert.equal(typeof german.get(at), typeof word, at);
});

test("messages say something for any number of values", () => {
  for (const language of [en, de, pseudo]) {
    for (const [at, message] of entries(language)) {
      if (typeof message !== "function") continue;
      // Each of these is a number and a name at once.
      for (const values of [["0", "0", "0"], ["1", "2", "3"], ["2000", "1", "2000"]]) {
        const text = at === "alarms.toAcknowledge" ? message(values[0], "alarm", values[2]) : message(...values);
        assert.equal(typeof text, "string", at);
        assert.notEqual(text.trim(), "", at);
        assert.doesNotMatch(text, /\[object|NaN|undefined/, at);
      }
    }
  }
});

test("one is one and many are many, in each language's numbers", () => {
  speak(de, "de", "ltr");
  assert.equal(texts.foundText(1, 1, 1), "1 Fahrzeug");
  assert.equal(texts.foundText(1234, 1234, 1234), "1.234 Fahrzeuge");
  assert.equal(texts.foundText(5, 5, 1234), "5 von 1.234 Fahrzeugen");
  assert.equal(texts.distanceText(2_400), "2,40 km");
  assert.equal(texts.agoText(4_000), "vor 4 s");
  assert.equal(texts.agoText(3 * 86_400_000), "vor 3 d");
  assert.equal(texts.stateWords(0, 3), "Offline, zuletzt fahrend");
  assert.equal(texts.durationText(130 * 60_000, true), "über 2 h 10");
  assert.match(texts.dayText(Date.UTC(2026, 11, 3, 12)), /^Do\.?, 3\. Dez/);
  speak(en, "en-IE", "ltr");
  assert.equal(texts.foundText(1, 1, 1), "1 vehicle");
  assert.equal(texts.foundText(5, 5, 1234), "5 of 1,234 vehicles");
  assert.equal(texts.distanceText(2_400), "2.40 km");
  assert.equal(texts.stateWords(0, 3), "Offline, was moving");
});

test("numbers keep their order among words that run from right to left", () => {
  speak(pseudo, "en", "rtl");
  assert.equal(texts.speedText(10), "\u206636 km/h\u2069");
  assert.ok(texts.foundText(5, 5, 5).startsWith(MARK));
  speak(en, "en", "ltr");
  assert.equal(texts.speedText(10), "36 km/h");
});

test("the address comes first, then what was chosen, then what the browser wishes, then English", () => {
  assert.equal(chosenLanguage("de", "en", ["en"]), "de");
  assert.equal(chosenLanguage(null, "de", ["en-IE"]), "de");
  assert.equal(chosenLanguage(null, "auto", ["fr-FR", "de-AT", "en"]), "de");
  assert.equal(chosenLanguage(null, null, ["fr-FR"]), "en");
  assert.equal(chosenLanguage("xx", null, ["de"]), "de");
  assert.equal(chosenLanguage("toString", "constructor", ["__proto__"]), "en");
  assert.equal(chosenLanguage("EN-xb", null, ["de"]), "en-XB");
  assert.equal(chosenLanguage(null, null, []), "en");
  assert.deepEqual([directionOf("en"), directionOf("de"), directionOf("en-XB")], ["ltr", "ltr", "rtl"]);
  assert.equal(localeFor("de", ["en", "de-AT"]), "de-AT");
  assert.equal(localeFor("de", ["en-GB"]), "de");
  assert.equal(languageIn("#map=3/0/0&lang=de&vehicle=x"), "de");
  assert.equal(languageIn("#slang=de"), null);
});

test("a wall names a language that there is not", () => {
  assert.deepEqual(setupOf("#lang=de").problems, []);
  assert.deepEqual(setupOf("#lang=en-XB&panel=43").problems, []);
  assert.deepEqual(setupOf("#lang=tlh").problems, ["lang must be one of en, de"]);
});

const files = fs.readdirSync(SOURCES, { recursive: true }).filter((name) => name.endsWith(".ts"));

test("nothing is said that is not among the words", () => {
  const found = [];
  for (const name of files.filter((file) => !file.startsWith("words/") && !ELSEWHERE.has(file) && !ENGLISH_STILL.has(file))) {
    const source = fs.readFileSync(path.join(SOURCES, name), "utf8");
    for (const { text, line, before } of literalsOf(source)) {
      if (isProse(text) && !NAMES.has(text) && !NO_SPEECH.test(before)) found.push(`${name}:${line}: ${text}`);
    }
  }
  assert.deepEqual(found, []);
});

/** Files that say nothing to people, and one that is a page of its own, for when nothing can be fetched. */
const ELSEWHERE = new Set(["map/marker-shaders.ts", "map/label-layer.ts", "map/cluster-layer.ts", "wall/waiting-page.ts", "live/wire.ts", "live/tiles.ts", "live/decoder.ts", "live/fleet-feed.ts", "live/connection.ts"]);
/** Pages whose words have still to be moved. */
const ENGLISH_STILL = new Set();

/** Names of programs, fonts, kinds of things and keys, as others spell them. */
const NAMES = new Set(["Firefox", "Opera", "Edge", "Chrome", "Safari", "Android", "Windows", "Linux", "Point", "Feature", "Polygon", "Files", "Enter", "Escape", "Home", "End", "Backspace", "Noto Sans Regular", "Noto Sans SemiBold", "600 12px \"Noto Sans\"", "px \\\"Noto Sans\\\", system-ui, sans-serif", "noopener noreferrer", "plot-bars is-gap", "Fleetglass", "n Escape"]);
/** After this comes no word for people: a class, a selector, a module, a failure for programmers. */
const NO_SPEECH = /(class: (\w+ \? )?|class(List\.\w+|Name = )\(?|\w*Error\(|querySelector(All)?(<\w+>)?\(|matches\(|closest(<\w+>)?\(|from |import\()`?$/;

/** Two words in a row, or one that begins like a sentence or a title. */
function isProse(text) {
  return /\b[A-Za-z]?[a-z]+ [a-z]{2,}/.test(text) || /^[A-Z][a-z]{2,}[.:!?…]?$/.test(text) || /^ [a-z]{3,}[.:,]?$/.test(text);
}

/** What is begun once the language is known. */
const ENTRIES = new Set(["desk.ts", "wall.ts", "wall-map.ts", "access.ts"]);

test("no module keeps the words of the language that it was loaded in", () => {
  for (const name of files.filter((file) => !ENTRIES.has(file))) {
    const source = fs.readFileSync(path.join(SOURCES, name), "utf8");
    assert.doesNotMatch(source, /^(export )?(const|let) [^=\n]*= (?!.*=>).*\bwords[.[;]/m, name);
    assert.doesNotMatch(source, /^const \{[^}]*\} = words/m, name);
  }
});

test("templates hold no words, and name those that there are", () => {
  for (const name of ["desk", "wall", "access"]) {
    const template = fs.readFileSync(path.join(REPOSITORY, `templates/${name}.html`), "utf8");
    const said = [...template.matchAll(/data-say(?:-\w+)?="(\w+)"/g)].map(([, word]) => word);
    assert.deepEqual(said.filter((word) => typeof en.shell[word] !== "string"), []);
    assert.doesNotMatch(template, /\s(aria-label|title|placeholder)="[A-Za-z]/, name);
    const shown = template.replace(/<head>[\s\S]*<\/head>|<noscript>[\s\S]*<\/noscript>|<[^>]*>|\{\{[^}]*\}\}/g, " ");
    assert.deepEqual(shown.match(/[A-Za-z]{2,}/g) ?? [], name === "wall" ? [] : ["Fleetglass"]);
  }
});
