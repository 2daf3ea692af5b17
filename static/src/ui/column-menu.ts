// Choosing the list's columns: a popover of boxes to tick, below its button.

import { COLUMNS } from "../page/column-choice.ts";
import type { Column, ColumnChoice } from "../page/column-choice.ts";
import { h } from "./dom.ts";
import { toolIcon } from "./tool-icons.ts";
import { words } from "../words/words.ts";

const ID = "columns-menu";
const GAP_PX = 6;

export class ColumnMenu {
  readonly button = h("button", { type: "button", class: "list-button", popovertarget: ID, "aria-label": words.list.columns, title: words.list.columns }, toolIcon("columns"));
  #choice: ColumnChoice;
  #boxes = new Map<Column, HTMLInputElement>();

  constructor(choice: ColumnChoice) {
    this.#choice = choice;
    const lines = COLUMNS.map((column) => {
      const box = h("input", { type: "checkbox", id: `column-${column}` });
      box.disabled = column === "name";
      box.addEventListener("change", () => choice.toggle(column));
      this.#boxes.set(column, box);
      return h("label", { class: "check", for: `column-${column}` }, box, words.columns[column]);
    });
    const reset = h("button", { type: "button", class: "bar-button" }, words.list.reset);
    reset.addEventListener("click", () => choice.reset());
    const menu = h("div", { id: ID, class: "columns-menu card", popover: "", role: "dialog", "aria-label": words.list.columns }, ...lines, reset);
    document.body.append(menu);
    menu.addEventListener("toggle", () => this.#place(menu));
    choice.onChange(() => this.#show());
    this.#show();
  }

  #show(): void {
    const now = this.#choice.now;
    for (const [column, box] of this.#boxes) box.checked = now.includes(column);
  }

  /** Beside its button, within the window. */
  #place(menu: HTMLElement): void {
    if (!menu.matches(":popover-open")) return;
    const at = this.button.getBoundingClientRect();
    menu.style.left = `${Math.max(8, Math.min(at.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(at.bottom + GAP_PX, innerHeight - menu.offsetHeight - 8))}px`;
  }
}
