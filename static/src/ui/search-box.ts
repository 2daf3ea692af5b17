// The search field, the order and the filters, as one query to the worker. Who asks for those that
// stopped reporting, alone, wants them in the order of who should be called first; that is the
// order then, and the field says so, until another one is chosen.

import type { Attention, Standing } from "../codes.ts";
import { LIST_SORTS, NO_QUERY } from "../live/messages.ts";
import type { ListQuery, ListSort } from "../live/messages.ts";
import { h } from "./dom.ts";
import { toolIcon } from "./tool-icons.ts";
import { words } from "../words/words.ts";

/** An order that somebody chose. */
export interface Order {
  sort: ListSort;
  isDescending: boolean;
}

/** What is asked for; no order is the one that fits the filter. */
export type Filter = Omit<ListQuery, "sort" | "isDescending"> & { order: Order | null };

const NO_FILTER: Filter = { text: NO_QUERY.text, standings: NO_QUERY.standings, order: null };
const SILENT: readonly Attention[] = ["overdue", "stale", "offline"];

export class SearchBox {
  readonly reverse = h("button", { type: "button", class: "list-button", "aria-pressed": "false", "aria-label": words.list.reverse, title: words.list.reverse }, toolIcon("reverse"));
  #field: HTMLInputElement;
  #sort: HTMLSelectElement;
  #filter: Filter = NO_FILTER;
  #known: readonly ListSort[] = LIST_SORTS;
  #onQuery: (query: ListQuery) => void;

  constructor(field: HTMLInputElement, sort: HTMLSelectElement, onQuery: (query: ListQuery) => void) {
    this.#field = field;
    this.#sort = sort;
    this.#onQuery = onQuery;
    sort.replaceChildren(...LIST_SORTS.map((one) => h("option", { value: one }, words.sorts[one])));
    field.addEventListener("input", () => this.#change({ text: field.value }));
    sort.addEventListener("change", () => this.#change({ order: { sort: sort.value as ListSort, isDescending: false } }));
    this.reverse.addEventListener("click", () => this.#change({ order: { ...this.order, isDescending: !this.order.isDescending } }));
    this.#showOrder();
  }

  /** As it was asked. */
  get filter(): Filter {
    return this.#filter;
  }

  /** The order that the list is in. */
  get order(): Order {
    const { order } = this.#filter;
    return order !== null && this.isKnown(order.sort) ? order : usualOrder(this.#filter);
  }

  isKnown(sort: ListSort): boolean {
    return this.#known.includes(sort);
  }

  /** Only these orders can be had from now on. */
  setKnown(known: readonly ListSort[]): void {
    if (known === this.#known) return;
    this.#known = known;
    this.#change({});
  }

  /** Takes what was not typed or chosen here. */
  take(part: Partial<Filter>): void {
    if (part.text !== undefined) this.#field.value = part.text;
    this.#change(part);
  }

  setStates(standings: Standing[], attention: Attention[]): void {
    this.#change({ standings, attention });
  }

  setGroups(groups: string[]): void {
    this.#change({ groups });
  }

  /** In this order, or the other way round where it is in this one already. */
  sortBy(sort: ListSort): void {
    const { order } = this;
    this.#change({ order: { sort, isDescending: order.sort === sort && !order.isDescending } });
  }

  clear(): void {
    this.#field.value = "";
    this.#change({ text: "" });
  }

  #change(part: Partial<Filter>): void {
    const filter = { ...this.#filter, ...part };
    this.#filter = { ...filter, order: isUsual(filter) ? null : filter.order };
    this.#showOrder();
    const { order: _chosen, ...rest } = this.#filter;
    this.#onQuery({ ...rest, ...this.order });
  }

  #showOrder(): void {
    const { sort, isDescending } = this.order;
    this.#sort.value = sort;
    for (const option of this.#sort.options) option.disabled = !this.isKnown(option.value as ListSort);
    this.reverse.setAttribute("aria-pressed", String(isDescending));
    // Nobody asks for those who need no call first.
    this.reverse.disabled = sort === "silence";
  }
}

function usualOrder({ attention = [] }: Filter): Order {
  const isSilent = attention.length > 0 && attention.every((one) => SILENT.includes(one));
  return { sort: isSilent ? "silence" : NO_QUERY.sort, isDescending: false };
}

function isUsual(filter: Filter): boolean {
  const usual = usualOrder(filter);
  return filter.order !== null && filter.order.sort === usual.sort && !filter.order.isDescending;
}
