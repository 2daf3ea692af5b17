// The scenes that displays show: renamed, changed, deleted. The part of the map that one shows is
// chosen on the map.

import type { Display } from "../page/displays.ts";
import { SceneBook, keptOf, sceneOfKept } from "../page/scenes.ts";
import type { KeptScene } from "../page/scenes.ts";
import { h } from "../ui/dom.ts";
import { SceneForm } from "../ui/scene-form.ts";
import { listText, sceneText } from "../ui/scene-words.ts";
import { ApiFailure, orToLogin } from "./api.ts";
import { confirm, formDialog } from "./dialogs.ts";
import { inUseText, titleOf } from "./display-words.ts";
import { ListPage, fetchGroups } from "./list-page.ts";
import { actions, button, refuse, table, uniqueId } from "./parts.ts";
import { words } from "../words/words.ts";

/** The map, with a scene to be changed, or made. */
const MAP_PATH = "/#scene=";

export class SceneList {
  readonly book = new SceneBook();
  readonly element: HTMLElement;
  #displays: () => readonly Display[];
  #page: ListPage;

  constructor(displays: () => readonly Display[]) {
    this.#displays = displays;
    this.#page = new ListPage(() => this.#load());
    const title = h("h2", { id: uniqueId("scenes") }, words.scenes.title);
    const make = h("a", { class: "button plain", href: `${MAP_PATH}new` }, words.scenes.make);
    this.element = h("section", { class: "card scene-list", "aria-labelledby": title.id }, h("div", { class: "head" }, title, make), h("p", { class: "note" }, words.scenes.lead), this.#page.notice.element, this.#page.body);
  }

  async show(): Promise<void> {
    await this.#page.show();
  }

  /** In the order given; of ids that are none nothing. */
  namesOf(ids: readonly string[]): string[] {
    return ids.flatMap((id) => this.book.byId(id)?.name ?? []);
  }

  async #load(): Promise<Node[]> {
    await orToLogin(this.book.load());
    const scenes = this.book.sorted;
    if (scenes.length === 0) return [h("p", { class: "note empty" }, words.scenes.none)];
    return [table(words.scenes.title, words.scenes.heads, scenes.map((kept) => this.#row(kept)))];
  }

  #row(kept: KeptScene): (Node | string)[] {
    const scene = sceneOfKept(kept);
    const change = button(words.scenes.change, "plain", () => this.#change(kept));
    const remove = button(words.scenes.remove, "danger", () => this.#remove(kept));
    change.setAttribute("aria-label", titleOf(words.scenes.change, kept.name));
    remove.setAttribute("aria-label", titleOf(words.scenes.remove, kept.name));
    change.disabled = scene === null;
    const on = this.#on(kept.id);
    return [h("span", { class: "name" }, kept.name), scene === null ? words.scenes.unreadable : sceneText(scene), on.length === 0 ? words.scenes.nowhere : listText(on), actions(change, remove)];
  }

  #on(id: string): string[] {
    return this.#displays().filter(({ scenes }) => scenes.includes(id)).map(({ name }) => name);
  }

  async #change(kept: KeptScene): Promise<void> {
    const scene = sceneOfKept(kept);
    if (scene === null) return;
    const { area } = scene;
    const bounds = area.kind === "bounds" ? () => area.bounds : null;
    const fields = new SceneForm(scene, { groups: await fetchGroups(), bounds, boundsWord: words.scenes.keptBounds, boundsNote: "" });
    const elsewhere = h("p", {}, h("a", { href: `${MAP_PATH}${encodeURIComponent(kept.id)}` }, words.scenes.elsewhere));
    formDialog(titleOf(words.scenes.change, kept.name), [fields.element, elsewhere], words.displayDialogs.save, async (notice) => {
      const entered = fields.read();
      const namesake = "scene" in entered ? this.book.namesake(entered.scene.name, kept.id) : undefined;
      if ("problem" in entered || namesake !== undefined) {
        const [control, problem] = "problem" in entered ? [entered.control, entered.problem] : [fields.name, words.wallTab.sameName(entered.scene.name)];
        refuse(notice, control, problem);
        return false;
      }
      await orToLogin(this.book.put(keptOf(kept.id, entered.scene)));
      await this.#page.act(() => Promise.resolve(), words.displayDone.saved(entered.scene.name));
      return true;
    });
  }

  async #remove({ id, name }: KeptScene): Promise<void> {
    if (!(await confirm(`${words.scenes.remove} ${name}?`, words.scenes.removeText, words.scenes.removeIt))) return;
    await this.#page.act(() => orToLogin(this.book.remove(id)).catch((error: unknown) => {
      const names = this.#on(id);
      if (!(error instanceof ApiFailure) || error.code !== "in_use" || names.length === 0) throw error;
      throw new ApiFailure(error.status, error.code, inUseText(name, names));
    }), words.displayDone.removed(name));
  }
}
