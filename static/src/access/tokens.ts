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
import { KIND_WORDS, sightText } from "./words.ts";

const ONCE_TEXT = "Keep it where secrets are kept. It is sent as “Authorization: Bearer …”, never in an address. It is shown only now.";
const REVOKED_TEXT = "Programs that use it are refused at once.";

export async function showTokens(main: HTMLElement, _me: Me): Promise<void> {
  const page = new ListPage(async () => {
    const tokens = (await fetchTokens()).filter(({ kind }) => kind !== "display");
    if (tokens.length === 0) return [h("p", { class: "note empty" }, "There are no tokens yet.")];
    const names = await Names.fetch();
    return [table("Tokens", ["Name", "For", "Sees", "Last used", "Until", "Made by", ""], tokens.map((token) => row(token, page, names)))];
  });
  const head = h("div", { class: "head" }, main.querySelector("h1")!, button("Make a token", "primary", () => make(page)));
  main.append(head, page.notice.element, h("section", { class: "card" }, page.body));
  await page.show();
}

function row(token: Token, page: ListPage, names: Names): (Node | string)[] {
  const seen = token.kind === "metrics" ? "Metrics only" : sightText(token.sight);
  const net = token.net === undefined ? seen : `${seen}, from ${token.net}`;
  return [h("span", { class: "name" }, token.name), KIND_WORDS[token.kind] ?? token.kind, net, time(token.seen_at), time(token.expires_at, "no end"), names.element(token.made_by), actions(...tokenActions(token, page, REVOKED_TEXT))];
}

async function make(page: ListPage): Promise<void> {
  const kind = select([["program", "A program that reads the fleet"], ["metrics", "Metrics, for monitoring"]]);
  const name = textInput({ maxlength: "64" });
  const net = textInput({ maxlength: "64", placeholder: "any" });
  const expiry = expirySelect("90");
  const sight = new SightEditor(await fetchGroups());
  kind.addEventListener("change", () => (sight.element.hidden = kind.value === "metrics"));
  const netField = field("Only from this network", net, "For instance 192.0.2.0/24. Leave it empty for any.");
  formDialog("Make a token", [field("For", kind), field("Name", name, "What uses it."), sight.element, field("Good for", expiry), netField], "Make it", async (notice) => {
    const isBlind = kind.value !== "metrics" && sight.isEmpty;
    const problem = name.value.trim() === "" ? "Enter a name." : isBlind ? "Choose at least one group." : null;
    if (problem !== null) {
      refuse(notice, name, problem);
      return false;
    }
    const seen = kind.value === "metrics" ? { groups: [] } : sight.sight;
    const from = net.value.trim() === "" ? {} : { net: net.value.trim() };
    const made = await call<{ token: string }>("POST", "/api/v1/tokens", { kind: kind.value, name: name.value.trim(), sight: seen, ...expiryOf(expiry), ...from });
    await page.show();
    showOnce(`Token for ${name.value.trim()}`, ONCE_TEXT, made.token);
    return true;
  });
}
