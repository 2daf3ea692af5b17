// Following as one sees and steers it: which vehicles, the bar that says so and says when it is
// paused, one key for going on, and its parts of the address.

import type { Follow, Followed } from "../map/follow.ts";
import { idOf } from "../page/view-parts.ts";
import type { ViewPart } from "../page/view-url.ts";
import { h, setText } from "./dom.ts";
import { followText } from "./map-words.ts";
import { toolIcon } from "./tool-icons.ts";
import { words } from "../words/words.ts";

export const MOST_CHOSEN = 50;

export interface FollowNames {
  nameOf(id: string): string;
  selectedId(): string | undefined;
  /** How many vehicles the list shows; null where it shows all. */
  listedCount(): number | null;
  /** The vehicles that were chosen changed, or what is done with them. */
  onChange(): void;
  /** Those that were chosen are to be compared. */
  onCompare(): void;
}

export class FollowControls {
  /** Some that were chosen one by one, for keeping them in view. */
  readonly chosen = new Set<string>();
  readonly element = h("div", { class: "map-bar follow-bar", hidden: "" });
  #follow: Follow;
  #names: FollowNames;
  #text = h("p", { role: "status" });
  #act = h("button", { type: "button", class: "bar-button primary" });
  #compare = h("button", { type: "button", class: "bar-button", "aria-keyshortcuts": "c" }, words.follow.compare);
  #end = h("button", { type: "button", class: "bar-button" });

  constructor(follow: Follow, names: FollowNames) {
    this.#follow = follow;
    this.#names = names;
    this.element.append(toolIcon("follow"), toolIcon("paused"), this.#text, this.#act, this.#compare, this.#end);
    this.#compare.addEventListener("click", () => names.onCompare());
    this.#act.addEventListener("click", () => this.act());
    this.#end.addEventListener("click", () => this.#stopOrClear());
  }

  /** Begins, goes on where it is paused, or ends. */
  act(): void {
    if (this.#follow.isPaused) this.#follow.goOn();
    else if (this.#follow.followed !== null) this.#follow.stop();
    else this.#follow.start(this.#wanted());
  }

  /** Follows the selected vehicle, or no longer. */
  actOnSelected(id: string): void {
    if (this.isFollowing(id) && !this.#follow.isPaused) this.#follow.stop();
    else this.#follow.start({ kind: "vehicle", id });
  }

  isFollowing(id: string): boolean {
    const { followed } = this.#follow;
    return followed?.kind === "vehicle" && followed.id === id;
  }

  /** Adds vehicles to those that were chosen; `isToggle`: or takes them out, and the selected one is the first. */
  choose(ids: readonly string[], isToggle: boolean): void {
    const selectedId = this.#names.selectedId();
    if (isToggle && this.chosen.size === 0 && selectedId !== undefined && !ids.includes(selectedId)) this.chosen.add(selectedId);
    for (const id of ids) {
      const isOut = isToggle && this.chosen.delete(id);
      if (!isOut && this.chosen.size < MOST_CHOSEN) this.chosen.add(id);
    }
    this.#followChosen();
    this.#names.onChange();
    this.show();
  }

  /** Another vehicle was selected, or none: a followed one gives way to it. */
  selected(id: string | undefined): void {
    const { followed } = this.#follow;
    if (followed === null) return;
    if (followed.kind !== "vehicle") this.#follow.pause();
    else if (id === undefined) this.#follow.stop();
    else if (id !== followed.id) this.#follow.start({ kind: "vehicle", id });
  }

  show(): void {
    const { followed, isPaused } = this.#follow;
    const isIdle = followed === null;
    this.element.hidden = isIdle && this.chosen.size === 0;
    this.element.dataset["state"] = isIdle ? "chosen" : isPaused ? "paused" : "on";
    if (this.element.hidden) return;
    setText(this.#text, isIdle ? words.follow.chosen(this.chosen.size) : this.#followText(followed, isPaused));
    setText(this.#act, isIdle ? words.follow.keep : words.follow.goOn);
    this.#act.hidden = !isIdle && !isPaused;
    this.#compare.hidden = this.chosen.size < 2;
    setText(this.#end, isIdle ? words.follow.clear : words.follow.stop);
  }

  /** What the address says of it: `group`, ids, and `follow`, what is kept in view. */
  parts(): ViewPart[] {
    const group: ViewPart = {
      name: "group",
      encode: () => (this.chosen.size === 0 ? null : [...this.chosen].map(encodeURIComponent).join()),
      decode: (text) => this.#choose(text),
    };
    const follow: ViewPart = {
      name: "follow",
      encode: () => {
        const { followed, isPaused } = this.#follow;
        return followed === null ? null : `${KINDS[followed.kind]}${isPaused ? PAUSED : ""}`;
      },
      decode: (text) => this.#decode(text),
    };
    return [group, follow];
  }

  #wanted(): Followed {
    if (this.chosen.size > 1) return { kind: "several", ids: [...this.chosen] };
    const id = [...this.chosen][0] ?? this.#names.selectedId();
    return id === undefined ? { kind: "listed" } : { kind: "vehicle", id };
  }

  #stopOrClear(): void {
    if (this.#follow.followed !== null) return this.#follow.stop();
    this.chosen.clear();
    this.#names.onChange();
    this.show();
  }

  /** Where some are kept in view already, it is those that are chosen now. */
  #followChosen(): void {
    if (this.#follow.followed?.kind !== "several") return;
    if (this.chosen.size === 0) this.#follow.stop();
    else this.#follow.start({ kind: "several", ids: [...this.chosen] }, this.#follow.isPaused);
  }

  #followText(followed: Followed, isPaused: boolean): string {
    const ids = followed.kind === "vehicle" ? [followed.id] : followed.kind === "several" ? followed.ids : [];
    const listed = followed.kind === "listed" ? this.#names.listedCount() : null;
    const text = followText(ids.map((id) => this.#names.nameOf(id)), followed.kind, listed);
    return isPaused ? `${text}: ${words.follow.paused}` : text;
  }

  #choose(text: string | null): void {
    const ids = (text ?? "").split(",").flatMap((id) => idOf(decoded(id)) ?? []);
    if (text !== null && ids.length === 0) return;
    this.chosen.clear();
    for (const id of ids.slice(0, MOST_CHOSEN)) this.chosen.add(id);
    this.#names.onChange();
    this.show();
  }

  #decode(text: string | null): void {
    if (text === null) return this.#follow.stop();
    const isPaused = text.endsWith(PAUSED);
    const kind = isPaused ? text.slice(0, -PAUSED.length) : text;
    const id = this.#names.selectedId();
    if (kind === KINDS.listed) this.#follow.start({ kind: "listed" }, isPaused);
    else if (kind === KINDS.several && this.chosen.size > 0) this.#follow.start({ kind: "several", ids: [...this.chosen] }, isPaused);
    else if (kind === KINDS.vehicle && id !== undefined) this.#follow.start({ kind: "vehicle", id }, isPaused);
  }
}

/** As they stand in links. */
const KINDS = { vehicle: "vehicle", several: "group", listed: "list" } as const;
const PAUSED = ",paused";

/** Each id is written for itself, as it may hold a comma; one that cannot be read is none. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
