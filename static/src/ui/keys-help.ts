// The keys, listed; opened with ? or from the settings.

import { h } from "./dom.ts";
import { words } from "../words/words.ts";

const ID = "keys-help";

export class KeysHelp {
  readonly #popover = h("div", { id: ID, class: "keys-help card", popover: "", role: "dialog", "aria-label": words.keys.title });
  /** For the settings. */
  readonly button = h("button", { type: "button", class: "bar-button", popovertarget: ID }, words.keys.open);

  constructor() {
    this.#popover.append(h("h2", {}, words.keys.title), keyList(words.keys.keys), h("h3", {}, words.keys.drawing), keyList(words.keys.drawKeys));
    document.body.append(this.#popover);
  }

  open(): void {
    if (!this.#popover.matches(":popover-open")) this.#popover.showPopover();
  }
}

function keyList(keys: readonly (readonly [string, string])[]): HTMLElement {
  return h("dl", {}, ...keys.flatMap(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)]));
}
