// Lists of tokens, and what can be done to one: displays and programs are kept alike.

import { call } from "./api.ts";
import { confirm, formDialog } from "./dialogs.ts";
import { actOn, fetchGroups } from "./list-page.ts";
import type { Shown } from "./list-page.ts";
import type { Token } from "./model.ts";
import { button, field, refuse, select, textInput } from "./parts.ts";
import { SightEditor } from "./sight-editor.ts";

export async function fetchTokens(): Promise<Token[]> {
  return (await call<{ tokens: Token[] }>("GET", "/api/v1/tokens")).tokens;
}

/** The buttons of a token. */
export function tokenActions(token: Token, page: Shown, revokedText: string): Node[] {
  const change = button("Change", "plain", () => changeToken(token, page));
  const revoke = button("Revoke", "danger", () => revokeToken(token, page, revokedText));
  change.setAttribute("aria-label", `Change: ${token.name}`);
  revoke.setAttribute("aria-label", `Revoke: ${token.name}`);
  return [change, revoke];
}

/** Asks first; `text` says what it is the end of. */
export async function revokeToken(token: Token, page: Shown, text: string): Promise<void> {
  if (!(await confirm(`Revoke ${token.name}?`, text, "Revoke"))) return;
  await actOn(page, () => call("DELETE", address(token)), `${token.name} is revoked.`);
}

export async function changeToken(token: Token, page: Shown): Promise<void> {
  const name = textInput({ maxlength: "64", value: token.name });
  const sight = token.kind === "metrics" ? null : new SightEditor(await fetchGroups(), token.sight);
  formDialog(`Change ${token.name}`, [field("Name", name), ...(sight === null ? [] : [sight.element])], "Save", async (notice) => {
    const problem = name.value.trim() === "" ? "Enter a name." : sight?.isEmpty === true ? "Choose at least one group." : null;
    if (problem !== null) {
      refuse(notice, name, problem);
      return false;
    }
    await call("PATCH", address(token), { name: name.value.trim(), ...(sight === null ? {} : { sight: sight.sight }) });
    await page.show();
    page.notice.say(`${name.value.trim()} is changed.`);
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
  return select([["30", "30 days"], ["90", "90 days"], ["365", "1 year"], [NEVER, "Until it is revoked"]], chosen);
}

export function expiryOf({ value }: HTMLSelectElement): { expires_at?: string } {
  return value === NEVER ? {} : { expires_at: new Date(Date.now() + Number(value) * DAY_MS).toISOString() };
}
