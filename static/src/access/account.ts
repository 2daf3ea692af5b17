// One's own account: who one is and may see, the password, and where one is signed in.

import { h } from "../ui/dom.ts";
import { ApiFailure, call } from "./api.ts";
import { confirm } from "./dialogs.ts";
import type { Me, Session } from "./model.ts";
import { Notice, actions, badge, button, form, refuse, table, textInput, time } from "./parts.ts";
import { passwordField } from "./password-field.ts";
import { agentText, sightText } from "./words.ts";
import { words } from "../words/words.ts";

export async function showAccount(main: HTMLElement, me: Me): Promise<void> {
  main.append(whoCard(me));
  if (me.kind !== "person") return;
  const sessions = h("section", { class: "card", "aria-labelledby": "sessions-title" });
  main.append(sessions);
  if (me.has_password !== false) main.append(passwordCard(me));
  await new SessionList(sessions).load();
}

function whoCard(me: Me): HTMLElement {
  const role = words.roles[me.role] ?? me.role;
  const facts: [string, string][] =
    me.kind === "local"
      ? [[words.account.who, words.account.anybody], [words.account.may, words.account.everything]]
      : [[words.access.name, me.name], [words.access.role, `${role}: ${words.roleNotes[me.role] ?? ""}`], [words.access.sees, sightText(me.sight)]];
  return h("section", { class: "card" }, h("dl", { class: "facts" }, ...facts.flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, value)])));
}

function passwordCard(me: Me): HTMLElement {
  const notice = new Notice();
  const name = textInput({ autocomplete: "username", value: me.name, hidden: "" });
  const old = passwordField(words.password.present, "current-password");
  const fresh = passwordField(words.password.fresh, "new-password", words.password.rules);
  const change = form([name, old.element, fresh.element, notice.element, button(words.password.change, "primary")], notice, async () => {
    if (old.input.value === "") return refuse(notice, old.input, words.password.enterPresent);
    if (fresh.input.value === "") return refuse(notice, fresh.input, words.password.enterFresh);
    try {
      await call("POST", "/api/v1/password", { old: old.input.value, new: fresh.input.value });
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.code !== "wrong_credentials") throw error;
      return refuse(notice, old.input, words.password.presentWrong);
    }
    old.input.value = fresh.input.value = "";
    notice.say(words.password.changed);
  });
  return h("section", { class: "card", "aria-labelledby": "password-title" }, h("h2", { id: "password-title" }, words.password.title), change);
}

class SessionList {
  #element: HTMLElement;
  #notice = new Notice();
  #body = h("div");

  constructor(element: HTMLElement) {
    this.#element = element;
    element.append(h("h2", { id: "sessions-title" }, words.account.signedInAt), this.#body, this.#notice.element);
  }

  async load(): Promise<void> {
    const { sessions } = await call<{ sessions: Session[] }>("GET", "/api/v1/sessions");
    const rows = sessions.map((session) => [
      h("span", { title: session.agent }, agentText(session.agent)),
      session.from,
      time(session.made_at),
      time(session.seen_at),
      actions(session.is_this ? badge(words.access.thisOne, "good") : button(words.access.end, "plain", () => this.#end(session))),
    ]);
    const others = sessions.some(({ is_this }) => !is_this);
    const all = others ? [actions(button(words.account.endOthers, "danger", () => this.#endOthers()))] : [];
    this.#body.replaceChildren(table(words.account.yourSessions, [words.access.browser, words.access.from, words.access.since, words.access.lastSeen, ""], rows), ...all);
  }

  async #end(session: Session): Promise<void> {
    await this.#change(() => call("DELETE", `/api/v1/sessions/${encodeURIComponent(session.id)}`), words.account.sessionEnded);
  }

  async #endOthers(): Promise<void> {
    if (!(await confirm(words.account.endOthersAsk, words.account.endOthersText, words.account.endThem))) return;
    await this.#change(() => call("DELETE", "/api/v1/sessions"), words.account.othersEnded);
  }

  async #change(act: () => Promise<unknown>, done: string): Promise<void> {
    this.#notice.clear();
    try {
      await act();
      await this.load();
      this.#notice.say(done);
      this.#element.querySelector("h2")?.scrollIntoView({ block: "nearest" });
    } catch (error) {
      this.#notice.trouble(error);
    }
  }
}
