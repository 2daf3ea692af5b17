// Builds elements. Text is only ever set as text, never as markup, so a vehicle's name cannot
// become part of the page.

type Child = Node | string | null;

export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** The element of that id, which the template must have. */
export function byId<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no element #${id}`);
  return element as Kind;
}

/** Sets text only where it differs, so that selections and screen readers are left alone. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** New lines for a list whose lines have a `data-id`; what is focused in one stays so. */
export function replaceLines(list: HTMLElement, lines: readonly HTMLElement[]): void {
  const acts = (line: Element | null | undefined) => [...(line?.querySelectorAll<HTMLElement>("button, input") ?? [])];
  const focused = list.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
  const before = focused?.closest<HTMLElement>("[data-id]");
  const nth = focused === null ? -1 : acts(before).indexOf(focused);
  list.replaceChildren(...lines);
  if (before === null || before === undefined) return;
  const after = acts(lines.find((line) => line.dataset["id"] === before.dataset["id"]));
  (after[nth] ?? after[0])?.focus();
}
