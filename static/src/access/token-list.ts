// Lists of tokens, and what can be done to one: displays and programs are kept alike.

import { call } from "./api.ts";
import { confirm, formDialog } from "./dialogs.ts";
import { actOn, fetchGroups } from "./list-page.ts";
import type { Shown } from "./list-page.ts";
import type { Token } from "./model.ts";
import { button, field, refuse, select, textInput } from "./parts.ts";
import { SightEditor } from "./sight-editor.ts";
import { words } from "../words/words.ts";

export async function fetchTokens(): Promise<Token[]> {
  return (await call<{ tokens: Token[] }>("GET", "/api/v1/tokens")).tokens;
}

/** The buttons of a token. */
export function tokenActions(token: Token, page: Shown, revokedText: string): Node[] {
  const change = button(words.access.change, "plain", () => changeToken(token, page));
  const revoke = button(words.tokens.revoke, "danger", () => revokeToken(token, page, revokedText));
  change.setAttribute("aria-label", words.access.named(words.access.change, token.name));
  revoke.setAttribute("aria-label", words.access.named(words.tokens.revoke, token.name));
  return [change, revoke];
}

/** Asks first; `text` says what it is the end of. */
export async function revokeToken(token: Token, page: Shown, text: string): Promise<void> {
  if (!(await confirm(words.tokens.revokeAsk(token.name), text, words.tokens.revoke))) return;
  await actOn(page, () => call("DELETE", address(token)), words.tokens.revoked(token.name));
}

export async function changeToken(token: Token, page: Shown): Promise<void> {
  const name = textInput({ maxlength: "64", value: token.name });
  const sight = token.kind === "metrics" ? null : new SightEditor(await fetchGroups(), token.sight);
  formDialog(words.access.changeNamed(token.name), [field(words.access.name, name), ...(sight === null ? [] : [sight.element])], words.access.save, async (notice) => {
    const problem = name.value.trim() === "" ? words.access.enterName : sight?.isEmpty === true ? words.access.chooseGroup : null;
    if (problem !== null) {
      refuse(notice, name, problem);
      return false;
    }
    await call("PATCH", address(token), { name: name.value.trim(), ...(sight === null ? {} : { sight: sight.sight }) });
    await page.show();
    page.notice.say(words.access.changed(name.value.trim()));
    return true;
  });
}

function address({ id }: Token): string {
  return `/api/v1/tokens/${encodeURIComponent(id)}`;
}

const DAY_MS = 86_400_000;
const NEVER = "never";

/** Until when something is good: days from now, or for ever. */
export function expirySelect(chosen: "90" | "never"): HTMLSelectElement {
  return select([["30", words.tokens.days(30)], ["90", words.tokens.days(90)], ["365", words.tokens.oneYear], [NEVER, words.tokens.untilRevoked]], chosen);
}

export function expiryOf({ value }: HTMLSelectElement): { expires_at?: string } {
  return value === NEVER ? {} : { expires_at: new Date(Date.now() + Number(value) * DAY_MS).toISOString() };
}
