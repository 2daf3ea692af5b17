// The groups of the fleet as a tree, each with its count and a filter of the list: several may be
// on, and any of them fits. It takes one line until it is opened, and none where there are no
// groups. Arrows move and open, Enter and space choose.

import { treeOf } from "../live/groups.ts";
import type { GroupNode } from "../live/groups.ts";
import { lineKey } from "../words/direction.ts";
import { h, setText } from "./dom.ts";
import { numberText } from "./words.ts";
import { words } from "../words/words.ts";

type Groups = readonly { path: string; vehicles?: number }[];

interface Line {
  node: GroupNode;
  level: number;
  parent: GroupNode | null;
  element: HTMLElement;
}

export class GroupTree {
  #root: HTMLElement;
  #onFilter: (paths: string[]) => void;
  #head = h("button", { type: "button", class: "groups-head", "aria-expanded": "false", "aria-controls": "group-tree" });
  #title = h("span", {}, words.groups.title);
  #summary = h("span", { class: "groups-summary" });
  #clear = h("button", { type: "button", class: "groups-clear", "aria-label": words.groups.clear, hidden: "" }, "×");
  #tree = h("ul", { class: "group-tree", id: "group-tree", role: "tree", "aria-multiselectable": "true", "aria-label": words.groups.tree, hidden: "" });
  #isUnfolded = false;
  #groups: Groups = [];
  #nodes: GroupNode[] = [];
  #lines: Line[] = [];
  #open = new Set<string>();
  #on = new Set<string>();
  /** The one that the keyboard is at. */
  #at = "";

  /** `onFilter` is given the paths that are on. */
  constructor(root: HTMLElement, onFilter: (paths: string[]) => void) {
    this.#root = root;
    this.#onFilter = onFilter;
    this.#head.append(this.#title, this.#summary);
    root.append(h("div", { class: "groups-bar" }, this.#head, this.#clear), this.#tree);
    root.hidden = true;
    this.#head.addEventListener("click", () => this.#unfold(!this.#isUnfolded));
    this.#clear.addEventListener("click", () => this.#choose(() => this.#on.clear()));
    this.#tree.addEventListener("click", (event) => this.#click(event.target as Element));
    this.#tree.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Shows other groups or counts; the same list means that nothing changed. */
  show(groups: Groups): void {
    if (groups === this.#groups) return;
    this.#groups = groups;
    this.#nodes = treeOf(groups);
    this.#root.hidden = this.#nodes.length === 0 && this.#on.size === 0;
    this.#draw();
  }

  /** Chooses what was not chosen here, and tells nobody. */
  choose(paths: readonly string[]): void {
    this.#on = new Set(paths);
    this.#root.hidden = this.#nodes.length === 0 && this.#on.size === 0;
    this.#draw();
  }

  #unfold(isOpen: boolean): void {
    this.#isUnfolded = isOpen;
    this.#tree.hidden = !isOpen;
    this.#head.setAttribute("aria-expanded", String(isOpen));
    this.#draw();
  }

  #choose(change: () => void): void {
    change();
    this.#draw();
    this.#onFilter([...this.#on]);
  }

  #toggle(path: string): void {
    this.#choose(() => this.#on.delete(path) || this.#on.add(path));
  }

  #draw(): void {
    setText(this.#summary, this.#on.size > 0 ? [...this.#on].join(", ") : numberText(this.#nodes.length));
    this.#summary.classList.toggle("is-on", this.#on.size > 0);
    this.#clear.hidden = this.#on.size === 0;
    if (!this.#isUnfolded) return;
    const hadFocus = this.#tree.contains(document.activeElement);
    this.#lines = [];
    this.#addLines(this.#nodes, 1, null);
    if (!this.#lines.some(({ node }) => node.path === this.#at)) this.#at = this.#lines[0]?.node.path ?? "";
    for (const { node, element } of this.#lines) element.tabIndex = node.path === this.#at ? 0 : -1;
    this.#tree.replaceChildren(...this.#lines.map(({ element }) => element));
    if (hadFocus) this.#focus(this.#at);
  }

  #addLines(nodes: GroupNode[], level: number, parent: GroupNode | null): void {
    nodes.forEach((node, i) => {
      const isOpen = this.#open.has(node.path);
      const element = lineOf(node, level, isOpen, this.#on.has(node.path));
      element.setAttribute("aria-posinset", String(i + 1));
      element.setAttribute("aria-setsize", String(nodes.length));
      this.#lines.push({ node, level, parent, element });
      if (isOpen) this.#addLines(node.children, level + 1, node);
    });
  }

  #click(target: Element): void {
    const line = this.#lines.find(({ element }) => element.contains(target));
    if (line === undefined) return;
    this.#at = line.node.path;
    if (target.closest(".twisty") !== null && line.node.children.length > 0) this.#spread(line.node, !this.#open.has(line.node.path));
    else this.#toggle(line.node.path);
    this.#focus(this.#at);
  }

  #spread(node: GroupNode, isOpen: boolean): void {
    if (isOpen) this.#open.add(node.path);
    else this.#open.delete(node.path);
    this.#draw();
  }

  #key(event: KeyboardEvent): void {
    const place = this.#lines.findIndex(({ node }) => node.path === this.#at);
    const line = this.#lines[place];
    if (line === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const { node } = line;
    const isOpen = this.#open.has(node.path);
    const goTo = (to: number) => this.#focus(this.#lines[Math.min(this.#lines.length - 1, Math.max(0, to))]!.node.path);
    const acts: Record<string, () => void> = {
      ArrowDown: () => goTo(place + 1),
      ArrowUp: () => goTo(place - 1),
      Home: () => goTo(0),
      End: () => goTo(this.#lines.length - 1),
      ArrowRight: () => (isOpen ? goTo(place + 1) : node.children.length > 0 && this.#spread(node, true)),
      ArrowLeft: () => (isOpen ? this.#spread(node, false) : line.parent !== null && this.#focus(line.parent.path)),
      Enter: () => this.#toggle(node.path),
      " ": () => this.#toggle(node.path),
    };
    const act = acts[lineKey(event.key)];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  #focus(path: string): void {
    this.#at = path;
    for (const { node, element } of this.#lines) {
      element.tabIndex = node.path === path ? 0 : -1;
      if (node.path === path) element.focus();
    }
  }
}

function lineOf({ name, vehicles, children }: GroupNode, level: number, isOpen: boolean, isOn: boolean): HTMLElement {
  const twisty = h("span", { class: "twisty", "aria-hidden": "true" });
  const count = vehicles === undefined ? null : h("span", { class: "group-count" }, numberText(vehicles));
  const line = h("li", { class: "group", role: "treeitem", "aria-level": String(level), "aria-selected": String(isOn) }, twisty, h("span", { class: "group-name" }, name), count);
  if (children.length > 0) line.setAttribute("aria-expanded", String(isOpen));
  line.style.setProperty("--level", String(level - 1));
  return line;
}
