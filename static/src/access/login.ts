// Signing in. What is wrong is said without saying whether there is such a user, and when too much
// was tried, when it is worth trying again.

import { h } from "../ui/dom.ts";
import { ApiFailure, ask } from "./api.ts";
import type { SignIn } from "./model.ts";
import { ownPath } from "./own-path.ts";
import { Notice, button, field, form, refuse, textInput } from "./parts.ts";
import { passwordField } from "./password-field.ts";
import { elsewhereTroubleText, failureText, waitText } from "./words.ts";
import { words } from "../words/words.ts";

const PASSWORD_ONLY: SignIn = { password: true };

export async function showLogin(main: HTMLElement): Promise<void> {
  const card = h("div", { class: "door card" });
  main.append(card);
  card.append(main.querySelector("h1") ?? "");
  const ways = await ask<SignIn>("GET", "/api/v1/sign-in").then(({ content }) => content, () => PASSWORD_ONLY);
  const trouble = elsewhereTroubleText(new URLSearchParams(location.search).get("trouble"));
  if (trouble !== null) card.append(troubleNotice(trouble));
  if (ways.oidc !== undefined) card.append(oidcButton(ways.oidc));
  if (ways.oidc !== undefined && ways.password) card.append(h("p", { class: "or" }, words.login.or));
  if (ways.password) {
    const element = passwordForm();
    card.append(element);
    element.querySelector("input")?.focus();
  }
  if (!ways.password && ways.oidc === undefined) {
    card.append(h("p", {}, words.login.notNeeded), h("a", { href: "/", class: "button primary" }, words.login.toMap));
  }
}

/** Where to go once signed in; what followed a "#" comes along, as a code to pair does. */
export function leave(): void {
  location.replace(wayOn());
}

function wayOn(): string {
  const next = ownPath(new URLSearchParams(location.search).get("next"), location.origin);
  return next.includes("#") ? next : next + location.hash;
}

/** What went wrong elsewhere; said once, and out of the address, so that loading again does not say it again. */
function troubleNotice(text: string): HTMLElement {
  const notice = new Notice();
  notice.trouble(text);
  const address = new URL(location.href);
  address.searchParams.delete("trouble");
  history.replaceState(null, "", address);
  return notice.element;
}

function oidcButton({ name, href }: { name: string; href: string }): HTMLElement {
  const address = new URL(href, location.origin);
  const link = h("a", { class: "button plain wide", href: "/login" }, words.login.signInWith(name));
  if (address.origin !== location.origin) return link;
  const next = wayOn();
  // A query is written down on the way where a fragment is not: no secret goes along.
  if (next !== "/") address.searchParams.set("next", next.includes("fg_") ? next.replace(/#.*/s, "") : next);
  link.setAttribute("href", address.pathname + address.search);
  return link;
}

function passwordForm(): HTMLElement {
  const name = textInput({ name: "name", autocomplete: "username", required: "", maxlength: "64" });
  const password = passwordField(words.password.title, "current-password");
  const notice = new Notice();
  const submit = button(words.login.signIn, "primary");
  const element = form([field(words.login.name, name), password.element, notice.element, submit], notice, async () => {
    if (name.value.trim() === "") return refuse(notice, name, words.login.enterName);
    if (password.input.value === "") return refuse(notice, password.input, words.login.enterPassword);
    try {
      await ask("POST", "/api/v1/session", { name: name.value.trim(), password: password.input.value });
      leave();
    } catch (error) {
      takeRefusal(error);
    }
  });
  return element;

  function takeRefusal(error: unknown): void {
    const isThrottled = error instanceof ApiFailure && error.status === 429;
    if (isThrottled && error.retryAfterS !== null) {
      countDown(error.retryAfterS);
      return;
    }
    notice.trouble(failureText(error));
    password.input.select();
    password.input.focus();
  }

  /** Keeps the button shut until trying can help; the alert is said once, not each second. */
  function countDown(seconds: number): void {
    notice.trouble(words.failure.tooMany(waitText(seconds)));
    submit.disabled = true;
    const endMs = performance.now() + seconds * 1_000;
    const timer = setInterval(() => {
      const leftS = Math.ceil((endMs - performance.now()) / 1_000);
      submit.textContent = leftS > 0 ? words.login.again(leftS) : words.login.signIn;
      if (leftS > 0) return;
      clearInterval(timer);
      submit.disabled = false;
      notice.clear();
    }, 1_000);
  }
}
