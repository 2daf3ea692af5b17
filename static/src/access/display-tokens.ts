// What only administrators do with displays: letting them in by a code or a link, what each may see,
// and shutting one out.

import type { Display } from "../page/displays.ts";
import { call } from "./api.ts";
import { formDialog, showOnce } from "./dialogs.ts";
import type { MoreFacts } from "./display-card.ts";
import { takeFragment } from "./fragment.ts";
import { fetchGroups } from "./list-page.ts";
import type { Shown } from "./list-page.ts";
import type { Token } from "./model.ts";
import { Names } from "./names.ts";
import { PairForm } from "./pair-form.ts";
import { field, refuse, textInput, time } from "./parts.ts";
import { SightEditor } from "./sight-editor.ts";
import { changeToken, expiryOf, expirySelect, fetchTokens, revokeToken } from "./token-list.ts";
import { sightText } from "./words.ts";
import { words } from "../words/words.ts";

/** The server gives a display that does not ask any more up after this long. */
const COMES_WITHIN_MS = 60_000;
const ASK_EVERY_MS = 1_000;

export class DisplayTokens {
  readonly pair = new PairForm(() => void this.#showOnceIn());
  #page: Shown;
  #tokens = new Map<string, Token>();
  #names: Names | null = null;

  /** The page is shown anew once something changed. */
  constructor(page: Shown) {
    this.#page = page;
  }

  /** Where one begins: at the code, which a link may have brought along. */
  begin(): void {
    const code = new URLSearchParams(takeFragment()).get("code");
    if (code === null) this.pair.element.querySelector("input")?.focus();
    else this.pair.fill(code);
  }

  async load(): Promise<void> {
    const [tokens, names] = await Promise.all([fetchTokens(), Names.fetch()]);
    this.#tokens = displaysOf(tokens);
    this.#names = names;
  }

  byId(id: string): Token | undefined {
    return this.#tokens.get(id);
  }

  factsOf({ id, address }: Display): MoreFacts {
    const token = this.#tokens.get(id);
    const from = address === undefined ? [] : [[words.displays.from, address] as const];
    if (token === undefined) return from;
    return [[words.displays.sees, sightText(token.sight)], ...from, [words.displays.until, time(token.expires_at, words.displayLink.noEnd)], [words.displays.by, this.#names?.element(token.made_by) ?? token.made_by]];
  }

  /** Its name, and what it may see. */
  change(id: string): void {
    const token = this.#tokens.get(id);
    if (token !== undefined) void changeToken(token, this.#page);
  }

  revoke(id: string): void {
    const token = this.#tokens.get(id);
    if (token !== undefined) void revokeToken(token, this.#page, words.displayLink.revoked);
  }

  async makeLink(): Promise<void> {
    const name = textInput({ maxlength: "64" });
    const expiry = expirySelect("never");
    const sight = new SightEditor(await fetchGroups());
    formDialog(words.displays.link, [field(words.displayLink.name, name), sight.element, field(words.displayLink.goodFor, expiry)], words.displayLink.make, async (notice) => {
      const problem = name.value.trim() === "" ? words.displayLink.noName : sight.isEmpty ? words.displayLink.noGroup : null;
      if (problem !== null) {
        refuse(notice, name, problem);
        return false;
      }
      const made = await call<{ token: string }>("POST", "/api/v1/tokens", { kind: "display", name: name.value.trim(), sight: sight.sight, ...expiryOf(expiry) });
      await this.#page.show();
      showOnce(words.displayLink.title(name.value.trim()), words.displayLink.text, `${location.origin}/wall#token=${encodeURIComponent(made.token)}`);
      return true;
    });
  }

  /** A display that was approved fetches its token itself, a moment later; before, it is on no list. */
  async #showOnceIn(): Promise<void> {
    const known = new Set(this.#tokens.keys());
    const endMs = performance.now() + COMES_WITHIN_MS;
    while (performance.now() < endMs) {
      const tokens = displaysOf(await fetchTokens().catch((): Token[] => []));
      if ([...tokens.keys()].some((id) => !known.has(id))) return this.#page.show();
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  }
}

function displaysOf(tokens: readonly Token[]): Map<string, Token> {
  return new Map(tokens.filter(({ kind }) => kind === "display").map((token) => [token.id, token]));
}
