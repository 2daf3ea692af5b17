// Who is signed in, from where: for administrators, below the users. Whose session ends here is out
// within a second.

import { h } from "../ui/dom.ts";
import { call } from "./api.ts";
import { ListPage } from "./list-page.ts";
import type { Session } from "./model.ts";
import { actions, badge, button, table, time } from "./parts.ts";
import { agentText } from "./words.ts";
import { words } from "../words/words.ts";

export class SignedIn {
  readonly element: HTMLElement;
  #list = new ListPage(() => this.#load());

  constructor() {
    const title = h("h2", { id: "signed-in-title" }, words.users.signedIn);
    this.element = h("section", { class: "card", "aria-labelledby": "signed-in-title" }, title, this.#list.notice.element, this.#list.body);
  }

  async show(): Promise<void> {
    await this.#list.show();
  }

  async #load(): Promise<Node[]> {
    const { sessions } = await call<{ sessions: Session[] }>("GET", "/api/v1/sessions?all=true");
    if (sessions.length === 0) return [h("p", { class: "note empty" }, words.users.nobody)];
    const heads = [words.access.name, words.access.browser, words.access.from, words.access.since, words.access.lastSeen, ""];
    return [table(words.users.signedIn, heads, sessions.map((session) => this.#row(session)))];
  }

  #row(session: Session): (Node | string)[] {
    const browser = h("span", { title: session.agent }, agentText(session.agent));
    const end = session.is_this ? badge(words.access.thisOne, "good") : this.#button(session);
    return [session.user.name, browser, session.from, time(session.made_at), time(session.seen_at), actions(end)];
  }

  #button(session: Session): HTMLElement {
    const element = button(words.access.end, "plain", () => this.#end(session));
    element.setAttribute("aria-label", words.users.endOf(session.user.name, agentText(session.agent)));
    return element;
  }

  async #end(session: Session): Promise<void> {
    await this.#list.act(
      () => call("DELETE", `/api/v1/sessions/${encodeURIComponent(session.id)}`),
      words.users.endedOf(session.user.name),
    );
  }
}
