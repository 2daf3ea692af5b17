// The filter of the list as it stands in an address: what was typed, which states and groups, and
// in which order. What it does not know, as of a later release, it leaves out.

import { ATTENTIONS, STANDINGS } from "../codes.ts";
import type { Attention, Standing } from "../codes.ts";
import { LIST_SORTS } from "../live/messages.ts";
import type { Filter, Order } from "../ui/search-box.ts";
import type { ViewPart } from "./view-url.ts";

const MOST_TYPED = 100;

/** `take` is given what of the query is to be another. */
export function filterParts(query: () => Filter, take: (part: Partial<Filter>) => void): ViewPart[] {
  return [
    { name: "q", encode: () => query().text.trim() || null, decode: (text) => take({ text: (text ?? "").slice(0, MOST_TYPED) }) },
    { name: "show", encode: () => listed([...query().standings, ...(query().attention ?? [])]), decode: (text) => take(statesOf(text)) },
    {
      name: "groups",
      // Names of groups may have commas.
      encode: () => listed((query().groups ?? []).map(encodeURIComponent)),
      decode: (text) => take({ groups: [...new Set(named(text).flatMap(decoded))] }),
    },
    {
      name: "sort",
      encode: () => {
        const { order } = query();
        return order === null ? null : `${order.isDescending ? "-" : ""}${order.sort}`;
      },
      decode: (text) => take({ order: orderOf(text ?? "") }),
    },
  ];
}

/** A vehicle that is overdue needs a look; that it is also counted as doing nothing known is another matter. */
function statesOf(text: string | null): { standings: Standing[]; attention: Attention[] } {
  const names = new Set(named(text));
  const attention = ATTENTIONS.filter((one) => names.has(one));
  return { standings: STANDINGS.filter((one) => one !== "overdue" && names.has(one)), attention };
}

/** "speed", and "-speed" for the other way round; one that is not known is the one that fits the filter. */
function orderOf(text: string): Order | null {
  const isDescending = text.startsWith("-");
  const sort = LIST_SORTS.find((one) => one === text.slice(isDescending ? 1 : 0));
  return sort === undefined ? null : { sort, isDescending };
}

function named(text: string | null): string[] {
  return (text ?? "").split(",").filter((name) => name !== "");
}

function listed(names: readonly string[]): string | null {
  return names.length === 0 ? null : names.join(",");
}

function decoded(name: string): string[] {
  try {
    return [decodeURIComponent(name)];
  } catch {
    return [];
  }
}
