// Displays: letting one in by its code, and those that are in, with when each was last seen.

import { h } from "../ui/dom.ts";
import { call } from "./api.ts";
import { formDialog, showOnce } from "./dialogs.ts";
import { takeFragment } from "./fragment.ts";
import { ListPage, fetchGroups } from "./list-page.ts";
import type { Me, Token } from "./model.ts";
import { Names } from "./names.ts";
import { PairForm } from "./pair-form.ts";
import { actions, button, field, refuse, table, textInput, time } from "./parts.ts";
import { SightEditor } from "./sight-editor.ts";
import { expiryOf, expirySelect, fetchTokens, tokenActions } from "./token-list.ts";
import { sightText } from "./words.ts";

const LINK_TEXT = "For a kiosk that forgets everything when it restarts: make this its start page. Whoever has the link sees what the display sees. It is shown only now.";
/** The server gives a display that does not ask any more up after this long. */
const COMES_WITHIN_MS = 60_000;
const ASK_EVERY_MS = 1_000;
const REVOKED_TEXT = "It stops showing the map at once and offers a new code.";

export async function showDisplays(main: HTMLElement, _me: Me): Promise<void> {
  const code = new URLSearchParams(takeFragment()).get("code");
  let known = new Set<string>();
  const page = new ListPage(async () => {
    const displays = (await fetchTokens()).filter(({ kind }) => kind === "display");
    known = new Set(displays.map(({ id }) => id));
    if (displays.length === 0) return [h("p", { class: "note empty" }, "No display is paired yet.")];
    const names = await Names.fetch();
    return [table("Displays", ["Name", "Sees", "Last seen", "Until", "Let in by", ""], displays.map((token) => row(token, page, names)))];
  });
  const pair = new PairForm(() => void showOnceIn(page, known));
  const head = h("div", { class: "head" }, h("h2", { id: "paired-title" }, "Paired displays"), button("Make a kiosk link", "plain", () => makeLink(page)));
  main.append(pair.element, page.notice.element, h("section", { class: "card", "aria-labelledby": "paired-title" }, head, page.body));
  if (code === null) pair.element.querySelector("input")?.focus();
  else pair.fill(code);
  await page.show();
}

/** A display that was approved fetches its token itself, a moment later; before, it is on no list. */
async function showOnceIn(page: ListPage, known: ReadonlySet<string>): Promise<void> {
  const endMs = performance.now() + COMES_WITHIN_MS;
  while (performance.now() < endMs) {
    const tokens = await fetchTokens().catch((): Token[] => []);
    if (tokens.some(({ kind, id }) => kind === "display" && !known.has(id))) return page.show();
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

function row(token: Token, page: ListPage, names: Names): (Node | string)[] {
  return [h("span", { class: "name" }, token.name), sightText(token.sight), time(token.seen_at), time(token.expires_at, "no end"), names.element(token.made_by), actions(...tokenActions(token, page, REVOKED_TEXT))];
}

async function makeLink(page: ListPage): Promise<void> {
  const name = textInput({ maxlength: "64" });
  const expiry = expirySelect("never");
  const sight = new SightEditor(await fetchGroups());
  formDialog("Make a kiosk link", [field("Name of the display", name), sight.element, field("Good for", expiry)], "Make it", async (notice) => {
    const problem = name.value.trim() === "" ? "Give it a name." : sight.isEmpty ? "Choose at least one group." : null;
    if (problem !== null) {
      refuse(notice, name, problem);
      return false;
    }
    const made = await call<{ token: string }>("POST", "/api/v1/tokens", { kind: "display", name: name.value.trim(), sight: sight.sight, ...expiryOf(expiry) });
    await page.show();
    showOnce(`Link for ${name.value.trim()}`, LINK_TEXT, `${location.origin}/wall#token=${encodeURIComponent(made.token)}`);
    return true;
  });
}
