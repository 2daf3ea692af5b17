// What the page says about looking around, put together. Beside `words.ts`, which has what is said of
// vehicles and feeds.

import { words } from "../words/words.ts";

/** "Following Truck 1", "Keeping A, B in view", "Keeping 12 vehicles in view"; `listed` is null where the list shows all. */
export function followText(names: readonly string[], kind: "vehicle" | "several" | "listed", listed: number | null): string {
  const { following, wholeFleet, ofTheList, keeping } = words.follow;
  if (kind === "vehicle") return following(names[0] ?? "");
  if (kind === "listed") return listed === null ? wholeFleet : ofTheList(listed);
  return keeping(names.length <= 3 ? names.join(", ") : words.counts.vehicles(names.length));
}
