// What all pages behind the login share: who one is, the way to the other pages that the role may
// use, the way back to the map, and signing out.

import { byId, h } from "../ui/dom.ts";
import { call } from "./api.ts";
import type { Me } from "./model.ts";
import { button } from "./parts.ts";
import { ROLE_WORDS } from "./words.ts";

interface Place {
  path: string;
  text: string;
}

const DISPLAYS: Place = { path: "/displays", text: "Displays" };
const ADMINISTRATION: Place[] = [
  { path: "/users", text: "Users" },
  DISPLAYS,
  { path: "/tokens", text: "Tokens" },
  { path: "/webhooks", text: "Webhooks" },
  { path: "/audit", text: "Audit log" },
];

/** The pages that somebody may use. */
export function placesOf(me: Me): Place[] {
  const own = me.kind === "person" ? [{ path: "/account", text: "Account" }] : [];
  if (me.role === "dispatcher") return [...own, DISPLAYS];
  return me.role === "administrator" ? [...own, ...ADMINISTRATION] : own;
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
  const who = me.kind === "local" ? "No sign-in needed here" : `${me.name}, ${ROLE_WORDS[me.role]?.toLowerCase() ?? me.role}`;
  const end = h("div", { class: "bar-end" }, h("span", { class: "who" }, who));
  if (me.kind === "person") end.append(button("Sign out", "quiet", signOut));
  const map = h("a", { href: "/", class: "to-map" }, "Back to the map");
  byId("bar").append(h("nav", { "aria-label": "Pages" }, map, ...links), end);
}
