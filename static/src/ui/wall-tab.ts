// The tab for walls: the scenes that there are, and the form by which what is seen on the map becomes
// one, tried in a tab of its own and put on displays.

import { fetchGroups } from "../access/list-page.ts";
import { newId } from "../page/kept-list.ts";
import { fetchDisplays, showNow, showOn } from "../page/displays.ts";
import type { Display } from "../page/displays.ts";
import { SceneBook, keptOf, sceneOfKept } from "../page/scenes.ts";
import type { KeptScene } from "../page/scenes.ts";
import { MOST_SCENES } from "../wall/scene.ts";
import type { Scene } from "../wall/scene.ts";
import { wallPath } from "../wall/scene-sent.ts";
import { h, setText } from "./dom.ts";
import { barButton, buttonOf, say, tickBox, troubleText } from "./form-parts.ts";
import { SceneForm } from "./scene-form.ts";
import { displayNote, onText, savedText, sceneText } from "./scene-words.ts";
import { USUAL_SHAPE } from "./wall-frame.ts";
import type { WallFrame } from "./wall-frame.ts";
import { words } from "../words/words.ts";

const DISPLAYS_PATH = "/displays";

export interface WallHost {
  frame: WallFrame;
  /** What is seen now, as a scene without a name. */
  sceneOfView(): Scene;
  /** The map is to show it; `isAtOnce`: since what it shows is taken from it. */
  showArea(scene: Scene, isAtOnce: boolean): void;
}

export class WallTab {
  readonly element = h("section", { class: "side-tab wall-tab" });
  #host: WallHost;
  #book = new SceneBook();
  #displays: readonly Display[] = [];
  #put: HTMLButtonElement;
  #note = h("p", { class: "side-note", role: "status" });
  #list = h("ul", { class: "side-list" });
  #summary = h("p", { class: "muted" });
  #main: HTMLElement;
  #form: HTMLFormElement | null = null;

