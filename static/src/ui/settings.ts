// The few settings, in a popover at the top right.

import { LANGUAGES } from "../words/languages.ts";
import { CHOICES } from "../page/preferences.ts";
import type { Choice, Chosen, Preferences } from "../page/preferences.ts";
import { h, setText } from "./dom.ts";
import { toolIcon } from "./tool-icons.ts";
import { zoneText } from "./words.ts";
import { words } from "../words/words.ts";

const ID = "settings";

export class Settings {
  #preferences: Preferences;
  #fields = new Map<string, HTMLInputElement>();
  #language = h("select", { id: "setting-lang", class: "side-select" });
  #note = h("p", { class: "muted" });

  /** `onLanguage`: another language was chosen, in which the page has to begin anew. */
  constructor(place: HTMLElement, preferences: Preferences, onLanguage: () => void) {
    this.#preferences = preferences;
    const open = h("button", { type: "button", class: "settings-open", popovertarget: ID, "aria-label": words.settings.open, title: words.settings.open }, toolIcon("settings"));
    const menu = h("div", { id: ID, class: "settings card", popover: "", role: "dialog", "aria-label": words.settings.open });
    menu.append(
      this.#languageChoice(),
      this.#choice("theme", words.settings.theme, words.settings.themes),
      this.#choice("units", words.settings.units, words.settings.unitNames),
      this.#choice("hours", words.settings.hours, words.settings.hourNames),
      h("fieldset", { class: "setting" }, h("legend", {}, words.settings.layers), this.#switch("names", words.settings.names), this.#switch("trail", words.settings.trail), this.#switch("places", words.settings.places)),
      h("fieldset", { class: "setting" }, h("legend", {}, words.keys.title), this.#switch("keys", words.settings.keys)),
      this.#note,
    );
    this.#language.addEventListener("change", () => {
      this.#preferences.choose("lang", this.#language.value as Chosen["lang"]);
      onLanguage();
    });
    place.append(open, menu);
    this.show();
  }

  /** Puts something more above the note at the foot. */
  add(...elements: HTMLElement[]): void {
    this.#note.before(...elements);
  }

  show(): void {
    const now = this.#preferences.now;
    this.#language.value = now.lang;
    for (const name of Object.keys(CHOICES) as Choice[]) {
      if (name === "lang") continue;
      const chosen = this.#fields.get(`${name}-${now[name]}`);
      if (chosen !== undefined) chosen.checked = true;
      else this.#fields.get(name)!.checked = now[name] === "on";
    }
    setText(this.#note, words.settings.note(zoneText(Date.now())));
  }

  /** Each by its own name, for whoever reads no other. */
  #languageChoice(): HTMLElement {
    const own = Object.entries(LANGUAGES).map(([code, { name }]) => h("option", { value: code, lang: code }, name));
    this.#language.append(h("option", { value: "auto" }, words.languages.auto), ...own);
    return h("div", { class: "setting" }, h("label", { for: "setting-lang" }, words.languages.lang), this.#language);
  }

  #choice<Name extends "theme" | "units" | "hours">(name: Name, title: string, names: Record<Chosen[Name], string>): HTMLElement {
    const choices = (Object.entries(names) as [Chosen[Name], string][]).map(([value, word]) => {
      const id = `${name}-${value}`;
      const input = h("input", { type: "radio", name: `setting-${name}`, value, id });
      input.addEventListener("change", () => this.#preferences.choose(name, value));
      this.#fields.set(id, input);
      return [input, h("label", { for: id }, word)];
    });
    return h("fieldset", { class: "setting" }, h("legend", {}, title), h("div", { class: "segments" }, ...choices.flat()));
  }

  #switch(name: "names" | "trail" | "places" | "keys", text: string): HTMLElement {
    const input = h("input", { type: "checkbox", id: `setting-${name}` });
    input.addEventListener("change", () => this.#preferences.choose(name, input.checked ? "on" : "off"));
    this.#fields.set(name, input);
    return h("label", { class: "check", for: `setting-${name}` }, input, text);
  }
}
