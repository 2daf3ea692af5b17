// What somebody may change here. The server decides; this only keeps buttons away that it would refuse.

import { fetchMe } from "../access/frame.ts";

export interface Rights {
  /** Places, rules, out of service; and taking note of alarms. */
  mayChange: boolean;
  isAdministrator: boolean;
  /** Places, rules and who is out of service may be asked for; a display is told of alarms alone. */
  mayAsk: boolean;
}

export const NO_RIGHTS: Rights = { mayChange: false, isAdministrator: false, mayAsk: false };

export async function fetchRights(): Promise<Rights> {
  const me = await fetchMe().catch(() => null);
  if (me === null || me.kind === "display") return NO_RIGHTS;
  return { mayAsk: true, mayChange: me.role === "dispatcher" || me.role === "administrator", isAdministrator: me.role === "administrator" };
}
