// The form of one rule: fields come and go with its kind. Speeds are typed in the viewer's units and
// sent in metres a second.

import { KINDS } from "../page/rules.ts";
import type { Rule } from "../page/rules.ts";
import { SEVERITIES } from "../page/alarm-order.ts";
import type { AlarmKind, Severity } from "../protocol.ts";
import type { Webhook } from "../page/webhooks.ts";
import { h } from "./dom.ts";
import { Boxes, Chooser, barButton, labelled, say, tickBox, troubleText } from "./form-parts.ts";
import type { Found } from "./form-parts.ts";
import { QuietFields } from "./quiet-fields.ts";
import { mpsOf, speedNumberOf, speedUnit } from "./units.ts";
import { ageText } from "./words.ts";
import { words } from "../words/words.ts";

const REPEATS_S = [15, 30, 60, 120, 300, 600, 1_800];
const FIRST_OVER_MPS = 90 / 3.6;
const FIRST_FOR_S: Partial<Record<AlarmKind, number>> = { speeding: 10, idling: 600 };
/** Which kinds have which fields. */
const HAS = {
  over: ["speeding"],
  forS: ["speeding", "idling"],
  places: ["entering", "leaving", "speeding", "idling"],
  whom: ["speeding", "idling", "stopped_reporting", "panic", "entering", "leaving"],
} satisfies Record<string, AlarmKind[]>;
const NEEDS_PLACES: AlarmKind[] = ["entering", "leaving"];

export interface RuleChoices {
  groups: readonly string[];
  webhooks: readonly Webhook[];
  places: readonly Found[];
  vehicles: readonly Found[];
  findPlaces(text: string): Promise<Found[]>;
  findVehicles(text: string): Promise<Found[]>;
}

export interface RuleFormEnds {
  onSave(rule: Rule): Promise<void>;
  onCancel(): void;
}

export class RuleForm {
  readonly element = h("form", { class: "side-form", novalidate: "" });
  #rule: Rule;
  #name = h("input", { type: "text", maxlength: "80", autocomplete: "off" });
  #kind = h("select", { class: "side-select" }, ...KINDS.map((kind) => h("option", { value: kind }, words.alarmKinds[kind])));
  #severity = h("select", { class: "side-select" }, ...SEVERITIES.map((severity) => h("option", { value: severity }, words.severity[severity])));
  #over = h("input", { type: "number", min: "1", step: "1", inputmode: "numeric" });
  #forS = h("input", { type: "number", min: "1", step: "any", inputmode: "decimal" });
  #forUnit = h("span");
  #repeat: HTMLSelectElement;
  #enabled: ReturnType<typeof tickBox>;
  #groups: Boxes;
  #vehicles: Chooser;
  #places: Chooser;
  #webhooks: Boxes;
  #quiet: QuietFields;
  #note = h("p", { class: "side-note", role: "status" });
  #parts: Record<keyof typeof HAS, HTMLElement[]>;

  constructor(rule: Rule, choices: RuleChoices, ends: RuleFormEnds) {
    this.#rule = rule;
    this.#name.value = rule.name;
    this.#kind.value = rule.kind;
    this.#severity.value = rule.severity;
    this.#over.value = String(speedNumberOf(rule.over_mps ?? FIRST_OVER_MPS));
    this.#repeat = repeatSelect(rule.repeat_s);
    this.#enabled = tickBox(words.rules.enabled, rule.enabled);
    this.#groups = new Boxes(words.rules.groups, choices.groups.map((group) => [group, group] as const), rule.whom?.groups ?? []);
    this.#vehicles = new Chooser(words.rules.vehicles, words.rules.vehiclesNote, choices.vehicles, choices.findVehicles);
    this.#places = new Chooser(words.rules.places, words.rules.placesNote, choices.places, choices.findPlaces);
    this.#webhooks = new Boxes(words.rules.webhooks, choices.webhooks.map(({ id, name }) => [id, name] as const), rule.webhooks ?? []);
    this.#quiet = new QuietFields(rule.quiet);
    this.#parts = { over: [labelled(words.rules.over, this.#over, speedUnit())], forS: [labelled(words.rules.forS, this.#forS, this.#forUnit)], places: [this.#places.element], whom: [this.#groups.element, this.#vehicles.element] };
    const save = h("button", { type: "submit", class: "bar-button primary" }, words.rules.save);
    const { over, forS, places, whom } = this.#parts;
    this.element.append(h("h2", {}, rule.name || words.rules.newRule), labelled(words.rules.name, this.#name), labelled(words.rules.kind, this.#kind), labelled(words.rules.severity, this.#severity), ...over, ...forS, ...places, ...whom, this.#quiet.element, labelled(words.rules.repeat, this.#repeat), this.#webhooks.element, this.#enabled.element, this.#note, h("div", { class: "side-row" }, save, barButton(words.rules.cancel, () => ends.onCancel())));
    this.#kind.addEventListener("change", () => this.#showKind(true));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save(ends);
    });
    this.#showKind(false);
  }

