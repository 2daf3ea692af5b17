// Lets a display in: its code is entered, then it is shown from where the display asks, and only
// then is it named and approved. Without the middle step, whoever sends a link with a code in it
// would get a display of their own approved.

import { h } from "../ui/dom.ts";
import { call } from "./api.ts";
import { CODE_LENGTH, codeOf, shownCode } from "./codes.ts";
import { fetchGroups } from "./list-page.ts";
import type { WaitingScreen } from "./model.ts";
import { Notice, button, field, form, refuse, textInput, time } from "./parts.ts";
import { SightEditor } from "./sight-editor.ts";
import { agentText } from "./words.ts";
import { words } from "../words/words.ts";

export class PairForm {
  readonly element = h("section", { class: "card pair", "aria-labelledby": "pair-title" });
  #onPaired: (name: string) => void;

  constructor(onPaired: (name: string) => void) {
    this.#onPaired = onPaired;
    this.#askCode("");
  }

  /** Fills a code in, as from a link; it is still for a person to look it up. */
  fill(code: string): void {
    this.#askCode(codeOf(code));
    this.element.querySelector("button")?.focus();
  }

  #askCode(code: string, news?: string): void {
    const notice = new Notice();
    const input = textInput({ class: "code", inputmode: "text", autocapitalize: "characters", placeholder: "––– –––", value: shownCode(code) });
    input.addEventListener("input", () => keepShape(input));
    const find = form([field(words.pairForm.codeField, input), notice.element, button(words.pairForm.look, "primary")], notice, async () => {
      const typed = codeOf(input.value);
      if (typed.length !== CODE_LENGTH) return refuse(notice, input, words.pairForm.badCode(CODE_LENGTH));
      const screen = await call<WaitingScreen>("GET", `/api/v1/pairing/${typed}`).catch((error: { status?: number }) => {
        if (error.status !== 410 && error.status !== 404) throw error;
        refuse(notice, input, words.pairForm.noSuchCode);
        return null;
      });
      if (screen !== null) await this.#askName(typed, screen);
    });
    this.element.replaceChildren(h("h2", { id: "pair-title" }, words.pairForm.title), h("p", { class: "note" }, words.pairForm.open(`${location.host}/wall`)), find);
    if (news !== undefined) notice.say(news);
  }

  async #askName(code: string, screen: WaitingScreen): Promise<void> {
    const notice = new Notice();
    const name = textInput({ maxlength: "64" });
    const sight = new SightEditor(await fetchGroups());
    const who = h(
      "dl",
      { class: "facts" },
      ...[[words.pairForm.code, shownCode(code)], [words.pairForm.asksFrom, screen.from], [words.access.browser, agentText(screen.agent)]].flatMap(([label, value]) => [h("dt", {}, label!), h("dd", {}, value!)]),
      h("dt", {}, words.pairForm.asked),
      h("dd", {}, time(screen.asked_at)),
    );
    const foot = h("div", { class: "actions" }, button(words.pairForm.approve, "primary"), button(words.pairForm.refuse, "danger", () => this.#refuse(code, notice)), button(words.pairForm.back, "quiet", () => this.#again("")));
    const parts = [field(words.pairForm.name, name, words.pairForm.nameNote), sight.element, notice.element, foot];
    const approve = form(parts, notice, async () => {
      if (name.value.trim() === "") return refuse(notice, name, words.access.giveName);
      if (sight.isEmpty) return refuse(notice, name, words.access.chooseGroup);
      await call("POST", `/api/v1/pairing/${code}/approve`, { name: name.value.trim(), sight: sight.sight });
      this.#again(words.pairForm.letIn(name.value.trim()));
      this.#onPaired(name.value.trim());
    });
    this.element.replaceChildren(h("h2", { id: "pair-title" }, words.pairForm.isYours), who, approve);
    name.focus();
  }

  async #refuse(code: string, notice: Notice): Promise<void> {
    try {
      await call("POST", `/api/v1/pairing/${code}/refuse`);
      this.#again(words.pairForm.refused);
    } catch (error) {
      notice.trouble(error);
    }
  }

  #again(news: string): void {
    this.#askCode("", news === "" ? undefined : news);
    this.element.querySelector("input")?.focus();
  }
}

/** Keeps what is typed in the shape of a code, and the caret where it was. */
function keepShape(input: HTMLInputElement): void {
  const before = codeOf(input.value.slice(0, input.selectionStart ?? input.value.length)).length;
  input.value = shownCode(codeOf(input.value).slice(0, CODE_LENGTH));
  const at = before > CODE_LENGTH / 2 ? before + 1 : before;
  input.setSelectionRange(at, at);
}
