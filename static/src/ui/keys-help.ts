// The keys, listed; opened with ? or from the settings.

import { h } from "./dom.ts";

const ID = "keys-help";
export const KEY_WORDS = {
  title: "Keyboard",
  open: "Keyboard shortcuts (?)",
  keys: [
    ["/", "Search vehicles"],
    ["↑ ↓ Enter", "Go through the list, open a vehicle"],
    ["f", "Follow, or keep in view"],
    ["c", "Compare what is chosen"],
    ["v", "Nearest vehicles"],
    ["m", "Measure a distance"],
    ["g", "Go to a place or coordinates"],
    ["a", "Alarms"],
    ["p", "Places"],
    ["r", "Rules"],
    ["w", "Put this view on the wall (dispatchers)"],
    ["h", "History"],
    ["n", "Back to live"],
    ["Esc", "Close what was opened last"],
    ["?", "This help"],
  ],
  drawing: "While a place is drawn, with the map in focus",
  drawKeys: [
    ["Space", "Set a point in the middle of the map"],
    ["Enter", "Close the polygon"],
    ["Backspace", "Take the last point back"],
    ["Esc", "End drawing"],
  ],
} as const;

export class KeysHelp {
  readonly #popover = h("div", { id: ID, class: "keys-help card", popover: "", role: "dialog", "aria-label": KEY_WORDS.title });
  /** For the settings. */
  readonly button = h("button", { type: "button", class: "bar-button", popovertarget: ID }, KEY_WORDS.open);

  constructor() {
    this.#popover.append(h("h2", {}, KEY_WORDS.title), keyList(KEY_WORDS.keys), h("h3", {}, KEY_WORDS.drawing), keyList(KEY_WORDS.drawKeys));
    document.body.append(this.#popover);
  }

  open(): void {
    if (!this.#popover.matches(":popover-open")) this.#popover.showPopover();
  }
}

function keyList(keys: readonly (readonly [string, string])[]): HTMLElement {
  return h("dl", {}, ...keys.flatMap(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)]));
}
