// One's own account: who one is and may see, the password, and where one is signed in.

import { h } from "../ui/dom.ts";
import { ApiFailure, call } from "./api.ts";
import { confirm } from "./dialogs.ts";
import type { Me, Session } from "./model.ts";
import { Notice, actions, badge, button, form, refuse, table, textInput, time } from "./parts.ts";
import { passwordField } from "./password-field.ts";
import { PASSWORD_RULES, ROLE_NOTES, ROLE_WORDS, agentText, sightText } from "./words.ts";

export async function showAccount(main: HTMLElement, me: Me): Promise<void> {
  main.append(whoCard(me));
  if (me.kind !== "person") return;
  const sessions = h("section", { class: "card", "aria-labelledby": "sessions-title" });
  main.append(sessions);
  if (me.has_password !== false) main.append(passwordCard(me));
  await new SessionList(sessions).load();
}

function whoCard(me: Me): HTMLElement {
  const role = ROLE_WORDS[me.role] ?? me.role;
  const facts: [string, string][] =
    me.kind === "local"
      ? [["Who", "Anybody at this machine"], ["May", "do everything: this server needs no sign-in here"]]
      : [["Name", me.name], ["Role", `${role}: ${ROLE_NOTES[me.role] ?? ""}`], ["Sees", sightText(me.sight)]];
  return h("section", { class: "card" }, h("dl", { class: "facts" }, ...facts.flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, value)])));
}

function passwordCard(me: Me): HTMLElement {
  const notice = new Notice();
  const name = textInput({ autocomplete: "username", value: me.name, hidden: "" });
  const old = passwordField("Present password", "current-password");
  const fresh = passwordField("New password", "new-password", PASSWORD_RULES);
  const change = form([name, old.element, fresh.element, notice.element, button("Change password", "primary")], notice, async () => {
    if (old.input.value === "") return refuse(notice, old.input, "Enter your present password.");
    if (fresh.input.value === "") return refuse(notice, fresh.input, "Enter a new password.");
    try {
      await call("POST", "/api/v1/password", { old: old.input.value, new: fresh.input.value });
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.code !== "wrong_credentials") throw error;
      return refuse(notice, old.input, "The present password is wrong.");
    }
    old.input.value = fresh.input.value = "";
    notice.say("The password is changed. All other sessions have ended.");
  });
  return h("section", { class: "card", "aria-labelledby": "password-title" }, h("h2", { id: "password-title" }, "Password"), change);
}

class SessionList {
  #element: HTMLElement;
  #notice = new Notice();
  #body = h("div");

  constructor(element: HTMLElement) {
    this.#element = element;
    element.append(h("h2", { id: "sessions-title" }, "Where you are signed in"), this.#body, this.#notice.element);
  }

  async load(): Promise<void> {
    const { sessions } = await call<{ sessions: Session[] }>("GET", "/api/v1/sessions");
    const rows = sessions.map((session) => [
      h("span", { title: session.agent }, agentText(session.agent)),
      session.from,
      time(session.made_at),
      time(session.seen_at),
      actions(session.is_this ? badge("This one", "good") : button("End", "plain", () => this.#end(session))),
    ]);
    const others = sessions.some(({ is_this }) => !is_this);
    const all = others ? [actions(button("End all others", "danger", () => this.#endOthers()))] : [];
    this.#body.replaceChildren(table("Your sessions", ["Browser", "From", "Since", "Last seen", ""], rows), ...all);
  }

  async #end(session: Session): Promise<void> {
    await this.#change(() => call("DELETE", `/api/v1/sessions/${encodeURIComponent(session.id)}`), "That session has ended.");
  }

  async #endOthers(): Promise<void> {
    if (!(await confirm("End all other sessions?", "You stay signed in here only.", "End them"))) return;
    await this.#change(() => call("DELETE", "/api/v1/sessions"), "All other sessions have ended.");
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
