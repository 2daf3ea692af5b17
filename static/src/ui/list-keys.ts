// What keys do in the list. In the search field letters stay letters, and what moves within a line
// of text stays there; the grid itself has all the keys of a grid. Pure.

export type ListAct =
  /** So many rows on; `isStretching`: those in between are chosen. */
  | { kind: "move"; to: number | "first" | "last"; isStretching: boolean }
  | { kind: "cell"; step: -1 | 1 }
  | { kind: "select" }
  /** Chosen together with others, or no longer. */
  | { kind: "toggle" }
  | { kind: "all" };

type Key = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">;

/** `pageRows` is how many rows a page is; null is for somebody else. */
export function actOf({ key, shiftKey, ctrlKey, metaKey, altKey }: Key, isInField: boolean, pageRows: number): ListAct | null {
  if (altKey) return null;
  const isControl = ctrlKey || metaKey;
  const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: pageRows, PageUp: -pageRows };
  const step = steps[key];
  if (step !== undefined && !isControl) return { kind: "move", to: step, isStretching: shiftKey };
  if (key === "Enter") return { kind: shiftKey || isControl ? "toggle" : "select" };
  if (isInField) return null;
  if (isControl) return key.toLowerCase() === "a" ? { kind: "all" } : null;
  if (key === "Home") return { kind: "move", to: "first", isStretching: shiftKey };
  if (key === "End") return { kind: "move", to: "last", isStretching: shiftKey };
  if (key === " ") return { kind: "toggle" };
  if (key === "ArrowRight") return { kind: "cell", step: 1 };
  if (key === "ArrowLeft") return { kind: "cell", step: -1 };
  return null;
}
