// Users: who there is, what each may, and the one-time links with which they come in.

import { h } from "../ui/dom.ts";
import { call } from "./api.ts";
import { confirm, formDialog, showOnce } from "./dialogs.ts";
import { ListPage, fetchGroups } from "./list-page.ts";
import type { Me, Role, User } from "./model.ts";
import type { Notice } from "./parts.ts";
import { actions, badge, button, field, refuse, select, table, textInput, time } from "./parts.ts";
import { SightEditor } from "./sight-editor.ts";
import { SignedIn } from "./signed-in.ts";
import { ROLE_NOTES, ROLE_WORDS, sightText } from "./words.ts";

const ROLES = Object.keys(ROLE_WORDS) as Role[];
const LINK_TEXT = "Give it to them yourself. It works once, and it is shown only now.";

export async function showUsers(main: HTMLElement, me: Me): Promise<void> {
  const page = new ListPage(async () => {
    const { users } = await call<{ users: User[] }>("GET", "/api/v1/users");
    if (users.length === 0) return [h("p", { class: "note empty" }, "There are no users yet.")];
    return [table("Users", ["Name", "Role", "Sees", "Last sign-in", ""], users.map(row))];
  });
  const signedIn = new SignedIn();
  const head = h("div", { class: "head" }, main.querySelector("h1")!, button("Add a user", "primary", add));
  main.append(head, page.notice.element, h("section", { class: "card" }, page.body), signedIn.element);
  await Promise.all([page.show(), signedIn.show()]);

  function row(user: User): (Node | string)[] {
    const isSelf = me.kind === "person" && user.name === me.name;
    const signs = [isSelf ? badge("You", "good") : null, user.is_disabled ? badge("Disabled", "bad") : null, user.is_external ? badge("External") : null, !user.has_password && !user.is_external ? badge("No password yet", "warning") : null];
    const name = h("span", { class: "named" }, h("span", { class: "name" }, user.name), ...signs);
    const link = user.is_external || user.is_disabled ? null : labelled("New link", user, () => newLink(user));
    const off = user.is_disabled ? labelled("Enable", user, () => setDisabled(user, false)) : isSelf ? null : labelled("Disable", user, () => setDisabled(user, true));
    return [name, ROLE_WORDS[user.role] ?? user.role, sightText(user.sight), time(user.entered_at), actions(labelled("Change", user, () => change(user)), link, off)];
  }

  async function add(): Promise<void> {
    const name = textInput({ maxlength: "64" });
    const { controls, role, sight } = await rights();
    formDialog("Add a user", [field("Name", name, "They sign in with it."), ...controls], "Add", async (notice) => {
      if (name.value.trim() === "") return refused(notice, name, "Enter a name.");
      if (sight.isEmpty) return refused(notice, role, "Choose at least one group.");
      const made = await call<{ invitation: string }>("POST", "/api/v1/users", { name: name.value.trim(), role: role.value, sight: sight.sight });
      await page.show();
      showLink(`Link for ${name.value.trim()}`, made.invitation);
      return true;
    });
  }

  async function change(user: User): Promise<void> {
    const { controls, role, sight } = await rights(user);
    formDialog(`Change ${user.name}`, controls, "Save", async (notice) => {
      if (sight.isEmpty) return refused(notice, role, "Choose at least one group.");
      await call("PATCH", `/api/v1/users/${user.id}`, { role: role.value, sight: sight.sight });
      await page.show();
      page.notice.say(`${user.name} is changed.`);
      return true;
    });
  }

  async function newLink(user: User): Promise<void> {
    const text = user.has_password ? "With the link, they choose a new password. The present one works until then." : "An earlier link stops working.";
    if (!(await confirm(`New link for ${user.name}?`, text, "Make a link"))) return;
    await page.act(async () => {
      const { invitation } = await call<{ invitation: string }>("POST", `/api/v1/users/${user.id}/invitation`);
      showLink(`Link for ${user.name}`, invitation);
    }, `There is a new link for ${user.name}.`);
  }

  async function setDisabled(user: User, is_disabled: boolean): Promise<void> {
    if (is_disabled && !(await confirm(`Disable ${user.name}?`, "They are signed out everywhere at once.", "Disable"))) return;
    const end = is_disabled ? "disabled, and signed out everywhere" : "enabled";
    await page.act(() => call("PATCH", `/api/v1/users/${user.id}`, { is_disabled }), `${user.name} is ${end}.`);
    await signedIn.show();
  }
}

function showLink(title: string, invitation: string): void {
  showOnce(title, LINK_TEXT, new URL(invitation, location.origin).href);
}

async function rights(user?: User): Promise<{ controls: Node[]; role: HTMLSelectElement; sight: SightEditor }> {
  const groups = await fetchGroups();
  const role = select(ROLES.map((word) => [word, `${ROLE_WORDS[word]}: ${ROLE_NOTES[word]}`] as const), user?.role ?? "viewer");
  const sight = new SightEditor(groups, user?.sight);
  return { controls: [field("Role", role), sight.element], role, sight };
}

function labelled(text: string, user: User, onClick: () => unknown): HTMLButtonElement {
  const element = button(text, text === "Disable" ? "danger" : "plain", onClick);
  element.setAttribute("aria-label", `${text}: ${user.name}`);
  return element;
}

function refused(notice: Notice, control: HTMLElement, text: string): false {
  refuse(notice, control, text);
  return false;
}
