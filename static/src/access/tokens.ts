// Tokens: what programs read the fleet and the metrics with. Each is shown once, when it is made.

import { h } from "../ui/dom.ts";
import { call } from "./api.ts";
import { formDialog, showOnce } from "./dialogs.ts";
import { ListPage, fetchGroups } from "./list-page.ts";
import type { Me, Token } from "./model.ts";
import { Names } from "./names.ts";
import { actions, button, field, refuse, select, table, textInput, time } from "./parts.ts";
import { SightEditor } from "./sight-editor.ts";
import { expiryOf, expirySelect, fetchTokens, tokenActions } from "./token-list.ts";
import { sightText } from "./words.ts";
import { words } from "../words/words.ts";

export async function showTokens(main: HTMLElement, _me: Me): Promise<void> {
  const page = new ListPage(async () => {
    const tokens = (await fetchTokens()).filter(({ kind }) => kind !== "display");
    if (tokens.length === 0) return [h("p", { class: "note empty" }, words.tokens.none)];
    const names = await Names.fetch();
    return [table(words.pages.tokens, [words.access.name, words.access.for, words.access.sees, words.tokens.lastUsed, words.access.until, words.tokens.madeBy, ""], tokens.map((token) => row(token, page, names)))];
  });
  const head = h("div", { class: "head" }, main.querySelector("h1")!, button(words.tokens.make, "primary", () => make(page)));
  main.append(head, page.notice.element, h("section", { class: "card" }, page.body));
  await page.show();
}

function row(token: Token, page: ListPage, names: Names): (Node | string)[] {
  const seen = token.kind === "metrics" ? words.tokens.metricsOnly : sightText(token.sight);
  const net = token.net === undefined ? seen : words.sight.from(seen, token.net);
  return [h("span", { class: "name" }, token.name), words.tokenKinds[token.kind] ?? token.kind, net, time(token.seen_at), time(token.expires_at, words.access.noEnd), names.element(token.made_by), actions(...tokenActions(token, page, words.tokens.refusedAtOnce))];
}

async function make(page: ListPage): Promise<void> {
  const kind = select([["program", words.tokens.aProgram], ["metrics", words.tokens.forMonitoring]]);
  const name = textInput({ maxlength: "64" });
  const net = textInput({ maxlength: "64", placeholder: words.tokens.anyNet });
  const expiry = expirySelect("90");
  const sight = new SightEditor(await fetchGroups());
  kind.addEventListener("change", () => (sight.element.hidden = kind.value === "metrics"));
  const netField = field(words.tokens.net, net, words.tokens.netNote);
  formDialog(words.tokens.make, [field(words.access.for, kind), field(words.access.name, name, words.tokens.nameNote), sight.element, field(words.access.goodFor, expiry), netField], words.access.makeIt, async (notice) => {
    const isBlind = kind.value !== "metrics" && sight.isEmpty;
    const problem = name.value.trim() === "" ? words.access.enterName : isBlind ? words.access.chooseGroup : null;
    if (problem !== null) {
      refuse(notice, name, problem);
      return false;
    }
    const seen = kind.value === "metrics" ? { groups: [] } : sight.sight;
    const from = net.value.trim() === "" ? {} : { net: net.value.trim() };
    const made = await call<{ token: string }>("POST", "/api/v1/tokens", { kind: kind.value, name: name.value.trim(), sight: seen, ...expiryOf(expiry), ...from });
    await page.show();
    showOnce(words.tokens.tokenFor(name.value.trim()), words.tokens.once, made.token);
    return true;
  });
}
