// Displays: letting one in by its code, and looking after those that are in: whether there is a
// picture on each, and of what; what it can be told; the scenes that they show. Dispatchers look
// after displays, administrators let them in and shut them out, too.

import { fetchBuild, readBoot } from "../page/boot.ts";
import { healthOf, needsLook } from "../page/display-health.ts";
import { fetchDisplays, orderDisplay } from "../page/displays.ts";
import type { Display } from "../page/displays.ts";
import { h, setText } from "../ui/dom.ts";
import { orToLogin } from "./api.ts";
import { ACTS, DisplayCard, MORE_ACTS } from "./display-card.ts";
import type { Act } from "./display-card.ts";
import { askDim, askMessage, askScene, askScenes } from "./display-dialogs.ts";
import { summaryText } from "./display-words.ts";
import { DisplayTokens } from "./display-tokens.ts";
import type { Me } from "./model.ts";
import { Notice, button } from "./parts.ts";
import { SceneList } from "./scene-list.ts";
import { fullText } from "./words.ts";
import { words } from "../words/words.ts";

const REFRESH_MS = 5_000;

export async function showDisplays(main: HTMLElement, me: Me): Promise<void> {
  const page = new DisplaysPage(main, me.role === "administrator");
  await page.show();
  page.begin();
}

class DisplaysPage {
  readonly notice = new Notice();
  #tokens: DisplayTokens | null;
  #displays: Display[] = [];
  #atMs = 0;
  #serverBuild = readBoot().build;
  #asksBuild = false;
  #cards = new Map<string, DisplayCard>();
  /** Since when each has been seen connected without a break. */
  #sinceMs = new Map<string, number>();
  #scenes = new SceneList(() => this.#displays);
  #summary = h("p", { class: "note", role: "status" });
  #list = h("ul", { class: "displays", "aria-label": words.displays.list });

  constructor(main: HTMLElement, isAdministrator: boolean) {
    this.#tokens = isAdministrator ? new DisplayTokens(this) : null;
    const head = h("div", { class: "head" }, h("div", {}, h("h2", { id: "displays-title" }, words.displays.title), this.#summary));
    if (this.#tokens !== null) {
      head.append(button(words.displays.link, "plain", () => this.#tokens?.makeLink()));
      main.append(this.#tokens.pair.element);
    }
    main.append(this.notice.element, h("section", { class: "card", "aria-labelledby": "displays-title" }, head, this.#list), this.#scenes.element);
    this.#tokens?.begin();
  }

  /** All of it, as it is now. */
  async show(): Promise<void> {
    await Promise.all([this.#load(), this.#tokens?.load()]);
    // It tells which displays show each.
    await this.#scenes.show();
    this.#draw();
  }

  /** From now on what is shown is kept up to date while somebody looks. */
  begin(): void {
    setInterval(() => {
      if (document.visibilityState === "visible") void this.#refresh();
    }, REFRESH_MS);
  }

  async #refresh(): Promise<void> {
    try {
      await this.#load();
      if (this.#tokens !== null && this.#displays.some(({ id }) => this.#tokens?.byId(id) === undefined)) await this.#tokens.load();
      this.#draw();
    } catch {
      setText(this.#summary, `${words.displays.noAnswer} ${fullText(this.#atMs)}.`);
    }
  }

  async #load(): Promise<void> {
    const { content, atMs } = await orToLogin(fetchDisplays());
    this.#displays = content;
    this.#atMs = atMs;
    for (const { id, is_connected } of content) {
      if (!is_connected) this.#sinceMs.delete(id);
      else if (!this.#sinceMs.has(id)) this.#sinceMs.set(id, atMs);
    }
    await this.#lookUpBuild();
  }

  /** Another build than this page's may be the server's own by now. */
  async #lookUpBuild(): Promise<void> {
    const isOther = this.#displays.some(({ report }) => report?.build !== undefined && report.build !== this.#serverBuild);
    if (!isOther || this.#asksBuild) return;
    this.#asksBuild = true;
    this.#serverBuild = (await fetchBuild()) ?? this.#serverBuild;
    this.#asksBuild = false;
  }

  #draw(): void {
    const needing: string[] = [];
    for (const display of this.#displays) {
      const health = healthOf(display, this.#atMs, this.#serverBuild, this.#sinceMs.get(display.id));
      if (needsLook(health)) needing.push(display.name);
      const card = this.#cards.get(display.id) ?? this.#newCard(display);
      card.show({ display, health, nowMs: this.#atMs, serverBuild: this.#serverBuild, sceneNames: this.#scenes.namesOf(display.scenes), more: this.#tokens?.factsOf(display) ?? [] });
    }
    this.#place();
    setText(this.#summary, this.#displays.length === 0 ? "" : summaryText(this.#displays.length, needing));
  }

  #newCard({ id }: Display): DisplayCard {
    const card = new DisplayCard(this.#tokens === null ? ACTS : [...ACTS, ...MORE_ACTS], (act) => void this.#act(id, act));
    this.#cards.set(id, card);
    return card;
  }

  /** Only what is not in its place is moved, so that the focus stays. */
  #place(): void {
    const known = new Set(this.#displays.map(({ id }) => id));
    for (const [id, card] of this.#cards) {
      if (known.has(id)) continue;
      card.element.remove();
      this.#cards.delete(id);
    }
    if (this.#displays.length === 0) return this.#list.replaceChildren(h("li", { class: "note empty" }, this.#tokens === null ? `${words.displays.none} ${words.displays.askPair}` : words.displays.none));
    this.#list.querySelector(".empty")?.remove();
    this.#displays.forEach(({ id }, place) => {
      const { element } = this.#cards.get(id)!;
      if (this.#list.children[place] !== element) this.#list.insertBefore(element, this.#list.children[place] ?? null);
    });
  }

  async #act(id: string, act: Act): Promise<void> {
    const display = this.#displays.find((one) => one.id === id);
    if (display === undefined) return;
    const done = async (text: string) => {
      await this.show();
      this.notice.say(text);
    };
    this.notice.clear();
    if (act === "change") return this.#tokens?.change(id);
    if (act === "revoke") return this.#tokens?.revoke(id);
    if (act === "message") return askMessage(display, done);
    if (act === "dimming") return askDim(display, done);
    if (act === "show") return askScene(display, this.#scenes.namesOf(display.scenes), done);
    if (act === "assign") {
      await this.#scenes.show();
      return askScenes(display, this.#scenes.book.sorted, done);
    }
    try {
      await orToLogin(orderDisplay(id, { do: act }));
      this.notice.say(words.displayDone[act](display.name));
    } catch (error) {
      this.notice.trouble(error);
    }
  }
}