  constructor(host: WallHost) {
    this.#host = host;
    this.#put = barButton(words.wallTab.put, () => void this.begin(), "primary");
    const displays = h("a", { class: "bar-button", href: DISPLAYS_PATH }, words.wallTab.displays);
    this.#main = h("div", { class: "side-main" }, h("div", { class: "side-row" }, this.#put, displays), h("p", { class: "muted" }, words.wallTab.lead), this.#note, this.#summary, this.#list);
    this.element.append(this.#main);
    this.#book.onChange(() => this.#show());
  }

  async load(): Promise<void> {
    try {
      const [{ content }] = await Promise.all([fetchDisplays(), this.#book.load()]);
      this.#displays = content;
      setText(this.#summary, this.#book.isThere ? "" : words.wallTab.notThere);
    } catch (error) {
      say(this.#note, troubleText(words.wallTab.failed, error), true);
    }
    this.#show();
  }

  /** A new scene of what is seen now. */
  async begin(): Promise<void> {
    // What somebody has begun to write is not thrown away.
    if (this.#form !== null) return this.#form.querySelector("input")?.focus();
    await this.#edit(newId("scene"), this.#host.sceneOfView());
  }

  /** Changes one, if there is one of that id. */
  async edit(id: string): Promise<void> {
    await this.load();
    const kept = this.#book.byId(id);
    const scene = kept === undefined ? null : sceneOfKept(kept);
    if (scene === null) return;
    this.#host.frame.shape = shapeOf(this.#displays.filter(({ scenes }) => scenes.includes(id)));
    this.#host.showArea(scene, true);
    await this.#edit(id, scene);
  }

  /** Ends the form; whether there was one. */
  cancel(): boolean {
    if (this.#form === null) return false;
    this.#endForm();
    return true;
  }

  #show(): void {
    const scenes = this.#book.sorted;
    if (this.#book.isThere) setText(this.#summary, scenes.length === 0 ? words.wallTab.none : "");
    this.#list.replaceChildren(...scenes.map((kept) => this.#line(kept)));
  }

  #line(kept: KeptScene): HTMLElement {
    const scene = sceneOfKept(kept);
    const on = onText(this.#displays.filter(({ scenes }) => scenes.includes(kept.id)).map(({ name }) => name));
    const name = h("button", { type: "button", class: "several-name" }, kept.name);
    name.disabled = scene === null;
    name.addEventListener("click", () => scene !== null && this.#host.showArea(scene, false));
    const text = [scene === null ? "" : sceneText(scene), on].filter((part) => part !== "").join(", ");
    return h("li", { class: "side-line" }, h("div", { class: "side-line-text" }, name, h("span", { class: "muted" }, text)), buttonOf(words.wallTab.edit, kept.name, () => void this.edit(kept.id)));
  }

  async #edit(id: string, scene: Scene): Promise<void> {
    const [groups] = await Promise.all([fetchGroups(), this.load()]);
    const { frame } = this.#host;
    const preview = h("a", { class: "bar-button", target: "_blank", rel: "noopener", title: words.wallTab.previewNote }, `${words.wallTab.preview} ↗`);
    const note = h("p", { class: "side-note", role: "status" });
    const fields = new SceneForm(scene, { groups, bounds: () => frame.bounds, boundsWord: words.wallTab.bounds, boundsNote: words.wallTab.boundsNote });
    const boxes = this.#displays.map((display) => this.#box(display, id));
    const save = h("button", { type: "submit", class: "bar-button primary" }, words.wallTab.save);
    const form = h("form", { class: "side-form", novalidate: "" }, fields.element, displaySet(boxes.map(({ element }) => element)), note, h("div", { class: "side-row" }, save, preview, barButton(words.wallTab.cancel, () => this.#endForm())));
    form.addEventListener("input", show);
    // The map may have moved since.
    for (const kind of ["pointerdown", "focus", "click"] as const) preview.addEventListener(kind, show);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (form.ariaBusy === "true") return;
      form.ariaBusy = "true";
      // Only what was ticked or not here: others may change the rest.
      const wanted = boxes.filter(({ input }) => input.checked !== input.defaultChecked).map(({ display, input }) => [display.id, input.checked] as const);
      void this.#save(id, fields, note, new Map(wanted)).finally(() => (form.ariaBusy = null));
    });
    this.#form?.remove();
    this.#form = form;
    this.#main.hidden = true;
    this.element.append(form);
    show();
    fields.focus();

    function show(): void {
      const draft = fields.draft();
      frame.shape = shapeOf(boxes.filter(({ input }) => input.checked).map(({ display }) => display));
      frame.name = draft.name;
      frame.isShown = fields.areaKind === "bounds";
      preview.href = wallPath([draft]);
    }
  }

  #box(display: Display, sceneId: string): { display: Display; element: HTMLElement; input: HTMLInputElement } {
    const { name, scenes, is_connected } = display;
    const has = scenes.includes(sceneId);
    const { element, input } = tickBox(name, has);
    input.defaultChecked = has;
    const isFull = !has && scenes.length >= MOST_SCENES;
    input.disabled = isFull;
    element.append(h("span", { class: "muted" }, isFull ? words.wallTab.full : displayNote(is_connected, scenes.length)));
    return { display, element, input };
  }

  async #save(id: string, fields: SceneForm, note: HTMLElement, wanted: ReadonlyMap<string, boolean>): Promise<void> {
    const entered = fields.read();
    const scene = "scene" in entered ? entered.scene : null;
    if ("problem" in entered) return refuse(note, entered.problem, entered.control);
    if (scene === null) return;
    if (this.#book.namesake(scene.name, id) !== undefined) return refuse(note, words.wallTab.sameName(scene.name), fields.name);
    const before = this.#displays;
    try {
      await this.#book.put(keptOf(id, scene));
      const failed = await showOn({ id, name: scene.name }, wanted);
      await this.load();
      const on = this.#displays.filter(({ scenes }) => scenes.includes(id));
      // Who puts something on a wall looks up at it.
      const added = on.filter((display) => display.is_connected && before.find((other) => other.id === display.id)?.scenes.includes(id) !== true);
      await showNow(scene.name, added.map((display) => display.id));
      this.#endForm();
      say(this.#note, savedText(scene.name, on.map(({ name }) => name), failed), failed.length > 0);
    } catch (error) {
      say(note, troubleText(words.wallTab.failed, error), true);
    }
  }

  #endForm(): void {
    this.#form?.remove();
    this.#form = null;
    this.#main.hidden = false;
    this.#host.frame.isShown = false;
    if (!this.element.hidden) this.#put.focus();
  }
}

function displaySet(boxes: readonly HTMLElement[]): HTMLElement {
  const none = h("p", { class: "muted" }, `${words.wallTab.noDisplays} `, h("a", { href: DISPLAYS_PATH }, words.wallTab.pair));
  return h("fieldset", { class: "scene-set scene-displays" }, h("legend", {}, words.wallTab.onDisplays), ...(boxes.length === 0 ? [none] : boxes));
}

function refuse(note: HTMLElement, problem: string, control: HTMLElement): void {
  say(note, problem, true);
  control.focus();
}

/** That of the one display that it is for, where that is known; else the usual one. */
function shapeOf(chosen: readonly Display[]): number {
  const [widthPx, heightPx] = (chosen.length === 1 ? chosen[0]!.report?.size_px : undefined) ?? [];
  return widthPx !== undefined && heightPx !== undefined && widthPx > 0 && heightPx > 0 ? widthPx / heightPx : USUAL_SHAPE;
}
