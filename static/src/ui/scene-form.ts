// The fields of one scene: what it shows, for how long, in which colours, how large. The same on the
// map, where its part of the world is what the frame shows, and on the page of displays, where that
// stays what it is.

import { pathsOf } from "../live/groups.ts";
import { DWELL_S, MOST_NAME, SCALE, minuteOf } from "../wall/scene.ts";
import type { Area, Bounds, Scales, Scene, ThemeRule } from "../wall/scene.ts";
import { timeText } from "../wall/scene-sent.ts";
import { h } from "./dom.ts";
import { tickBox, uniqueId } from "./form-parts.ts";
import { words } from "../words/words.ts";
import type { Words } from "../words/words.ts";

export interface SceneChoices {
  groups: readonly string[];
  /** What of the map would be shown now; null where no map is at hand, and the scene has none. */
  bounds: (() => Bounds) | null;
  boundsWord: string;
  boundsNote: string;
}

/** What was entered, or what is wrong with it and where. */
export type Entered = { scene: Scene } | { problem: string; control: HTMLElement };

type Theme = keyof Words["wallTab"]["themes"];
const SCALES = ["icons", "labels", "panels"] as const;
const PARTS = ["clock", "counts", "feeds"] as const;
const EVENING = "21:00";
const MORNING = "06:00";

export class SceneForm {
  readonly element = h("div", { class: "scene-fields" });
  #choices: SceneChoices;
  #name = h("input", { type: "text", maxlength: String(MOST_NAME), autocomplete: "off" });
  #areas = new Map<Area["kind"], HTMLInputElement>();
  #group: HTMLSelectElement;
  #areaNote = h("p", { class: "muted scene-note" });
  #dwell = h("input", { type: "number", min: String(DWELL_S.from), max: String(DWELL_S.to), step: "1" });
  #theme = h("select", {}, ...(Object.entries(words.wallTab.themes) as [Theme, string][]).map(([value, text]) => h("option", { value }, text)));
  #darkFrom = h("input", { type: "time" });
  #darkTo = h("input", { type: "time" });
  #hours: HTMLElement;
  #names: HTMLInputElement;
  #parts = new Map<(typeof PARTS)[number], HTMLInputElement>();
  #scales = new Map<keyof Scales, HTMLInputElement>();
  #sizes = h("details", { class: "scene-sizes" }, h("summary", {}, words.wallTab.sizes));

