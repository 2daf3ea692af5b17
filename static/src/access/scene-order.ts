// The scenes of one display in their order: moved up and down, taken off, added. By buttons, so that
// a keyboard and a finger do it alike.

import type { KeptScene } from "../page/scenes.ts";
import { h, setText } from "../ui/dom.ts";
import { MOST_SCENES } from "../wall/scene.ts";
import { titleOf } from "./display-words.ts";
import { button, select, uniqueId } from "./parts.ts";
import { words } from "../words/words.ts";

export class SceneOrder {
  readonly element: HTMLElement;
  #scenes: readonly KeptScene[];
  #ids: string[];
  #list = h("ol", { class: "scene-order" });
  #empty = h("p", { class: "note" });
  #add = h("div", { class: "scene-add" });

  /** Of ids that are no scene any more nothing is kept. */
  constructor(scenes: readonly KeptScene[], ids: readonly string[]) {
    this.#scenes = scenes;
    this.#ids = ids.filter((id) => this.#name(id) !== undefined);
    const title = h("h3", { id: uniqueId("order") }, words.displayDialogs.order);
    this.#list.setAttribute("aria-labelledby", title.id);
    this.element = h("div", { class: "scene-orders" }, title, this.#list, this.#empty, this.#add);
    this.#show();
  }

  get ids(): readonly string[] {
    return this.#ids;
  }

  #name(id: string): string | undefined {
    return this.#scenes.find((scene) => scene.id === id)?.name;
  }

  #show(): void {
    this.#list.hidden = this.#ids.length === 0;
    this.#list.replaceChildren(...this.#ids.map((id, place) => this.#line(id, place)));
    setText(this.#empty, this.#ids.length > 0 ? "" : this.#scenes.length === 0 ? words.displayDialogs.noScenes : words.displayDialogs.noneAssigned);
    const others = this.#scenes.filter(({ id }) => !this.#ids.includes(id));
    this.#add.hidden = others.length === 0 || this.#ids.length >= MOST_SCENES;
    const choice = select(others.map(({ id, name }) => [id, name] as const));
    choice.setAttribute("aria-label", words.displayDialogs.addLabel);
    const add = button(words.displayDialogs.add, "plain", () => {
      this.#ids.push(choice.value);
      this.#show();
      (this.#add.querySelector<HTMLElement>("select") ?? this.#list.querySelector<HTMLElement>("button:not(:disabled)"))?.focus();
    });
    this.#add.replaceChildren(choice, add);
  }

  #line(id: string, place: number): HTMLElement {
    const name = this.#name(id) ?? id;
    const last = this.#ids.length - 1;
    const up = small("↑", words.displayDialogs.up, name, () => this.#move(place, place - 1), place === 0);
    const down = small("↓", words.displayDialogs.down, name, () => this.#move(place, place + 1), place === last);
    const take = small("×", words.displayDialogs.take, name, () => this.#take(place), false);
    return h("li", {}, h("span", {}, name), up, down, take);
  }

  #move(from: number, to: number): void {
    const [id] = this.#ids.splice(from, 1);
    this.#ids.splice(to, 0, id!);
    this.#show();
    // The same button of the same scene; at the end of the way the other one.
    const buttons = [...this.#list.children[to]!.querySelectorAll("button")];
    const [same, other] = to < from ? [buttons[0], buttons[1]] : [buttons[1], buttons[0]];
    (same?.disabled === true ? other : same)?.focus();
  }

  #take(place: number): void {
    this.#ids.splice(place, 1);
    this.#show();
    const next = this.#list.children[Math.min(place, this.#ids.length - 1)];
    (next?.querySelector<HTMLElement>("button:last-of-type") ?? this.#add.querySelector<HTMLElement>("select"))?.focus();
  }
}

function small(text: string, word: string, name: string, act: () => void, isDisabled: boolean): HTMLButtonElement {
  const element = button(text, "plain", act);
  element.setAttribute("aria-label", titleOf(word, name));
  element.title = word;
  element.disabled = isDisabled;
  return element;
}
