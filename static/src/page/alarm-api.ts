// Alarms over HTTP: taking note of them, and those that are over.

import { ask } from "../access/api.ts";
import type { AlarmObject } from "../protocol.ts";

const PATH = "/api/v1/alarms";
/** So many at once are taken note of in one request. */
const MOST_AT_ONCE = 1_000;

export interface AlarmPage {
  alarms: AlarmObject[];
  /** Where the next page begins; absent at the end. */
  next?: string;
}

export async function acknowledge(ids: readonly string[]): Promise<void> {
  const [only] = ids;
  if (ids.length === 1 && only !== undefined) {
    await ask("POST", `${PATH}/${encodeURIComponent(only)}/acknowledge`);
    return;
  }
  for (let from = 0; from < ids.length; from += MOST_AT_ONCE) await ask("POST", `${PATH}/acknowledge`, { ids: ids.slice(from, from + MOST_AT_ONCE) });
}

/** Those of the past and of now, the newest first. */
export async function fetchHistory(before: string | undefined, limit: number): Promise<AlarmPage> {
  const query = new URLSearchParams({ state: "all", limit: String(limit), ...(before !== undefined && { before }) });
  return (await ask<AlarmPage>("GET", `${PATH}?${query}`)).content;
}
