// The names that people gave to whom and what the server tells of by ids: "user:3" is Ada. An id of
// something that is gone stays an id.

import { h } from "../ui/dom.ts";
import { call } from "./api.ts";
import type { Token, User } from "./model.ts";
import { fetchTokens } from "./token-list.ts";
import { wordOf, words } from "../words/words.ts";

export class Names {
  #known = new Map<string, string>(Object.entries(words.audit.ours));

  /** As of now; where the lists cannot be had, ids are all there is. */
  static async fetch(): Promise<Names> {
    const [users, tokens] = await Promise.all([
      call<{ users: User[] }>("GET", "/api/v1/users").then((answer) => answer.users, () => []),
      fetchTokens().catch((): Token[] => []),
    ]);
    const names = new Names();
    for (const { id, name } of users) names.#known.set(`user:${id}`, name);
    for (const { id, name } of tokens) names.#known.set(`token:${id}`, name);
    return names;
  }

  /** In words: a name, or what kind of thing and its id. */
  text(id: string): string {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const [kind, ...rest] = id.split(":");
    const word = wordOf(words.audit.kinds, kind!);
    return rest.length > 0 && word !== undefined ? `${word} ${rest.join(":")}` : id;
  }

  /** The same, with the id for whoever points at it. */
  element(id: string): HTMLElement {
    const text = this.text(id);
    return h("span", text === id ? {} : { title: id }, text);
  }
}