  focus(): void {
    this.#name.focus();
  }

  get #kindNow(): AlarmKind {
    return this.#kind.value as AlarmKind;
  }

  #has(field: keyof typeof HAS): boolean {
    return (HAS[field] as AlarmKind[]).includes(this.#kindNow);
  }

  /** Minutes for what takes long. */
  get #unitS(): number {
    return this.#kindNow === "idling" ? 60 : 1;
  }

  #showKind(isOther: boolean): void {
    for (const field of Object.keys(HAS) as (keyof typeof HAS)[]) for (const part of this.#parts[field]) part.hidden = !this.#has(field) || (part === this.#groups.element && part.childElementCount > 0 && part.querySelector("input") === null);
    this.#places.title = NEEDS_PLACES.includes(this.#kindNow) ? words.rules.places : words.rules.everywhere;
    this.#quiet.element.hidden = this.#kindNow === "panic";
    const forS = (isOther ? undefined : this.#rule.for_s) ?? FIRST_FOR_S[this.#kindNow] ?? 10;
    this.#forS.value = String(forS / this.#unitS);
    this.#forUnit.textContent = this.#unitS === 60 ? words.rules.minutes : words.rules.seconds;
    if (this.#kindNow === "panic" && isOther) this.#severity.value = "alarm";
  }

  /** The first thing that is wrong, and where. */
  #problem(): [string, HTMLElement] | null {
    if (this.#name.value.trim() === "") return [words.rules.noName, this.#name];
    if (this.#has("over") && !(Number(this.#over.value) > 0)) return [words.rules.badOver, this.#over];
    if (this.#has("forS") && !(Number(this.#forS.value) > 0)) return [words.rules.badFor, this.#forS];
    if (NEEDS_PLACES.includes(this.#kindNow) && this.#places.chosen.length === 0) return [words.rules.noPlaces, this.#places.element.querySelector("input")!];
    return this.#kindNow === "panic" ? null : this.#quiet.problem();
  }

  async #save(ends: RuleFormEnds): Promise<void> {
    const problem = this.#problem();
    if (problem !== null) {
      say(this.#note, problem[0], true);
      return problem[1].focus();
    }
    await ends.onSave(this.#read()).catch((error: unknown) => say(this.#note, troubleText(words.rules.failed, error), true));
  }

  #read(): Rule {
    const kind = this.#kindNow;
    const [groups, vehicles, places, webhooks] = [this.#groups.chosen, this.#vehicles.chosen, this.#places.chosen, this.#webhooks.chosen];
    const whom = { ...(groups.length > 0 && { groups }), ...(vehicles.length > 0 && { vehicles }) };
    const quiet = kind === "panic" ? undefined : this.#quiet.read();
    // Untouched, a speed stays what it was to the last digit, whatever it reads in other units.
    const isSameSpeed = this.#rule.over_mps !== undefined && Number(this.#over.value) === speedNumberOf(this.#rule.over_mps);
    return {
      id: this.#rule.id,
      name: this.#name.value.trim(),
      kind,
      severity: this.#severity.value as Severity,
      enabled: this.#enabled.input.checked,
      ...(this.#has("whom") && Object.keys(whom).length > 0 && { whom }),
      ...(this.#has("over") && { over_mps: isSameSpeed ? this.#rule.over_mps! : mpsOf(Number(this.#over.value)) }),
      ...(this.#has("forS") && { for_s: Math.round(Number(this.#forS.value) * this.#unitS) }),
      ...(this.#has("places") && places.length > 0 && { places }),
      ...(quiet !== undefined && { quiet }),
      ...(this.#repeat.value !== "" && { repeat_s: Number(this.#repeat.value) }),
      ...(webhooks.length > 0 ? { webhooks } : this.#webhooks.element.hidden && this.#rule.webhooks !== undefined ? { webhooks: this.#rule.webhooks } : {}),
    };
  }
}

function repeatSelect(repeatS: number | undefined): HTMLSelectElement {
  const all = repeatS === undefined || REPEATS_S.includes(repeatS) ? REPEATS_S : [...REPEATS_S, repeatS].sort((a, b) => a - b);
  const element = h("select", { class: "side-select" }, h("option", { value: "" }, words.rules.never), ...all.map((s) => h("option", { value: String(s) }, words.rules.each(ageText(s * 1000)))));
  element.value = repeatS === undefined ? "" : String(repeatS);
  return element;
}
