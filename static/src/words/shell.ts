// Writes the words that stand on a page from its beginning. A template says which of `words.shell`
// belongs where, and holds none itself: so it needs no language, and none is seen that is not spoken.

import { wordOf, words } from "./words.ts";

const PLACES: Record<string, (element: Element, text: string) => void> = {
  "data-say": (element, text) => (element.textContent = text),
  "data-say-label": (element, text) => element.setAttribute("aria-label", text),
  "data-say-title": (element, text) => element.setAttribute("title", text),
  "data-say-hint": (element, text) => element.setAttribute("placeholder", text),
};

export function sayShell(root: ParentNode): void {
  for (const [attribute, put] of Object.entries(PLACES)) {
    for (const element of root.querySelectorAll(`[${attribute}]`)) put(element, wordOf(words.shell, element.getAttribute(attribute)!) ?? "");
  }
}