  constructor(scene: Scene, choices: SceneChoices) {
    this.#choices = choices;
    const { area } = scene;
    const chosen = area.kind === "group" ? (pathsOf(area.group).at(-1) ?? area.group) : "";
    const groups = [...new Set([...choices.groups.flatMap(pathsOf), ...(chosen === "" ? [] : [chosen])])].sort((one, other) => one.localeCompare(other));
    this.#group = h("select", { "aria-label": words.wallTab.groupLabel }, ...groups.map((path) => h("option", { value: path }, path)));
    if (chosen !== "") this.#group.value = chosen;
    this.#name.value = scene.name;
    this.#dwell.value = String(scene.dwellS);
    this.#showTheme(scene.theme);
    this.#hours = h("div", { class: "scene-row" }, labelled(words.wallTab.darkFrom, this.#darkFrom), labelled(words.wallTab.darkTo, this.#darkTo));
    const names = tickBox(words.wallTab.names, scene.layers.names);
    this.#names = names.input;
    const parts = PARTS.map((part) => {
      const box = tickBox(words.wallTab[part], scene.panels[part]);
      this.#parts.set(part, box.input);
      return box.element;
    });
    this.#addSizes(scene.scales);
    this.element.append(
      labelled(words.wallTab.name, this.#name),
      this.#areaFields(area.kind, groups),
      h("div", { class: "scene-row" }, labelled(words.wallTab.theme, this.#theme), labelled(words.wallTab.dwell, this.#dwell)),
      this.#hours,
      fieldset(words.wallTab.parts, h("div", { class: "scene-boxes" }, names.element, ...parts)),
      this.#sizes,
    );
    this.element.addEventListener("input", () => this.#show());
    this.#show();
  }

  focus(): void {
    this.#name.focus();
  }

  get name(): HTMLInputElement {
    return this.#name;
  }

  /** What of the fleet it shows, as far as that is chosen. */
  get areaKind(): Area["kind"] {
    return [...this.#areas].find(([, input]) => input.checked)?.[0] ?? "whole";
  }

  /** What is entered, checked as a wall would. */
  read(): Entered {
    const name = this.#name.value.trim();
    if (name === "") return { problem: words.wallTab.noName, control: this.#name };
    const scene = this.draft();
    if (scene.area.kind === "group" && scene.area.group === "") return { problem: words.wallTab.noGroup, control: this.#group };
    if (!this.#dwell.validity.valid || this.#dwell.value === "") return { problem: words.wallTab.range(words.wallTab.dwell, DWELL_S.from, DWELL_S.to), control: this.#dwell };
    if (this.#theme.value === "hours" && (this.#darkFrom.value === "" || this.#darkTo.value === "")) return { problem: words.wallTab.badHours, control: this.#darkFrom };
    const bad = [...this.#scales].find(([, input]) => !input.validity.valid || input.value === "");
    if (bad === undefined) return { scene };
    this.#sizes.open = true;
    return { problem: words.wallTab.range(words.wallTab[bad[0]], SCALE.from, SCALE.to), control: bad[1] };
  }

  /** The same unchecked, for trying it. */
  draft(): Scene {
    const scale = (name: keyof Scales) => Number(this.#scales.get(name)!.value);
    const part = (name: (typeof PARTS)[number]) => this.#parts.get(name)!.checked;
    return {
      name: this.#name.value.trim(),
      area: this.#area(),
      layers: { names: this.#names.checked },
      scales: { icons: scale("icons"), labels: scale("labels"), panels: scale("panels") },
      theme: this.#themeRule(),
      panels: { clock: part("clock"), counts: part("counts"), feeds: part("feeds") },
      dwellS: Number(this.#dwell.value),
    };
  }

  #area(): Area {
    const kind = this.areaKind;
    if (kind === "group") return { kind, group: this.#group.value };
    const { bounds } = this.#choices;
    return kind === "bounds" && bounds !== null ? { kind, bounds: bounds() } : { kind: "whole" };
  }

  #areaFields(kind: Area["kind"], groups: readonly string[]): HTMLElement {
    const name = uniqueId("area");
    const lines: HTMLElement[] = [];
    const add = (value: Area["kind"], text: string, after: HTMLElement | null = null) => {
      const input = h("input", { type: "radio", name, value });
      input.checked = value === kind;
      this.#areas.set(value, input);
      lines.push(h("div", { class: "scene-area" }, h("label", { class: "check" }, input, text), after));
    };
    if (this.#choices.bounds !== null) add("bounds", this.#choices.boundsWord);
    if (groups.length > 0) add("group", words.wallTab.group, this.#group);
    add("whole", words.wallTab.whole);
    // Whoever chooses a group means it.
    this.#group.addEventListener("input", () => (this.#areas.get("group")!.checked = true));
    return fieldset(words.wallTab.shows, ...lines, this.#areaNote);
  }

  #addSizes(scales: Scales): void {
    const fields = SCALES.map((name) => {
      const input = h("input", { type: "number", min: String(SCALE.from), max: String(SCALE.to), step: "any" });
      input.value = String(scales[name]);
      this.#scales.set(name, input);
      return labelled(words.wallTab[name], input);
    });
    this.#sizes.append(h("div", { class: "scene-row" }, ...fields), h("p", { class: "muted scene-note" }, words.wallTab.sizesNote));
    this.#sizes.open = SCALES.some((name) => scales[name] !== 1);
  }

  #showTheme(rule: ThemeRule | null): void {
    const isHours = typeof rule === "object" && rule !== null;
    this.#theme.value = rule === null ? "display" : isHours ? "hours" : rule;
    this.#darkFrom.value = isHours ? timeText(rule.darkFromMin) : EVENING;
    this.#darkTo.value = isHours ? timeText(rule.darkToMin) : MORNING;
  }

  #themeRule(): ThemeRule | null {
    const theme = this.#theme.value as Theme;
    if (theme === "display") return null;
    if (theme !== "hours") return theme;
    return { darkFromMin: minuteOf(this.#darkFrom.value) ?? 0, darkToMin: minuteOf(this.#darkTo.value) ?? 0 };
  }

  #show(): void {
    const kind = this.areaKind;
    this.#hours.hidden = this.#theme.value !== "hours";
    this.#areaNote.textContent = kind === "bounds" ? this.#choices.boundsNote : kind === "group" ? words.wallTab.groupNote : "";
  }
}

function labelled(label: string, control: HTMLElement): HTMLElement {
  control.id = uniqueId("scene");
  return h("div", { class: "scene-field" }, h("label", { for: control.id }, label), control);
}

function fieldset(title: string, ...content: HTMLElement[]): HTMLElement {
  return h("fieldset", { class: "scene-set" }, h("legend", {}, title), ...content);
}
