// The little that a page must still know after it loaded itself anew. A browser whose storage is
// full or forbidden keeps it in the entry of its history, which a reload does not change.

/** Text that was kept under a name; null where there is none. */
export function recall(key: string): string | null {
  const kept = fromStorage(key) ?? inHistory()[key];
  return typeof kept === "string" ? kept : null;
}

export function remember(key: string, text: string): void {
  try {
    sessionStorage.setItem(key, text);
  } catch {
    // What stands there is from before, and would be believed first.
    forget(key);
    history.replaceState({ ...inHistory(), [key]: text }, "");
  }
}

function fromStorage(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function forget(key: string): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Then there is nothing to believe, either.
  }
}

function inHistory(): Record<string, unknown> {
  const state: unknown = history.state;
  return typeof state === "object" && state !== null ? (state as Record<string, unknown>) : {};
}
