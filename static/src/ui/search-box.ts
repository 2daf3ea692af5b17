// The search field, the order and the filters, as one query to the worker.

import type { Attention, Standing } from "../codes.ts";
import type { ListQuery, ListSort } from "../live/messages.ts";
import { NO_QUERY } from "../live/messages.ts";

export class SearchBox {
  #field: HTMLInputElement;
  #query: ListQuery = NO_QUERY;
  #onQuery: (query: ListQuery) => void;

  constructor(field: HTMLInputElement, sort: HTMLSelectElement, onQuery: (query: ListQuery) => void) {
    this.#field = field;
    this.#onQuery = onQuery;
    field.addEventListener("input", () => this.#change({ text: field.value }));
    sort.addEventListener("change", () => this.#change({ sort: sort.value as ListSort }));
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
