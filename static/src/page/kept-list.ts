// A list that the server keeps and several people change: places, rules. It is loaded whole, each
// change goes to the server first, and whoever shows it is told.

import { ApiFailure, ask } from "../access/api.ts";

export interface Kept {
  id: string;
}

export class KeptList<Item extends Kept> {
  items: readonly Item[] = [];
  /** False where the server has no such thing, or not for who looks. */
  isThere = false;
  readonly #path: string;
  readonly #member: string;
  #listeners: (() => void)[] = [];
  #version: number | null = null;
  /** Grows with each change of ours: a list that was asked for before one does not have it. */
  #changes = 0;

  /** `path` of the list, and the member of the answer that it is. */
  constructor(path: string, member: string) {
    this.#path = path;
    this.#member = member;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  byId(id: string): Item | undefined {
    return this.items.find((item) => item.id === id);
  }

  /** `isAgain`: only if it is another version than the one that is held; the server must know of that. */
  async load(isAgain = false): Promise<void> {
    const known = isAgain && this.isThere && this.#version !== null ? `?known=${this.#version}` : "";
    const changes = this.#changes;
    try {
      const { content } = await ask<Record<string, unknown> | null>("GET", `${this.#path}${known}`);
      if (content === null) return;
      if (changes !== this.#changes) return this.load();
      const version = typeof content["version"] === "number" ? content["version"] : null;
      if (isAgain && this.isThere && version !== null && version === this.#version) return;
      this.#version = version;
      this.isThere = true;
      this.#take((content[this.#member] ?? []) as Item[]);
    } catch (error) {
      if (!(error instanceof ApiFailure) || (error.status !== 404 && error.status !== 403)) throw error;
      this.isThere = false;
      this.#take([]);
    }
  }

  /** Keeps it under its id; the same again changes nothing. */
  async put(item: Item): Promise<Item> {
    const { id, ...body } = item;
    const { content } = await ask<Item | null>("PUT", this.#pathOf(id), body);
    const kept = content ?? item;
    this.#changed();
    this.#take(this.byId(id) === undefined ? [...this.items, kept] : this.items.map((other) => (other.id === id ? kept : other)));
    return kept;
  }

  async remove(id: string): Promise<void> {
    await ask("DELETE", this.#pathOf(id));
    this.#changed();
    this.#take(this.items.filter((item) => item.id !== id));
  }

  #changed(): void {
    this.#version = null;
    this.#changes += 1;
  }

  #pathOf(id: string): string {
    return `${this.#path}/${encodeURIComponent(id)}`;
  }

  #take(items: readonly Item[]): void {
    this.items = items;
    for (const listener of this.#listeners) listener();
  }
}

/** An id that nobody has yet. */
export function newId(stem: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return `${stem}-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
