// Displays as the server tells of them, and what they can be told. Dispatchers and administrators
// are answered, all others not.

import { ApiFailure, ask } from "../access/api.ts";
import type { Answer } from "../access/api.ts";
import type { Report } from "../wall/report.ts";

export interface Display {
  /** That of its token. */
  id: string;
  name: string;
  is_connected: boolean;
  last_seen_at?: string;
  /** Told to administrators. */
  address?: string;
  /** Ids of the scenes that it shows by turns, in their order; none: what its own address says. */
  scenes: string[];
  /** How much darker it is while its colours are dark, percent. */
  dim_pct: number;
  /** The last one; it may be of long ago. */
  report?: DisplayReport;
}

/** What is not known may be absent or null. */
export type DisplayReport = Partial<Report> & { received_at: string };

export type DisplayOrder = { do: "reload" } | { do: "identify" } | { do: "message"; text: string; for_s: number } | { do: "scene"; name: string } | { do: "dim"; pct: number };

export const MOST_DIM_PCT = 80;
export const MOST_MESSAGE = 200;
const PATH = "/api/v1/displays";

/** In the order of their names, with when that was by the server's clock. */
export async function fetchDisplays(): Promise<Answer<Display[]>> {
  const { content, atMs } = await ask<{ displays: Display[] }>("GET", PATH);
  return { content: content.displays.sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true })), atMs };
}

/** What it shows by turns, and how dark, from now on and over restarts. */
export async function putDisplay(id: string, { scenes, dim_pct }: Pick<Display, "scenes" | "dim_pct">): Promise<void> {
  await ask("PUT", `${PATH}/${encodeURIComponent(id)}`, { scenes, dim_pct });
}

/** Has it do something now; fails where it is not connected. */
export async function orderDisplay(id: string, order: DisplayOrder): Promise<void> {
  await ask("POST", `${PATH}/${encodeURIComponent(id)}/command`, order);
}

/** Puts a scene on some displays and takes it off others; answers the names of those that it could not be done on. */
export async function showOn(scene: { id: string; name: string }, wanted: ReadonlyMap<string, boolean>): Promise<string[]> {
  // As it is now: somebody else may have changed them meanwhile.
  const { content: displays } = await fetchDisplays();
  const failed: string[] = [];
  for (const display of displays) {
    const isWanted = wanted.get(display.id) ?? display.scenes.includes(scene.id);
    if (isWanted === display.scenes.includes(scene.id)) continue;
    const scenes = isWanted ? [...display.scenes, scene.id] : display.scenes.filter((id) => id !== scene.id);
    await putDisplay(display.id, { ...display, scenes }).catch(() => failed.push(display.name));
  }
  return failed;
}

/** Shows a scene now on those displays that have it and are connected; the others come to it by themselves. */
export async function showNow(name: string, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map((id) => orderDisplay(id, { do: "scene", name }).catch((error: unknown) => {
    if (!(error instanceof ApiFailure)) throw error;
  })));
}
