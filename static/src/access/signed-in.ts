// Who is signed in, from where: for administrators, below the users. Whose session ends here is out
// within a second.

import { h } from "../ui/dom.ts";
import { call } from "./api.ts";
import { ListPage } from "./list-page.ts";
import type { Session } from "./model.ts";
import { actions, badge, button, table, time } from "./parts.ts";
import { agentText } from "./words.ts";

export class SignedIn {
  readonly element: HTMLElement;
  #list = new ListPage(() => this.#load());

  constructor() {
    const title = h("h2", { id: "signed-in-title" }, "Signed in");
    this.element = h("section", { class: "card", "aria-labelledby": "signed-in-title" }, title, this.#list.notice.element, this.#list.body);
  }

  async show(): Promise<void> {
    await this.#list.show();
  }

  async #load(): Promise<Node[]> {
    const { sessions } = await call<{ sessions: Session[] }>("GET", "/api/v1/sessions?all=true");
    if (sessions.length === 0) return [h("p", { class: "note empty" }, "Nobody is signed in.")];
    const heads = ["Name", "Browser", "From", "Since", "Last seen", ""];
    return [table("Signed in", heads, sessions.map((session) => this.#row(session)))];
  }

  #row(session: Session): (Node | string)[] {
    const browser = h("span", { title: session.agent }, agentText(session.agent));
    const end = session.is_this ? badge("This one", "good") : this.#button(session);
    return [session.user.name, browser, session.from, time(session.made_at), time(session.seen_at), actions(end)];
  }

  #button(session: Session): HTMLElement {
    const element = button("End", "plain", () => this.#end(session));
    element.setAttribute("aria-label", `End the session of ${session.user.name} in ${agentText(session.agent)}`);
    return element;
  }

  async #end(session: Session): Promise<void> {
    await this.#list.act(
      () => call("DELETE", `/api/v1/sessions/${encodeURIComponent(session.id)}`),
      `That session of ${session.user.name} has ended.`,
    );
  }
}
