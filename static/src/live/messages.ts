// What the live worker and the page say to each other. Positions cross as typed arrays, whose
// buffers are handed over rather than copied; a whole vehicle crosses only for the one that is
// being looked at.

import type { StandingCounts } from "../codes.ts";
import type { Source, Vehicle } from "../protocol.ts";

/** Changes of rows as columns; entry `i` of each array belongs to row `rows[i]`. */
export interface Patch {
  /** The number of rows in use, free ones included, after this patch. */
  rowCount: number;
  rows: Uint32Array;
  /** Web Mercator as fractions of 2^32; meaningless where `hasPosition` is 0. */
  mercatorX: Uint32Array;
  mercatorY: Uint32Array;
  hasPosition: Uint8Array;
  /** NaN where unknown. */
  headingDeg: Float32Array;
  /** NaN where unknown. */
  speedMps: Float32Array;
  /** Unix time; NaN where there is no position. */
  fixedAtMs: Float64Array;
  motion: Uint8Array;
  freshness: Uint8Array;
  /** Names of rows that are new or were renamed. */
  labels: RowLabel[];
  /** Rows whose vehicle is gone; applied before the rest, since a row may be reused at once. */
  removed: Uint32Array;
  /** Whether this replaces everything: nothing glides from its old place to its new one. */
  isSnapshot: boolean;
}

export interface RowLabel {
  row: number;
  id: string;
  name: string;
  registration: string;
}

export type ListSort = "name" | "attention" | "recent";

export interface ListQuery {
  text: string;
  /** Standings to show; empty shows all. */
  standings: string[];
  sort: ListSort;
}

export type ConnectionStatus = "connecting" | "open" | "waiting" | "refused";

export type ToPage =
  | { type: "patch"; patch: Patch }
  | { type: "pulse"; serverAtMs: number; clockOffsetMs: number; heartbeatMs: number }
  | { type: "status"; status: ConnectionStatus }
  | { type: "hello"; build: string }
  | { type: "sources"; sources: Source[] }
  | { type: "list"; order: Uint32Array; counts: StandingCounts; vehicleCount: number }
  | { type: "vehicle"; id: string; vehicle: Vehicle | null }
  | { type: "reload" };

export type ToWorker =
  | { type: "start"; liveUrl: string }
  | { type: "query"; query: ListQuery }
  | { type: "watch"; id: string | null }
  | { type: "wake" };
