// Out of service: in the detail panel for one vehicle, and as a list of all.

import type { OutOfServiceBook } from "../page/rules.ts";
import { h, setText } from "./dom.ts";
import { barButton, buttonOf, labelled, say, troubleText } from "./form-parts.ts";
import { serviceText } from "./rule-words.ts";
import { words } from "../words/words.ts";

const MOST_REASON = 200;

export interface ServiceHost {
  book: OutOfServiceBook;
  mayChange(): boolean;
  nowMs(): number;
  nameOf(id: string): string;
  onShow(id: string): void;
}

/** What the detail panel shows of it. */
export class ServicePart {
  readonly element = h("div", { class: "service-part" });
  #host: ServiceHost;
  #id: string | undefined;
  #text = h("p", { class: "service-text" });
  #open: HTMLButtonElement;
  #end: HTMLButtonElement;
  #form = h("form", { class: "side-form", novalidate: "", hidden: "" });
  #until = h("input", { type: "datetime-local" });
  #reason = h("input", { type: "text", maxlength: String(MOST_REASON), autocomplete: "off" });
  #note = h("p", { class: "side-note", role: "status" });

  constructor(host: ServiceHost) {
    this.#host = host;
    this.#open = barButton(words.service.put, () => this.#toggle(this.#form.hasAttribute("hidden")));
    this.#open.setAttribute("aria-expanded", "false");
    this.#end = barButton(words.service.end, () => void this.#do(() => host.book.end(this.#id!)));
    const save = h("button", { type: "submit", class: "bar-button primary" }, words.service.save);
    this.#form.append(labelled(words.service.until, this.#until), h("p", { class: "muted" }, words.service.untilNote), labelled(words.service.reason, this.#reason), this.#note, h("div", { class: "side-row" }, save, barButton(words.service.cancel, () => this.#toggle(false))));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save();
    });
    this.element.append(this.#text, h("div", { class: "side-row" }, this.#open, this.#end), this.#form);
    host.book.onChange(() => this.show());
  }

  select(id: string | undefined): void {
    if (id !== this.#id) this.#form.hidden = true;
    this.#id = id;
    say(this.#note, "");
    this.show();
  }

  show(): void {
    const { book } = this.#host;
    const out = this.#id === undefined ? undefined : book.of(this.#id);
    const mayChange = this.#host.mayChange() && book.isThere && this.#id !== undefined;
    setText(this.#text, out === undefined ? "" : `${words.service.title} ${serviceText(out, this.#host.nowMs())}`);
    this.#text.hidden = out === undefined;
    this.#open.hidden = !mayChange;
    setText(this.#open, out === undefined ? words.service.put : words.service.change);
    this.#end.hidden = !mayChange || out === undefined;
    this.element.hidden = out === undefined && !mayChange;
  }

  #toggle(isOpen: boolean): void {
    const out = this.#host.book.of(this.#id ?? "");
    this.#form.hidden = !isOpen;
    this.#open.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return this.#open.focus();
    this.#until.value = out?.until === undefined ? "" : localText(Date.parse(out.until));
    this.#reason.value = out?.reason ?? "";
    this.#until.focus();
  }

  async #save(): Promise<void> {
    const untilMs = this.#until.value === "" ? null : new Date(this.#until.value).getTime();
    if (untilMs !== null && !(untilMs > this.#host.nowMs())) {
      say(this.#note, words.service.bad, true);
      return this.#until.focus();
    }
    const reason = this.#reason.value.trim();
    await this.#do(() => this.#host.book.set(this.#id!, { ...(untilMs !== null && { until: new Date(untilMs).toISOString() }), ...(reason !== "" && { reason }) }));
  }

  async #do(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.#toggle(false);
      say(this.#note, "");
    } catch (error) {
      say(this.#note, troubleText(words.service.failed, error), true);
    }
    this.show();
  }
}

/** All of them, under the rules. */
export class ServiceList {
  readonly element = h("section", { class: "service-list", "aria-label": words.service.title });
  #host: ServiceHost;
  #list = h("ul", { class: "side-list" });
  #note = h("p", { class: "side-note", role: "status" });

  constructor(host: ServiceHost) {
    this.#host = host;
    this.element.append(h("h2", {}, words.service.title), this.#note, this.#list);
    host.book.onChange(() => this.show());
  }

  show(): void {
    const { book } = this.#host;
    this.element.hidden = !book.isThere;
    const lines = book.vehicles.map((out) => {
      const name = h("button", { type: "button", class: "several-name" }, this.#host.nameOf(out.vehicle));
      name.addEventListener("click", () => this.#host.onShow(out.vehicle));
      const line = h("li", { class: "side-line" }, h("div", { class: "side-line-text" }, name, h("span", { class: "muted" }, serviceText(out, this.#host.nowMs()))));
      if (this.#host.mayChange()) line.append(buttonOf(words.service.end, this.#host.nameOf(out.vehicle), () => void this.#end(out.vehicle)));
      return line;
    });
    this.#list.replaceChildren(...(lines.length === 0 ? [h("li", { class: "muted" }, words.service.none)] : lines));
  }

  async #end(id: string): Promise<void> {
    await this.#host.book.end(id).catch((error: unknown) => say(this.#note, troubleText(words.service.failed, error), true));
  }
}

/** As such a field wants it: local, without seconds. */
function localText(ms: number): string {
  const date = new Date(ms);
  return new Date(ms - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
