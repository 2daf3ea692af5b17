// Parts of the forms in the panel at the right: labelled fields, boxes to tick, and choosing some of
// many by typing.

import { h, setText } from "./dom.ts";
import { wordOf, words } from "../words/words.ts";
import { ApiFailure } from "../access/api.ts";

let nextId = 0;

export function uniqueId(stem: string): string {
  nextId += 1;
  return `${stem}-${nextId}`;
}

export function labelled(label: string, control: HTMLElement, after: Node | string = ""): HTMLElement {
  control.id ||= uniqueId("field");
  const note = after === "" ? [] : [after];
  return h("div", { class: "side-field" }, h("label", { for: control.id }, label), h("div", { class: "side-control" }, control, ...note));
}

export function barButton(text: string, act: () => void, kind = ""): HTMLButtonElement {
  const button = h("button", { type: "button", class: `bar-button ${kind}`.trim() }, text);
  button.addEventListener("click", act);
  return button;
}

/** A button of many alike says whose it is. */
export function buttonOf(text: string, whose: string, act: () => void): HTMLButtonElement {
  const button = barButton(text, act);
  button.setAttribute("aria-label", `${text}: ${whose}`);
  return button;
}

export function tickBox(text: string, isOn: boolean): { element: HTMLElement; input: HTMLInputElement } {
  const input = h("input", { type: "checkbox" });
  input.checked = isOn;
  return { element: h("label", { class: "check" }, input, text), input };
}

/** Some of a few. */
export class Boxes {
  readonly element: HTMLElement;
  #inputs: { value: string; input: HTMLInputElement }[];

  constructor(title: string, choices: readonly (readonly [value: string, text: string])[], chosen: readonly string[], note = "") {
    const boxes = choices.map(([value, text]) => ({ value, ...tickBox(text, chosen.includes(value)) }));
    this.#inputs = boxes;
    this.element = h("fieldset", { class: "setting side-boxes" }, h("legend", {}, title), h("div", { class: "box-row" }, ...boxes.map(({ element }) => element)), note === "" ? null : h("p", { class: "muted" }, note));
    this.element.hidden = choices.length === 0;
  }

  get chosen(): string[] {
    return this.#inputs.filter(({ input }) => input.checked).map(({ value }) => value);
  }
}

export interface Found {
  id: string;
  name: string;
}

/** Some of very many, found by typing. */
export class Chooser {
  readonly element: HTMLElement;
  #chosen: Found[];
  #chips = h("ul", { class: "chips" });
  #field = h("input", { type: "text", autocomplete: "off", spellcheck: "false", maxlength: "100" });
  #list = h("ul", { class: "place-list" });
  #find: (text: string) => Promise<Found[]>;
  #asked = 0;

  constructor(title: string, note: string, chosen: readonly Found[], find: (text: string) => Promise<Found[]>) {
    this.#chosen = [...chosen];
    this.#find = find;
    this.#field.id = uniqueId("chooser");
    this.element = h("div", { class: "side-field" }, h("label", { for: this.#field.id }, title), this.#chips, h("div", { class: "side-control" }, this.#field), this.#list, h("p", { class: "muted" }, note));
    this.#field.addEventListener("input", () => void this.#search());
    this.#field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#list.querySelector("button")?.click();
      else if (event.key === "ArrowDown") this.#list.querySelector("button")?.focus();
      else return;
      event.preventDefault();
    });
    this.#list.addEventListener("keydown", (event) => {
      const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const buttons = [...this.#list.querySelectorAll("button")];
      if (way === undefined) return;
      event.preventDefault();
      (buttons[buttons.indexOf(document.activeElement as HTMLButtonElement) + way] ?? this.#field).focus();
    });
    this.#draw();
  }

  set title(title: string) {
    setText(this.element.querySelector("label")!, title);
  }

  get chosen(): string[] {
    return this.#chosen.map(({ id }) => id);
  }

  async #search(): Promise<void> {
    const asked = ++this.#asked;
    const text = this.#field.value.trim();
    const found = text === "" ? [] : await this.#find(text).catch(() => []);
    if (asked !== this.#asked) return;
    const lines = found.filter(({ id }) => !this.chosen.includes(id)).slice(0, 8);
    this.#list.replaceChildren(...lines.map((one) => h("li", {}, this.#line(one))));
  }

  #line(one: Found): HTMLButtonElement {
    const button = h("button", { type: "button", class: "place-line" }, one.name);
    button.addEventListener("click", () => {
      this.#chosen.push(one);
      this.#field.value = "";
      this.#list.replaceChildren();
      this.#draw();
      this.#field.focus();
    });
    return button;
  }

  #draw(): void {
    this.#chips.replaceChildren(
      ...this.#chosen.map((one) => {
        const remove = h("button", { type: "button", "aria-label": words.rules.withdraw(one.name) }, "×");
        remove.addEventListener("click", () => {
          this.#chosen = this.#chosen.filter(({ id }) => id !== one.id);
          this.#draw();
          this.#field.focus();
        });
        return h("li", { class: "chip" }, one.name, remove);
      }),
    );
  }
}

/** What went wrong, in words: ours where the server's code says all; its own where it gives a reason. */
export function troubleText(before: string, error: unknown): string {
  const known = error instanceof ApiFailure && error.code !== "not_allowed" ? wordOf(words.failures, error.code) : undefined;
  return `${before} ${known ?? (error instanceof Error ? error.message : String(error))}`;
}

export function say(element: HTMLElement, text: string, isBad = false): void {
  setText(element, text);
  element.classList.toggle("is-bad", isBad);
}
