// The few settings, in a popover at the top right.

import { CHOICES } from "../page/preferences.ts";
import type { Choice, Chosen, Preferences } from "../page/preferences.ts";
import { h, setText } from "./dom.ts";
import { SETTINGS_WORDS, settingsNote } from "./map-words.ts";
import { toolIcon } from "./tool-icons.ts";
import { zoneText } from "./words.ts";

const ID = "settings";

export class Settings {
  #preferences: Preferences;
  #fields = new Map<string, HTMLInputElement>();
  #note = h("p", { class: "muted" });

  constructor(place: HTMLElement, preferences: Preferences) {
    this.#preferences = preferences;
    const open = h("button", { type: "button", class: "settings-open", popovertarget: ID, "aria-label": SETTINGS_WORDS.open, title: SETTINGS_WORDS.open }, toolIcon("settings"));
    const menu = h("div", { id: ID, class: "settings card", popover: "", role: "dialog", "aria-label": SETTINGS_WORDS.open });
    menu.append(
      this.#choice("theme", SETTINGS_WORDS.theme, SETTINGS_WORDS.themes),
      this.#choice("units", SETTINGS_WORDS.units, SETTINGS_WORDS.unitNames),
      this.#choice("hours", SETTINGS_WORDS.hours, SETTINGS_WORDS.hourNames),
      h("fieldset", { class: "setting" }, h("legend", {}, SETTINGS_WORDS.layers), this.#switch("names", SETTINGS_WORDS.names), this.#switch("trail", SETTINGS_WORDS.trail), this.#switch("places", SETTINGS_WORDS.places)),
      this.#note,
    );
    place.append(open, menu);
    this.show();
  }

  /** Puts something more above the note at the foot. */
  add(...elements: HTMLElement[]): void {
    this.#note.before(...elements);
  }

  show(): void {
    const now = this.#preferences.now;
    for (const name of Object.keys(CHOICES) as Choice[]) {
      const chosen = this.#fields.get(`${name}-${now[name]}`);
      if (chosen !== undefined) chosen.checked = true;
      else this.#fields.get(name)!.checked = now[name] === "on";
    }
    setText(this.#note, settingsNote(zoneText(Date.now())));
  }

  #choice<Name extends "theme" | "units" | "hours">(name: Name, title: string, words: Record<Chosen[Name], string>): HTMLElement {
    const choices = (Object.entries(words) as [Chosen[Name], string][]).map(([value, word]) => {
      const id = `${name}-${value}`;
      const input = h("input", { type: "radio", name: `setting-${name}`, value, id });
      input.addEventListener("change", () => this.#preferences.choose(name, value));
      this.#fields.set(id, input);
      return [input, h("label", { for: id }, word)];
    });
    return h("fieldset", { class: "setting" }, h("legend", {}, title), h("div", { class: "segments" }, ...choices.flat()));
  }

  #switch(name: "names" | "trail" | "places", text: string): HTMLElement {
    const input = h("input", { type: "checkbox", id: `setting-${name}` });
    input.addEventListener("change", () => this.#preferences.choose(name, input.checked ? "on" : "off"));
    this.#fields.set(name, input);
    return h("label", { class: "check", for: `setting-${name}` }, input, text);
  }
}
