// Users: who there is, what each may, and the one-time links with which they come in.

import { h } from "../ui/dom.ts";
import { call } from "./api.ts";
import { confirm, formDialog, showOnce } from "./dialogs.ts";
import { ListPage, fetchGroups } from "./list-page.ts";
import type { Me, Role, User } from "./model.ts";
import type { ButtonKind, Notice } from "./parts.ts";
import { actions, badge, button, field, refuse, select, table, textInput, time } from "./parts.ts";
import { SightEditor } from "./sight-editor.ts";
import { SignedIn } from "./signed-in.ts";
import { sightText } from "./words.ts";
import { words } from "../words/words.ts";

const ROLES: readonly Role[] = ["viewer", "dispatcher", "administrator"];

export async function showUsers(main: HTMLElement, me: Me): Promise<void> {
  const page = new ListPage(async () => {
    const { users } = await call<{ users: User[] }>("GET", "/api/v1/users");
    if (users.length === 0) return [h("p", { class: "note empty" }, words.users.none)];
    return [table(words.pages.users, [words.access.name, words.access.role, words.access.sees, words.users.lastSignIn, ""], users.map(row))];
  });
  const signedIn = new SignedIn();
  const head = h("div", { class: "head" }, main.querySelector("h1")!, button(words.users.add, "primary", add));
  main.append(head, page.notice.element, h("section", { class: "card" }, page.body), signedIn.element);
  await Promise.all([page.show(), signedIn.show()]);

  function row(user: User): (Node | string)[] {
    const isSelf = me.kind === "person" && user.name === me.name;
    const signs = [isSelf ? badge(words.users.you, "good") : null, user.is_disabled ? badge(words.users.disabled, "bad") : null, user.is_external ? badge(words.users.external) : null, !user.has_password && !user.is_external ? badge(words.users.noPassword, "warning") : null];
    const name = h("span", { class: "named" }, h("span", { class: "name" }, user.name), ...signs);
    const link = user.is_external || user.is_disabled ? null : labelled(words.users.newLink, user, () => newLink(user));
    const off = user.is_disabled ? labelled(words.users.enable, user, () => setDisabled(user, false)) : isSelf ? null : labelled(words.users.disable, user, () => setDisabled(user, true), "danger");
    return [name, words.roles[user.role] ?? user.role, sightText(user.sight), time(user.entered_at), actions(labelled(words.access.change, user, () => change(user)), link, off)];
  }

  async function add(): Promise<void> {
    const name = textInput({ maxlength: "64" });
    const { controls, role, sight } = await rights();
    formDialog(words.users.add, [field(words.access.name, name, words.users.nameNote), ...controls], words.users.addIt, async (notice) => {
      if (name.value.trim() === "") return refused(notice, name, words.access.enterName);
      if (sight.isEmpty) return refused(notice, role, words.access.chooseGroup);
      const made = await call<{ invitation: string }>("POST", "/api/v1/users", { name: name.value.trim(), role: role.value, sight: sight.sight });
      await page.show();
      showLink(words.access.linkFor(name.value.trim()), made.invitation);
      return true;
    });
  }

  async function change(user: User): Promise<void> {
    const { controls, role, sight } = await rights(user);
    formDialog(words.access.changeNamed(user.name), controls, words.access.save, async (notice) => {
      if (sight.isEmpty) return refused(notice, role, words.access.chooseGroup);
      await call("PATCH", `/api/v1/users/${user.id}`, { role: role.value, sight: sight.sight });
      await page.show();
      page.notice.say(words.access.changed(user.name));
      return true;
    });
  }

  async function newLink(user: User): Promise<void> {
    const text = user.has_password ? words.users.newLinkWithPassword : words.users.newLinkWithout;
    if (!(await confirm(words.users.newLinkAsk(user.name), text, words.users.makeLink))) return;
    await page.act(async () => {
      const { invitation } = await call<{ invitation: string }>("POST", `/api/v1/users/${user.id}/invitation`);
      showLink(words.access.linkFor(user.name), invitation);
    }, words.users.linkMade(user.name));
  }

  async function setDisabled(user: User, is_disabled: boolean): Promise<void> {
    if (is_disabled && !(await confirm(words.users.disableAsk(user.name), words.users.disableText, words.users.disable))) return;
    const done = is_disabled ? words.users.isDisabled(user.name) : words.users.isEnabled(user.name);
    await page.act(() => call("PATCH", `/api/v1/users/${user.id}`, { is_disabled }), done);
    await signedIn.show();
  }
}

function showLink(title: string, invitation: string): void {
  showOnce(title, words.users.linkText, new URL(invitation, location.origin).href);
}

async function rights(user?: User): Promise<{ controls: Node[]; role: HTMLSelectElement; sight: SightEditor }> {
  const groups = await fetchGroups();
  const role = select(ROLES.map((word) => [word, `${words.roles[word]}: ${words.roleNotes[word]}`] as const), user?.role ?? "viewer");
  const sight = new SightEditor(groups, user?.sight);
  return { controls: [field(words.access.role, role), sight.element], role, sight };
}

function labelled(text: string, user: User, onClick: () => unknown, kind: ButtonKind = "plain"): HTMLButtonElement {
  const element = button(text, kind, onClick);
  element.setAttribute("aria-label", words.access.named(text, user.name));
  return element;
}

function refused(notice: Notice, control: HTMLElement, text: string): false {
  refuse(notice, control, text);
  return false;
}
