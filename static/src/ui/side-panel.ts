// The panel at the right for what is not one vehicle: alarms, places, rules. One tab is shown at a
// time. On a narrow screen it and the vehicle's panel take turns: whichever was opened last is in front.

import { lineKey } from "../words/direction.ts";
import { h } from "./dom.ts";
import { words } from "../words/words.ts";

export interface SideTab {
  id: string;
  title: string;
  element: HTMLElement;
  /** It is shown from now on. */
  onShow?(): void;
  /** It is shown no more. */
  onHide?(): void;
}

export class SidePanel {
  readonly #root: HTMLElement;
  #tabs: { tab: SideTab; button: HTMLButtonElement }[] = [];
  #list = h("div", { class: "side-tabs", role: "tablist", "aria-label": words.shell.side });
  #body = h("div", { class: "side-body" });
  #openId: string | null = null;
  #lastId: string | null = null;
  #opener: Element | null = null;
  #onChange: () => void;

  constructor(root: HTMLElement, onChange: () => void) {
    this.#root = root;
    this.#onChange = onChange;
    const close = h("button", { type: "button", class: "close", "aria-label": words.shell.closePanel }, "×");
    close.addEventListener("click", () => this.close());
    root.append(h("div", { class: "side-head" }, this.#list, close), this.#body);
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    // What is worked in is in front.
    root.addEventListener("focusin", () => this.toFront());
  }

  get openId(): string | null {
    return this.#openId;
  }

  add(tab: SideTab): void {
    const button = h("button", { type: "button", role: "tab", id: `side-tab-${tab.id}`, "aria-controls": `side-${tab.id}`, "aria-selected": "false", tabindex: "-1" }, tab.title);
    button.addEventListener("click", () => this.open(tab.id));
    tab.element.id = `side-${tab.id}`;
    tab.element.setAttribute("role", "tabpanel");
    tab.element.setAttribute("aria-labelledby", button.id);
    tab.element.hidden = true;
    this.#tabs.push({ tab, button });
    this.#list.append(button);
    this.#body.append(tab.element);
  }

  toggle(id: string): void {
    if (this.#openId === id && this.#isInFront) this.close();
    else this.open(id);
  }

  open(id = this.#lastId ?? this.#tabs[0]?.tab.id ?? ""): void {
    if (this.#openId === null) this.#opener = document.activeElement;
    const before = this.#openId;
    this.#openId = this.#lastId = id;
    this.#root.hidden = false;
    document.documentElement.dataset["side"] = "open";
    for (const { tab, button } of this.#tabs) {
      const isShown = tab.id === id;
      button.setAttribute("aria-selected", String(isShown));
      button.tabIndex = isShown ? 0 : -1;
      tab.element.hidden = !isShown;
      if (tab.id === before && !isShown) tab.onHide?.();
      if (isShown && tab.id !== before) tab.onShow?.();
    }
    this.toFront();
    this.#tabs.find(({ tab }) => tab.id === id)?.button.focus({ preventScroll: true });
    this.#onChange();
  }

  close(): void {
    if (this.#openId === null) return;
    const hadFocus = this.#root.contains(document.activeElement);
    this.#tabs.find(({ tab }) => tab.id === this.#openId)?.tab.onHide?.();
    this.#openId = null;
    this.#root.hidden = true;
    delete document.documentElement.dataset["side"];
    if (hadFocus && this.#opener instanceof HTMLElement) this.#opener.focus();
    this.#onChange();
  }

  toFront(): void {
    document.documentElement.dataset["front"] = "side";
  }

  /** A vehicle was opened. */
  toBack(): void {
    document.documentElement.dataset["front"] = "detail";
  }

  get #isInFront(): boolean {
    return this.#root.offsetWidth > 0;
  }

  #key(event: KeyboardEvent): void {
    const at = this.#tabs.findIndex(({ tab }) => tab.id === this.#openId);
    const last = this.#tabs.length - 1;
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[lineKey(event.key)];
    if (next === undefined) return;
    event.preventDefault();
    this.open(this.#tabs[next]!.tab.id);
  }
}
