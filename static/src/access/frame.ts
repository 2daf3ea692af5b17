// What all pages behind the login share: who one is, the way to the other pages that the role may
// use, the way back to the map, and signing out.

import { byId, h } from "../ui/dom.ts";
import { call } from "./api.ts";
import type { Me } from "./model.ts";
import { button } from "./parts.ts";
import { words } from "../words/words.ts";

interface Place {
  path: string;
  text: string;
}

const ADMINISTRATION = ["users", "displays", "tokens", "webhooks", "audit"] as const;

/** The pages that somebody may use. */
export function placesOf(me: Me): Place[] {
  const own = me.kind === "person" ? (["account"] as const) : [];
  const pages = me.role === "administrator" ? [...own, ...ADMINISTRATION] : me.role === "dispatcher" ? [...own, "displays" as const] : own;
  return pages.map((page) => ({ path: `/${page}`, text: words.pages[page] }));
}

export function fetchMe(): Promise<Me> {
  return call<Me>("GET", "/api/v1/me");
}

export async function signOut(): Promise<void> {
  await call("DELETE", "/api/v1/session").catch(() => null);
  location.assign("/login");
}

/** Puts the bar together. */
export function showFrame(me: Me, path: string): void {
  const links = placesOf(me).map((place) => {
    const link = h("a", { href: place.path }, place.text);
    if (place.path === path) link.setAttribute("aria-current", "page");
    return link;
  });
  const who = me.kind === "local" ? words.account.noSignIn : words.account.nameAndRole(me.name, words.roles[me.role] ?? me.role);
  const end = h("div", { class: "bar-end" }, h("span", { class: "who" }, who));
  if (me.kind === "person") end.append(button(words.account.signOut, "quiet", signOut));
  const map = h("a", { href: "/", class: "to-map" }, words.account.backToMap);
  byId("bar").append(h("nav", { "aria-label": words.account.pages }, map, ...links), end);
}
