// The heads of the list's columns. Of a table each is a button that puts the list in its order, and
// the other way round when pressed again; cards have theirs for screen readers alone.

import { SORT_OF } from "../page/column-choice.ts";
import type { Column } from "../page/column-choice.ts";
import type { ListSort } from "../live/messages.ts";
import { h } from "./dom.ts";
import { words } from "../words/words.ts";

export interface ListOrder {
  sort: ListSort;
  isDescending: boolean;
  /** The orders that can be had now. */
  isKnown(sort: ListSort): boolean;
}

export class ListHead {
  readonly element = h("div", { class: "list-head", role: "rowgroup" });
  #columns: readonly Column[] = [];
  #isTable = false;
  #order: ListOrder = { sort: "name", isDescending: false, isKnown: () => true };
  #onSort: (sort: ListSort) => void;
  #heads: HTMLElement[] = [];

  constructor(onSort: (sort: ListSort) => void) {
    this.#onSort = onSort;
  }

  setColumns(columns: readonly Column[], isTable: boolean): void {
    this.#columns = columns;
    this.#isTable = isTable;
    this.#heads = columns.map((column, i) => this.#create(column, i));
    this.element.replaceChildren(h("div", { class: "row-heads", role: "row", "aria-rowindex": "1" }, ...this.#heads));
    this.element.classList.toggle("visually-hidden", !isTable);
    this.#show();
  }

  setOrder(order: ListOrder): void {
    this.#order = order;
    this.#show();
  }

  #create(column: Column, i: number): HTMLElement {
    const word = words.columns[column];
    const head = h("div", { class: "cell", role: "columnheader", "aria-colindex": String(i + 1), "data-column": column });
    if (!this.#isTable) head.append(word);
    else {
      const button = h("button", { type: "button", class: "head-button" }, word);
      button.addEventListener("click", () => {
        if (this.#order.isKnown(SORT_OF[column])) this.#onSort(SORT_OF[column]);
      });
      head.append(button);
    }
    return head;
  }

  #show(): void {
    const { sort, isDescending, isKnown } = this.#order;
    this.#columns.forEach((column, i) => {
      const head = this.#heads[i]!;
      const isOn = SORT_OF[column] === sort;
      if (isOn) head.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
      const button = head.querySelector("button");
      if (button === null) return;
      const isAble = isKnown(SORT_OF[column]);
      button.setAttribute("aria-disabled", String(!isAble));
      button.title = isAble ? "" : words.list.wholeOnly;
    });
  }
}
