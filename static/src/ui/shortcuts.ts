// The keys that work anywhere on the desk: / searches, h opens the past, n and Escape come back, f
// follows, m measures, g goes somewhere, c compares, v finds the nearest vehicles; a, p and r open
// alarms, places and rules, w puts the view on the wall, and ? tells all of this. Whoever speaks to
// their machine would press them by speaking, and can turn them off; Escape is no such key.

export interface Keys {
  search(): void;
  past(): void;
  now(): void;
  follow(): void;
  measure(): void;
  goTo(): void;
  compare(): void;
  nearest(): void;
  alarms(): void;
  places(): void;
  rules(): void;
  wall(): void;
  help(): void;
  escape(): void;
}

/** Fields in which letters are letters. */
const TEXT_FIELDS = "input:not([type=range], [type=radio], [type=checkbox]), select, textarea";

export function listenToKeys(keys: Keys, isOn: () => boolean): void {
  const byKey: Record<string, () => void> = { "/": keys.search, h: keys.past, n: keys.now, f: keys.follow, m: keys.measure, g: keys.goTo, c: keys.compare, v: keys.nearest, a: keys.alarms, p: keys.places, r: keys.rules, w: keys.wall, "?": keys.help };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      // An open popover takes it by itself.
      if (document.querySelector(":popover-open") === null) keys.escape();
      return;
    }
    const act = byKey[event.key];
    if (act === undefined || !isOn() || (event.target as Element).matches(TEXT_FIELDS)) return;
    event.preventDefault();
    act();
  });
}
