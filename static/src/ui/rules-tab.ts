// The tab with the rules: what raises an alarm, each to be switched, changed and deleted by those
// who may.

import { fetchGroups } from "../access/list-page.ts";
import { ask } from "../access/api.ts";
import { fold } from "../live/names.ts";
import { displayName } from "../live/names.ts";
import { newId } from "../page/kept-list.ts";
import type { PlaceBook } from "../page/places.ts";
import type { Rule, RuleBook } from "../page/rules.ts";
import { fetchWebhooks } from "../page/webhooks.ts";
import type { Vehicle } from "../protocol.ts";
import { severityIcon } from "./alarm-icons.ts";
import { h, replaceLines, setText } from "./dom.ts";
import { barButton, buttonOf, say, tickBox, troubleText } from "./form-parts.ts";
import type { Found } from "./form-parts.ts";
import { RuleForm } from "./rule-form.ts";
import { ruleText } from "./rule-words.ts";
import { words } from "../words/words.ts";

const MOST_FOUND = 8;

export interface RulesHost {
  rules: RuleBook;
  places: PlaceBook;
  mayChange(): boolean;
  isAdministrator(): boolean;
  nameOf(id: string): string;
}

export class RulesTab {
  readonly element = h("section", { class: "side-tab rules-tab" });
  #host: RulesHost;
  #list = h("ul", { class: "side-list" });
  #summary = h("p", { class: "muted" });
  #note = h("p", { class: "side-note", role: "status" });
  #add: HTMLButtonElement;
  #main: HTMLElement;
  #form: RuleForm | null = null;
  #askedId = "";

  constructor(host: RulesHost) {
    this.#host = host;
    this.#add = barButton(words.rules.add, () => void this.#edit({ id: newId("rule"), name: "", kind: "speeding", severity: "warning", enabled: true }));
    this.#main = h("div", { class: "side-main" }, h("div", { class: "side-row" }, this.#add), this.#summary, this.#note, this.#list);
    this.element.append(this.#main);
    host.rules.onChange(() => this.show());
  }

  async load(): Promise<void> {
    try {
      await Promise.all([this.#host.rules.load(), this.#host.places.load()]);
    } catch (error) {
      say(this.#note, troubleText(words.rules.failed, error), true);
    }
    this.show();
  }

  cancel(): boolean {
    if (this.#form === null) return false;
    this.#endForm();
    return true;
  }

  show(): void {
    this.#add.hidden = !this.#host.mayChange();
    const rules = [...this.#host.rules.items].sort((one, other) => one.name.localeCompare(other.name));
    setText(this.#summary, rules.length === 0 ? words.rules.none : "");
    replaceLines(this.#list, rules.map((rule) => this.#line(rule)));
  }

  #line(rule: Rule): HTMLElement {
    const mayChange = this.#host.mayChange();
    const kind = rule.name === words.alarmKinds[rule.kind] ? "" : `${words.alarmKinds[rule.kind]}: `;
    const head = h("p", {}, severityIcon(rule.severity), h("span", { class: "visually-hidden" }, `${words.severity[rule.severity]}: `), h("strong", {}, rule.name), rule.enabled || mayChange ? null : h("span", { class: "muted" }, ` (${words.rules.off})`));
    const line = h("li", { class: `side-line${rule.enabled ? "" : " is-off"}` }, h("div", { class: "side-line-text" }, head, h("span", { class: "muted" }, kind + ruleText(rule))));
    line.dataset["id"] = rule.id;
    if (!mayChange) return line;
    if (this.#askedId === rule.id) {
      line.append(h("span", {}, words.rules.removeAsk), buttonOf(words.rules.yes, rule.name, () => void this.#remove(rule)), buttonOf(words.rules.cancel, rule.name, () => this.#ask("")));
      return line;
    }
    const isOn = tickBox(words.rules.enabled, rule.enabled);
    isOn.input.setAttribute("aria-label", `${words.rules.enabled}: ${rule.name}`);
    isOn.input.addEventListener("change", () => void this.#do(() => this.#host.rules.put({ ...rule, enabled: isOn.input.checked })));
    line.append(isOn.element, buttonOf(words.rules.edit, rule.name, () => void this.#edit(rule)), buttonOf(words.rules.remove, rule.name, () => this.#ask(rule.id)));
    return line;
  }

  #ask(id: string): void {
    const lineId = id || this.#askedId;
    this.#askedId = id;
    this.show();
    this.#list.querySelector<HTMLElement>(`[data-id="${CSS.escape(lineId)}"] .bar-button`)?.focus();
  }

  async #remove(rule: Rule): Promise<void> {
    this.#askedId = "";
    await this.#do(() => this.#host.rules.remove(rule.id));
    this.#add.focus();
  }

  async #do(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
      say(this.#note, "");
    } catch (error) {
      say(this.#note, troubleText(words.rules.failed, error), true);
    }
    this.show();
  }

  async #edit(rule: Rule): Promise<void> {
    const { places, nameOf } = this.#host;
    const [groups, webhooks] = await Promise.all([fetchGroups(), this.#host.isAdministrator() ? fetchWebhooks() : []]);
    const named = (all: readonly string[] | undefined, name: (id: string) => string): Found[] => (all ?? []).map((id) => ({ id, name: name(id) }));
    const form = new RuleForm(
      rule,
      {
        groups,
        webhooks,
        places: named(rule.places, (id) => places.byId(id)?.name ?? id),
        vehicles: named(rule.whom?.vehicles, nameOf),
        findPlaces: (text) => Promise.resolve(places.items.filter(({ name }) => fold(name).includes(fold(text)))),
        findVehicles,
      },
      {
        onSave: async (changed) => {
          await this.#host.rules.put(changed);
          this.#endForm();
        },
        onCancel: () => this.#endForm(),
      },
    );
    this.#form?.element.remove();
    this.#form = form;
    this.#main.hidden = true;
    this.element.append(form.element);
    form.focus();
  }

  #endForm(): void {
    this.#form?.element.remove();
    this.#form = null;
    this.#main.hidden = false;
    if (!this.element.hidden) this.#add.focus();
  }
}

/** Of a fleet of any size, so the server is asked. */
async function findVehicles(text: string): Promise<Found[]> {
  const query = new URLSearchParams({ q: text, limit: String(MOST_FOUND) });
  const { content } = await ask<{ vehicles: Vehicle[] }>("GET", `/api/v1/vehicles?${query}`);
  return content.vehicles.map((vehicle) => ({ id: vehicle.id, name: displayName(vehicle) }));
}
