// The filter of the list as it stands in an address: what was typed, which states and groups, and
// in which order. What it does not know, as of a later release, it leaves out.

import { ATTENTIONS, STANDINGS } from "../codes.ts";
import type { Attention, Standing } from "../codes.ts";
import type { ListQuery, ListSort } from "../live/messages.ts";
import { NO_QUERY } from "../live/messages.ts";
import type { ViewPart } from "./view-url.ts";

const MOST_TYPED = 100;
const SORTS: readonly ListSort[] = ["name", "silence", "recent"];

/** `take` is given what of the query is to be another. */
export function filterParts(query: () => ListQuery, take: (part: Partial<ListQuery>) => void): ViewPart[] {
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
      encode: () => (query().sort === NO_QUERY.sort ? null : query().sort),
      decode: (text) => take({ sort: SORTS.find((sort) => sort === text) ?? NO_QUERY.sort }),
    },
  ];
}

/** A vehicle that is overdue needs a look; that it is also counted as doing nothing known is another matter. */
function statesOf(text: string | null): { standings: Standing[]; attention: Attention[] } {
  const names = new Set(named(text));
  const attention = ATTENTIONS.filter((one) => names.has(one));
  return { standings: STANDINGS.filter((one) => one !== "overdue" && names.has(one)), attention };
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
