// The JSON of the live protocol (`fleetglass.v1.bin`) and of the HTTP routes as it stands on the
// wire. Absent members mean unknown. Times are RFC 3339 strings in UTC. Only the live worker and
// what shows the selected vehicle read these shapes.

export type MotionWord = "moving" | "idling" | "stopped" | "parked" | "unknown";
export type FreshnessWord = "live" | "late" | "stale" | "offline" | "never";
export type HealthWord = "connecting" | "up" | "slow" | "limited" | "auth" | "down";

export interface Position {
  lat_deg: number;
  lng_deg: number;
  heading_deg?: number;
  speed_mps?: number;
  altitude_m?: number;
  accuracy_m?: number;
  fixed_at: string;
  received_at: string;
  source: string;
  device: string;
}

/** One fact that merges for itself, with where and when it comes from. */
export interface Fact<T> {
  value: T;
  at: string;
  source: string;
}

/** A device's last fix, and what became of it. */
export interface DeviceReport {
  source: string;
  device: string;
  fixed_at?: string;
  received_at?: string;
  lat_deg?: number;
  lng_deg?: number;
  speed_mps?: number;
  heading_deg?: number;
  expected_s?: number;
  verdict?: string;
  reason?: string;
}

export interface Freshness {
  state: FreshnessWord;
  since?: string;
  /** The expected interval of the position's device. */
  expected_s?: number;
  /** The age up to which the position counts as live, and whether that is the limit of the road. */
  live_for_s?: number;
  on_the_move?: boolean;
}

export interface Vehicle {
  id: string;
  name?: string;
  registration?: string;
  groups?: string[];
  flags?: string[];
  /** The fix that is believed. */
  position?: Position;
  /** Where to draw it, where that differs: a parked vehicle stays at its anchor. */
  drawn?: { lat_deg: number; lng_deg: number };
  motion?: { state: MotionWord; since?: string; since_at_least?: boolean };
  freshness?: Freshness;
  ignition?: Fact<boolean>;
  odometer_m?: Fact<number>;
  driver?: Fact<string>;
  address?: Fact<string>;
  battery_pct?: Fact<number>;
  fuel_l?: Fact<number>;
  devices?: DeviceReport[];
  /** Of the last accepted fix; of one vehicle only. */
  latency?: { fix_to_receipt_ms?: number; receipt_to_send_ms?: number };
}

/** Of some minutes: half of the fixes were quicker than `p50`, all but one in twenty than `p95`. */
export interface Percentiles {
  p50: number;
  p95: number;
}

export interface Source {
  id: string;
  kind?: string;
  health: HealthWord;
  since?: string;
  mode?: "stream" | "poll";
  last_success_at?: string;
  last_error?: string;
  last_error_at?: string;
  until?: string;
  sandbox?: boolean;
  vehicles?: number;
  latency?: { fix_to_receipt_ms?: Percentiles; receipt_to_send_ms?: Percentiles };
}

export interface Hello {
  type: "hello";
  protocol: number;
  build?: string;
  epoch: string;
  seq: number;
  resumed: boolean;
  heartbeat_ms: number;
  at: string;
}

export interface Heartbeat {
  type: "heartbeat";
  seq: number;
  at: string;
}

/** Sources that changed, or all of them. */
export interface SourcesChange {
  type: "sources";
  all?: boolean;
  base: number;
  seq: number;
  at: string;
  sources: Source[];
}

export type AlarmKind = "speeding" | "idling" | "stopped_reporting" | "source_down" | "panic" | "entering" | "leaving";
export type Severity = "notice" | "warning" | "alarm";

/** What a rule found. It is open until it has ended and somebody took note. */
export interface AlarmObject {
  /** A decimal number that grows by one with each alarm. */
  id: string;
  rule: { id: string; name: string };
  kind: AlarmKind;
  severity: Severity;
  /** What it is about: a vehicle, or a source. */
  vehicle?: { id: string; name: string };
  source?: string;
  place?: { id: string; name: string };
  began_at: string;
  ended_at?: string;
  acknowledged_at?: string;
  acknowledged_by?: string;
  /** It came in quiet hours. */
  quiet?: true;
  /** After which time it sounds again while nobody took note. */
  repeat_s?: number;
  detail?: { speed_mps?: number; over_mps?: number; for_s?: number };
  position?: { lat_deg: number; lng_deg: number; fixed_at: string };
}

/** Alarms that are new or differ, and those that are open no more; or all open ones. */
export interface AlarmsChange {
  type: "alarms";
  all?: boolean;
  base: number;
  seq: number;
  at: string;
  alarms?: AlarmObject[];
  closed?: string[];
}

/** What the server sends from now on: the whole fleet, or some tiles of it, as z, x and y. */
export interface ViewTold {
  type: "view";
  at: string;
  whole: boolean;
  tiles: [z: number, x: number, y: number][];
}

/**
 * A tile's x and y, the middle of its vehicles in sixteenths of it, and how many are moving, idling,
 * stopped, parked, unknown and overdue.
 */
export type CellTold = [number, number, number, number, number, number, number, number, number, number];

/** What a desk tells a display, by its live connection; the members belong to what it is to `do`. */
export interface DisplayTold {
  type: "display";
  do: string;
  scenes?: unknown;
  pct?: number;
  name?: string;
  text?: string;
  for_s?: number;
}

/** How many vehicles are where in a large fleet: cells that changed, or all that have any. */
export interface CellsChange {
  type: "cells";
  all?: boolean;
  base: number;
  seq: number;
  at: string;
  /** The level of the cells' tiles. */
  z: number;
  cells: CellTold[];
  /** All vehicles, those without a position included. */
  vehicles?: number;
}

/** Messages in JSON; all else is about the fleet and binary. */
export type JsonMessage = Hello | Heartbeat | SourcesChange | AlarmsChange | ViewTold | CellsChange;

/** What a vehicle is called and found by. */
export interface DictionaryEntry {
  id: string;
  name?: string;
  registration?: string;
  groups?: string[];
  driver?: string;
  /** As "source/device". */
  devices?: string[];
}

/** The version that `hello` must name. */
export const PROTOCOL = 1;
export const SUBPROTOCOL = "fleetglass.v1.bin";

/** Close codes with a meaning of their own. */
export const CLOSE = { restart: 1012, tooOld: 4001, refused: 4003 } as const;

/** What is remembered of the fleet. */
export interface History {
  from?: string;
  to?: string;
  state: "recording" | "failing" | "off";
  error?: string;
}

export interface Trail {
  points: TrailPoint[];
  from?: string;
  to?: string;
  simplified?: boolean;
}

export interface TrailPoint {
  lat_deg: number;
  lng_deg: number;
  fixed_at: string;
  speed_mps?: number;
  heading_deg?: number;
  source?: string;
  device?: string;
  /** The time before this point is longer than was to be expected: nobody knows the way to it. */
  gap?: boolean;
  /** Completed later from the vendor's history. */
  filled?: boolean;
  /** Arrived late. */
  backfill?: boolean;
}
