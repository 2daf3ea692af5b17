// The saved views, in a popover at the top: what is seen now is saved under a name; those that are
// there are opened, and one's own renamed, shared and deleted. Where the server has none, there is
// no such button.

import { ViewRefusal, deleteView, fetchViews, newViewId, putView } from "../page/saved-views.ts";
import type { SavedView } from "../page/saved-views.ts";
import { h, setText } from "./dom.ts";
import { toolIcon } from "./tool-icons.ts";
import { words } from "../words/words.ts";

const ID = "views-menu";
const MOST_NAME = 80;

export class ViewsMenu {
  #place: HTMLElement;
  /** The fragment of what is seen now. */
  #fragment: () => string;
  #open: (fragment: string) => void;
  #note = h("p", { class: "muted", role: "status" });
  #list = h("ul", { class: "views" });
  #name = h("input", { id: "view-name", type: "text", maxlength: String(MOST_NAME), autocomplete: "off" });
  #menu: HTMLElement;
  #views: SavedView[] = [];
  /** Whose line shows something else than its buttons. */
  #asked: { id: string; for: "rename" | "remove" } | null = null;

  constructor(place: HTMLElement, fragment: () => string, open: (fragment: string) => void) {
    this.#place = place;
    this.#fragment = fragment;
    this.#open = open;
    const form = h("form", { novalidate: "" }, h("label", { for: "view-name" }, words.views.name), h("div", { class: "go-to-row" }, this.#name, h("button", { type: "submit", class: "bar-button primary" }, words.views.save)));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save();
    });
    this.#menu = h("div", { id: ID, class: "views-menu card", popover: "", role: "dialog", "aria-label": words.views.title }, h("h2", {}, words.views.title), this.#list, form, this.#note);
    this.#menu.addEventListener("toggle", (event) => {
      if ((event as ToggleEvent).newState === "open") void this.#load();
    });
  }

  /** Shows the button, if there is something behind it. */
  async begin(): Promise<void> {
    const views = await fetchViews().catch(() => []);
    if (views === null) return;
    this.#views = views;
    const button = h("button", { type: "button", class: "settings-open", popovertarget: ID, "aria-label": words.views.title, title: words.views.title }, toolIcon("views"));
    this.#place.append(button, this.#menu);
    this.#draw();
  }

  async #load(): Promise<void> {
    setText(this.#note, "");
    this.#asked = null;
    this.#draw();
    await this.#do(async () => {
      this.#views = (await fetchViews()) ?? [];
    });
  }

  async #save(): Promise<void> {
    const name = this.#name.value.trim();
    if (name === "") {
      setText(this.#note, words.views.noName);
      return this.#name.focus();
    }
    // The same name again is the same view, as it is seen now.
    const before = this.#views.find((view) => view.own && view.name === name);
    await this.#change({ id: before?.id ?? newViewId(), name, fragment: this.#fragment(), shared: before?.shared ?? false, own: true });
    this.#name.value = "";
  }

  #change(view: SavedView): Promise<void> {
    return this.#do(async () => {
      await putView(view);
      this.#views = (await fetchViews()) ?? [];
    });
  }

  #remove(id: string): Promise<void> {
    return this.#do(async () => {
      await deleteView(id);
      this.#views = this.#views.filter((view) => view.id !== id);
    });
  }

  /** Does something on the server, and shows what came of it. */
  async #do(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      setText(this.#note, "");
      this.#asked = null;
    } catch (error) {
      setText(this.#note, `${words.views.failed} ${error instanceof ViewRefusal ? error.message : String(error)}`);
    }
    this.#draw();
  }

  #draw(): void {
    const hadFocus = this.#list.contains(document.activeElement);
    const lines = [...this.#views].sort((a, b) => a.name.localeCompare(b.name)).map((view) => this.#line(view));
    this.#list.replaceChildren(...(lines.length === 0 ? [h("li", { class: "muted" }, words.views.none)] : lines));
    if (hadFocus) (this.#list.querySelector<HTMLElement>("input, [data-first]") ?? this.#name).focus();
  }

  #line(view: SavedView): HTMLElement {
    const line = h("li", { class: "view" });
    if (this.#asked?.id === view.id && this.#asked.for === "rename") {
      line.append(this.#renameForm(view));
      return line;
    }
    const open = button(view.name, () => {
      this.#menu.hidePopover();
      this.#open(view.fragment);
    }, "view-name");
    open.setAttribute("aria-label", `${words.views.open} ${view.name}`);
    const tag = view.shared ? words.views.shared : view.own ? "" : words.views.ofOthers;
    line.append(open, h("span", { class: "muted" }, tag));
    if (!view.own) return line;
    if (this.#asked?.id === view.id) line.append(h("span", {}, words.views.removeAsk), first(button(words.views.remove, () => void this.#remove(view.id))), button(words.views.cancel, () => this.#ask(null)));
    else line.append(...this.#buttons(view));
    return line;
  }

  #buttons(view: SavedView): HTMLElement[] {
    const share = button(words.views.share, () => void this.#change({ ...view, shared: !view.shared }));
    share.setAttribute("aria-pressed", String(view.shared));
    const all = [share, button(words.views.rename, () => this.#ask({ id: view.id, for: "rename" })), button(words.views.remove, () => this.#ask({ id: view.id, for: "remove" }))];
    for (const one of all) one.setAttribute("aria-label", `${one.textContent}: ${view.name}`);
    return all;
  }

  #renameForm(view: SavedView): HTMLElement {
    const field = h("input", { type: "text", maxlength: String(MOST_NAME), "aria-label": words.views.name });
    field.value = view.name;
    const form = h("form", { class: "go-to-row", novalidate: "" }, field, h("button", { type: "submit", class: "bar-button" }, words.views.done), button(words.views.cancel, () => this.#ask(null)));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = field.value.trim();
      if (name !== "") void this.#change({ ...view, name });
    });
    return form;
  }

  #ask(asked: { id: string; for: "rename" | "remove" } | null): void {
    this.#asked = asked;
    this.#draw();
  }
}

function button(text: string, act: () => void, name = "bar-button"): HTMLButtonElement {
  const element = h("button", { type: "button", class: name }, text);
  element.addEventListener("click", act);
  return element;
}

/** To be focused where the line is drawn anew. */
function first(element: HTMLElement): HTMLElement {
  element.dataset["first"] = "";
  return element;
}
