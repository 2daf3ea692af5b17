// The parts that the pages of access are put together from: buttons, fields, notices, times.

import { h } from "../ui/dom.ts";
import { agoText, failureText, fullText } from "./words.ts";
import { words } from "../words/words.ts";

let nextId = 0;

export function uniqueId(stem: string): string {
  nextId += 1;
  return `${stem}-${nextId}`;
}

export type ButtonKind = "primary" | "plain" | "danger" | "quiet";

export function button(text: string, kind: ButtonKind, onClick?: () => unknown): HTMLButtonElement {
  const element = h("button", { type: onClick === undefined ? "submit" : "button", class: `button ${kind}` }, text);
  if (onClick !== undefined) element.addEventListener("click", () => void onClick());
  return element;
}

/** A labelled control with a note that is read out with it. */
export function field(label: string, control: HTMLElement, note?: string): HTMLElement {
  const id = control.id === "" ? uniqueId("field") : control.id;
  control.id = id;
  const noted = note === undefined ? null : h("p", { class: "note", id: `${id}-note` }, note);
  if (noted !== null) control.setAttribute("aria-describedby", noted.id);
  return h("div", { class: "field" }, h("label", { for: id }, label), noted, control);
}

export function textInput(attributes: Record<string, string> = {}): HTMLInputElement {
  return h("input", { type: "text", autocapitalize: "none", spellcheck: "false", autocomplete: "off", ...attributes });
}

export function select(options: readonly (readonly [string, string])[], chosen?: string): HTMLSelectElement {
  const element = h("select", {}, ...options.map(([value, text]) => h("option", { value }, text)));
  if (chosen !== undefined) element.value = chosen;
  return element;
}

/** Says what happened, aloud as well: troubles as an alert, news politely. */
export class Notice {
  readonly element = h("p", { class: "notice", role: "status" });

  say(text: string): void {
    this.#show(text, "news", "status");
  }

  trouble(error: unknown): void {
    this.#show(typeof error === "string" ? error : failureText(error), "trouble", "alert");
  }

  clear(): void {
    this.element.replaceChildren();
  }

  #show(text: string, kind: string, role: string): void {
    this.element.setAttribute("role", role);
    this.element.dataset["kind"] = kind;
    this.element.textContent = text;
  }
}

/** A form that does one thing at a time: while it is under way, it cannot be sent again. */
export function form(content: Node[], notice: Notice, send: () => Promise<unknown>): HTMLFormElement {
  const element = h("form", { class: "form", novalidate: "" }, ...content);
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    if (element.getAttribute("aria-busy") !== "true") void sendIt();
  });
  return element;

  async function sendIt(): Promise<void> {
    notice.clear();
    element.setAttribute("aria-busy", "true");
    await send().catch((error: unknown) => notice.trouble(error));
    element.removeAttribute("aria-busy");
  }
}

/** Brings one into a field that is not right, and says why. */
export function refuse(notice: Notice, control: HTMLElement, text: string): void {
  notice.trouble(text);
  control.focus();
}

/** A time as people say it, exact on demand; a dash where there is none. */
export function time(at: string | undefined | null, absent = words.access.never): HTMLElement {
  const ms = Date.parse(at ?? "");
  if (Number.isNaN(ms)) return h("span", { class: "muted" }, absent);
  return h("time", { datetime: new Date(ms).toISOString(), title: fullText(ms) }, agoText(ms));
}

export function badge(text: string, kind = "plain"): HTMLElement {
  return h("span", { class: `badge ${kind}` }, text);
}

/** A table with a caption for those who cannot see it; narrow screens show each row as a card. */
export function table(caption: string, heads: readonly string[], rows: readonly (readonly (Node | string)[])[]): HTMLElement {
  const head = h("tr", {}, ...heads.map((text) => h("th", { scope: "col" }, text === "" ? h("span", { class: "visually-hidden" }, words.access.actions) : text)));
  const body = rows.map((cells) =>
    h("tr", {}, ...cells.map((cell, i) => (i === 0 ? h("th", { scope: "row" }, cell) : h("td", { "data-label": heads[i] ?? "" }, cell)))),
  );
  return h("table", {}, h("caption", { class: "visually-hidden" }, caption), h("thead", {}, head), h("tbody", {}, ...body));
}

export function actions(...buttons: (Node | null)[]): HTMLElement {
  return h("div", { class: "actions" }, ...buttons);
}
