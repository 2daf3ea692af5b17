// The page behind a one-time link: the first administrator takes a name, others are called by
// theirs; both choose a password. The secret stands in the fragment, which is sent nowhere, and is
// out of the address bar, and so of the history, before anything else happens.

import { h, setText } from "../ui/dom.ts";
import { ApiFailure, ask } from "./api.ts";
import { takeFragment } from "./fragment.ts";
import { Notice, button, field, form, refuse, textInput } from "./parts.ts";
import { passwordField } from "./password-field.ts";
import { failureText } from "./words.ts";
import { words } from "../words/words.ts";

const LEAST_CHARS = 12;

type Invited = { kind: "first_administrator" } | { kind: "set_password"; name: string };

export async function showInvitation(main: HTMLElement): Promise<void> {
  const secret = takeFragment();
  const title = main.querySelector("h1")!;
  const card = h("div", { class: "door card" }, title);
  main.append(card);
  if (secret === "") {
    spent();
    return;
  }
  try {
    const { content } = await ask<Invited>("POST", "/api/v1/invitation/look", { secret });
    const isFirst = content.kind === "first_administrator";
    setText(title, isFirst ? words.invitation.setUp : words.invitation.welcome(content.name));
    card.append(passwordForm(secret, isFirst ? null : content.name));
  } catch (error) {
    const isSpent = error instanceof ApiFailure && (error.status === 410 || error.status === 422);
    if (isSpent) spent();
    else card.append(h("p", { class: "notice", role: "alert", "data-kind": "trouble" }, failureText(error)), h("p", { class: "note" }, words.invitation.later));
  }

  function spent(): void {
    setText(title, words.invitation.spent);
    card.append(h("p", {}, words.invitation.spentText));
    card.append(h("a", { href: "/login", class: "button plain" }, words.invitation.toSignIn));
  }
}

/** `knownName` is null for the first administrator, who takes one. */
function passwordForm(secret: string, knownName: string | null): HTMLElement {
  const notice = new Notice();
  const name = textInput({ name: "name", autocomplete: "username", maxlength: "64" });
  const password = passwordField(words.password.title, "new-password", words.password.rules);
  if (knownName !== null) {
    // Tells a password manager whose password this is.
    name.value = knownName;
    name.hidden = true;
  }
  const intro = knownName === null ? words.invitation.first : words.invitation.choose;
  const nameField = knownName === null ? field(words.invitation.yourName, name, words.invitation.yourNameNote) : name;
  const parts = [h("p", {}, intro), nameField, password.element, notice.element, button(knownName === null ? words.invitation.begin : words.invitation.set, "primary")];
  const element = form(parts, notice, async () => {
    if (name.value.trim() === "") return refuse(notice, name, words.access.enterName);
    if ([...password.input.value].length < LEAST_CHARS) return refuse(notice, password.input, words.password.least(LEAST_CHARS));
    const own = knownName === null ? { name: name.value.trim() } : {};
    await ask("POST", "/api/v1/invitation", { secret, ...own, password: password.input.value });
    location.replace("/");
  });
  requestAnimationFrame(() => (knownName === null ? name : password.input).focus());
  return element;
}
