// The search field, the order and the filters, as one query to the worker.

import type { Attention, Standing } from "../codes.ts";
import type { ListQuery, ListSort } from "../live/messages.ts";
import { NO_QUERY } from "../live/messages.ts";

export class SearchBox {
  #field: HTMLInputElement;
  #sort: HTMLSelectElement;
  #query: ListQuery = NO_QUERY;
  #onQuery: (query: ListQuery) => void;

  constructor(field: HTMLInputElement, sort: HTMLSelectElement, onQuery: (query: ListQuery) => void) {
    this.#field = field;
    this.#sort = sort;
    this.#onQuery = onQuery;
    field.addEventListener("input", () => this.#change({ text: field.value }));
    sort.addEventListener("change", () => this.#change({ sort: sort.value as ListSort }));
  }

  /** As it was asked, whatever order that is answered in. */
  get query(): ListQuery {
    return this.#query;
  }

  /** Takes what was not typed or chosen here. */
  take(part: Partial<ListQuery>): void {
    if (part.text !== undefined) this.#field.value = part.text;
    if (part.sort !== undefined) this.#sort.value = part.sort;
    this.#change(part);
  }

  setStates(standings: Standing[], attention: Attention[]): void {
    this.#change({ standings, attention });
  }

  setGroups(groups: string[]): void {
    this.#change({ groups });
  }

  clear(): void {
    this.#field.value = "";
    this.#change({ text: "" });
  }

  #change(part: Partial<ListQuery>): void {
    this.#query = { ...this.#query, ...part };
    this.#onQuery(inUsefulOrder(this.#query));
  }
}

/** Those that stopped reporting, alone, are wanted in the order of who should be called first. */
function inUsefulOrder(query: ListQuery): ListQuery {
  const attention = query.attention ?? [];
  const isSilent = attention.length > 0 && attention.every((one) => one === "overdue" || one === "stale" || one === "offline");
  return isSilent && query.sort === "name" ? { ...query, sort: "silence" } : query;
}
