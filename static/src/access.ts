// The pages of access. One script for all of them: the shell says which page it is.

import { showAccount } from "./access/account.ts";
import { ApiFailure } from "./access/api.ts";
import { showAudit } from "./access/audit.ts";
import { showDisplays } from "./access/displays.ts";
import { fetchMe, placesOf, showFrame } from "./access/frame.ts";
import { showInvitation } from "./access/invitation.ts";
import { showLogin } from "./access/login.ts";
import type { Me } from "./access/model.ts";
import { Notice } from "./access/parts.ts";
import { showTokens } from "./access/tokens.ts";
import { showUsers } from "./access/users.ts";
import { showWebhooks } from "./access/webhooks.ts";
import { byId, setText } from "./ui/dom.ts";
import { speakChosen } from "./words/speak.ts";
import { wordOf, words } from "./words/words.ts";

const OPEN: Record<string, (main: HTMLElement) => Promise<void>> = { login: showLogin, invitation: showInvitation };
const CLOSED: Record<string, (main: HTMLElement, me: Me) => Promise<void>> = {
  account: showAccount,
  users: showUsers,
  displays: showDisplays,
  tokens: showTokens,
  webhooks: showWebhooks,
  audit: showAudit,
};

const page = document.documentElement.dataset["page"] ?? "";
await speakChosen();
const main = byId("main");
sayTitle();
show().catch((error: unknown) => {
  const notice = new Notice();
  main.append(notice.element);
  notice.trouble(error);
});

function sayTitle(): void {
  const title = wordOf(words.pages, page) ?? "";
  document.title = `${title} · Fleetglass`;
  setText(byId("title"), title);
}

async function show(): Promise<void> {
  const open = OPEN[page];
  if (open !== undefined) return open(main);
  const me = await fetchMe();
  const path = `/${page}`;
  showFrame(me, path);
  const isTheirs = path === "/account" || placesOf(me).some((place) => place.path === path);
  const whose = path === "/displays" ? words.account.onlyDispatchers : words.account.onlyAdministrators;
  if (!isTheirs) throw new ApiFailure(403, "not_this_page", whose);
  await CLOSED[page]?.(main, me);
}
