// A page that is a list with things to do to its entries: loads it, does them, loads it again, and
// says what came of it where it can be seen and heard.

import { h } from "../ui/dom.ts";
import { call } from "./api.ts";
import { Notice } from "./parts.ts";

export class ListPage {
  readonly notice = new Notice();
  readonly body = h("div", { class: "list" });
  #load: () => Promise<Node[]>;

  constructor(load: () => Promise<Node[]>) {
    this.#load = load;
  }

  async show(): Promise<void> {
    this.body.replaceChildren(...(await this.#load()));
  }

  /** Does something, and shows what is so afterwards; `done` may be what came of it. */
  act<Result>(work: () => Promise<Result>, done: string | ((result: Result) => string)): Promise<void> {
    return actOn(this, work, done);
  }
}

/** What shows something, and says what came of it. */
export type Shown = Pick<ListPage, "show" | "notice">;

/** The same for pages that are no such list. */
export async function actOn<Result>(page: Shown, work: () => Promise<Result>, done: string | ((result: Result) => string)): Promise<void> {
  page.notice.clear();
  try {
    const result = await work();
    await page.show();
    page.notice.say(typeof done === "string" ? done : done(result));
  } catch (error) {
    page.notice.trouble(error);
  }
}

/** The groups there are, for choosing; none where they cannot be told. */
export async function fetchGroups(): Promise<string[]> {
  return call<{ groups: string[] }>("GET", "/api/v1/groups").then(({ groups }) => groups, () => []);
}
