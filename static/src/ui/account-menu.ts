// On the map: who one is, the way to one's account and to the administration, and out. And what is
// shown in place of the map when access has ended.

import { fetchMe, placesOf, signOut } from "../access/frame.ts";
import type { Me } from "../access/model.ts";
import { loginAddress } from "../access/own-path.ts";
import { button } from "../access/parts.ts";
import type { AccessEnd } from "../page/access-watch.ts";
import { h } from "./dom.ts";
import { words } from "../words/words.ts";

const SVG = "http://www.w3.org/2000/svg";
const PERSON = "M8 7.6a3.1 3.1 0 1 0 0-6.2 3.1 3.1 0 0 0 0 6.2zM1.8 14.6c.3-3.2 2.7-5.2 6.2-5.2s5.9 2 6.2 5.2z";
const MENU_ID = "account-menu";

/** Shows the menu; none where the server says nothing about people, or there is nothing in it. */
export async function showAccountMenu(place: HTMLElement): Promise<void> {
  const me = await fetchMe().catch(() => null);
  const links = me === null ? [] : placesOf(me);
  if (me === null || links.length === 0) return;
  const text = me.kind === "local" ? words.account.manage : me.name;
  const open = h("button", { type: "button", class: "account-open", popovertarget: MENU_ID }, personIcon(), h("span", {}, text));
  open.setAttribute("aria-label", me.kind === "local" ? text : words.account.of(text));
  const items = links.map(({ path, text: word }) => h("li", {}, h("a", { href: path }, word)));
  if (me.kind === "person") items.push(h("li", {}, button(words.account.signOut, "quiet", signOut)));
  const menu = h("nav", { id: MENU_ID, class: "account-menu card", popover: "", "aria-label": words.pages.account }, who(me), h("ul", {}, ...items));
  place.replaceChildren(open, menu);
}

/** To the login page where nobody is signed in; otherwise says what happened, over everything. */
export function accessEnded(end: AccessEnd): void {
  if (end === "signed_out") {
    // What was looked at goes along: a fragment is sent nowhere, and the login hands it on.
    location.assign(loginAddress() + location.hash);
    return;
  }
  const isChanged = end === "changed";
  const text = isChanged ? words.account.changed : words.account.signedOut;
  const way = isChanged ? h("a", { class: "button primary", href: "/" }, words.account.reload) : h("a", { class: "button primary", href: loginAddress() }, words.account.signIn);
  const dialog = h("dialog", { class: "access-ended", "aria-labelledby": "access-ended-title" }, h("h2", { id: "access-ended-title" }, words.account.ended), h("p", {}, text), way);
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
}

function who(me: Me): HTMLElement | null {
  if (me.kind === "local") return null;
  return h("p", { class: "account-who" }, h("strong", {}, me.name), h("span", { class: "muted" }, words.roles[me.role] ?? me.role));
}

function personIcon(): SVGSVGElement {
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("viewBox", "0 0 16 16");
  icon.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PERSON);
  icon.append(path);
  return icon;
}
