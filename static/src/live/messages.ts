// What the live worker and the page say to each other. What the server says of the fleet crosses
// as the bytes that came, handed over rather than copied; only names cross as text.

import type { Attention, AttentionCounts, StandingCounts } from "../codes.ts";
import type { AlarmObject, CellsChange, DisplayTold, Source } from "../protocol.ts";
import type { RowFacts } from "./facts.ts";
import type { NearRow } from "./nearest.ts";
import type { GroupCount } from "./groups.ts";
import type { FoundIn } from "./search.ts";
import type { Sight } from "./sight.ts";

/** Names of rows that are new or were renamed; entry `i` of each list belongs to `rows[i]`. */
export interface Labels {
  rows: Uint32Array;
  ids: string[];
  names: string[];
  /** Empty where there is none. */
  registrations: string[];
  drivers: string[];
  /** All of a vehicle as one text. */
  groups: string[];
}

/** What the list is in the order of: names, who stopped reporting, the age of the fix, and so on. */
export const LIST_SORTS = ["name", "silence", "recent", "state", "speed", "driver", "registration", "group", "address", "source", "ignition", "odometer", "battery", "fuel"] as const;
export type ListSort = (typeof LIST_SORTS)[number];

/** What a vehicle must fit: of each member that is not empty one, and all of these members. */
export interface ListQuery {
  text: string;
  /** Standings to show; empty shows all. */
  standings: string[];
  /** What needs a look; with one that is about silence, a standing is what the vehicle did before. */
  attention?: Attention[];
  /** Paths of groups, as `groups.ts` makes them. */
  groups?: string[];
  sort: ListSort;
  /** The other way round; what is not known stays last. */
  isDescending?: boolean;
}

export const NO_QUERY: ListQuery = { text: "", standings: [], sort: "name" };

export type ConnectionStatus = "connecting" | "open" | "waiting" | "refused";

export type ToPage =
  /**
   * `isFirst`: rows may mean other vehicles than before. The labels belong to the state after. Then
   * all tiles but those in `keep` are dropped, none where it is null.
   */
  | { type: "fleet"; message: ArrayBuffer; isFirst: boolean; labels: Labels[]; keep: number[] | null }
  /** What comes from now on: the whole fleet, or tiles and cells; and which tiles to keep, as above. */
  | { type: "view"; isWhole: boolean; keep: number[] | null }
  | { type: "cells"; change: CellsChange }
  | { type: "pulse"; serverAtMs: number; clockOffsetMs: number; heartbeatMs: number }
  | { type: "status"; status: ConnectionStatus }
  | { type: "hello"; build: string }
  | { type: "sources"; sources: Source[] }
  /** All open alarms, the newest first. */
  | { type: "alarms"; alarms: AlarmObject[] }
  /** What a desk tells the display that this page is on. */
  | { type: "told"; told: DisplayTold }
  /** `groups` is null where they are as before; `found` belongs to the first rows of the order. */
  | { type: "list"; order: Uint32Array<ArrayBuffer>; counts: StandingCounts; attention: AttentionCounts; vehicleCount: number; groups: GroupCount[] | null; found: FoundIn[] }
  /** What only the server's answers tell of the vehicles of a fleet that is held, by their ids. */
  | { type: "facts"; facts: ReadonlyMap<string, RowFacts> }
  /** To the question of that number. */
  | { type: "nearest"; number: number; rows: NearRow[] }
  | { type: "reload" };

/** Which vehicles are nearest to a place; of what they do any fits, all where that is empty. */
export interface NearestQuestion {
  lngLatDeg: [number, number];
  standings: string[];
  most: number;
  /** A row that is not meant. */
  except?: number;
}

export type ToWorker =
  | { type: "start"; liveUrl: string; sight: Sight }
  | { type: "sight"; sight: Sight }
  | { type: "query"; query: ListQuery }
  /** Where the vehicles of some rows are, in words, while that is searched for; in place of what was told before. */
  | { type: "addresses"; addresses: ReadonlyMap<number, string> }
  /** Whether somebody looks at what only the server's answers tell. */
  | { type: "facts"; areWanted: boolean }
  | { type: "nearest"; number: number; question: NearestQuestion }
  | { type: "wake" };
