// What the page knows, in one place: messages from the worker come in, views are told what
// changed. Data flows one way; no view writes here but through the few methods at the end.

import type { AttentionCounts, StandingCounts } from "../codes.ts";
import { noAttention, noCounts } from "../codes.ts";
import { CellBook } from "../live/cells.ts";
import type { RowChanges } from "../live/decoder.ts";
import type { RowFacts } from "../live/facts.ts";
import type { GroupCount } from "../live/groups.ts";
import type { ConnectionStatus, ListQuery, NearestQuestion, ToPage } from "../live/messages.ts";
import type { NearRow } from "../live/nearest.ts";
import type { FoundIn } from "../live/search.ts";
import { steadyNowMs } from "../live/server-clock.ts";
import type { Sight } from "../live/sight.ts";
import type { AlarmObject, CellsChange, DisplayTold, Source } from "../protocol.ts";
import { FleetTable } from "./fleet-table.ts";
import { LiveLink } from "./link.ts";
import type { Reloader } from "./reload.ts";
import { screenState } from "./screen.ts";
import type { ScreenState } from "./screen.ts";

const TIMES_KEPT = 200;

export interface Views {
  onRows(applied: RowChanges): void;
  /** Called once, as soon as it is known where the fleet is. */
  onFirst(): void;
  /** Called when the cells of a large fleet changed, or are of no use any more. */
  onCells(): void;
  onList?(): void;
  onCounts(): void;
  onSources(): void;
  /** Called when an alarm is new, differs, or is open no more. */
  onAlarms?(): void;
  /** Called when a desk tells this display something. */
  onTold?(told: DisplayTold): void;
  /** Called when the connection is in another state. */
  onStatus?(status: ConnectionStatus): void;
}

export class Store {
  /** All vehicles, or those that the map shows of a large fleet. */
  readonly table = new FleetTable();
  /** Counts of a large fleet; empty where `table` has all of it. */
  readonly cells = new CellBook();
  isWhole = true;
  order = new Uint32Array(0);
  /** Why the first of them were found. */
  found: FoundIn[] = [];
  /** What only the server's answers tell, by id; as of the last time that it was wanted. */
  facts: ReadonlyMap<string, RowFacts> = new Map();
  /** Of what is held. */
  attention: AttentionCounts = noAttention();
  /** Of what is held; another list where it changed. */
  groups: readonly GroupCount[] = [];
  counts: StandingCounts = noCounts();
  vehicleCount = 0;
  /** How many of them are in `table`. */
  heldCount = 0;
  sources: Source[] = [];
  /** All open alarms that may be seen here, the newest first; another list where they changed. */
  alarms: readonly AlarmObject[] = [];
  status: ConnectionStatus = "connecting";
  /** Milliseconds that each of the last updates took on this thread, newest last. */
  readonly updateTimesMs: number[] = [];
  updateCount = 0;
  #heartbeatMs = 5_000;
  #clockOffsetMs: number | null = null;
  #lastFrameServerMs: number | null = null;
  #lastFrameMs: number | null = null;
  #startedMs = performance.now();
  #views: Views | null = null;
  /** What came before anybody could be told of it, and when. */
  #early: [message: ToPage, atMs: number][] = [];
  #isFirstTold = false;
  /** The question of the nearest that is open. */
  #nearest: { number: number; onRows: (rows: NearRow[]) => void } = { number: 0, onRows: () => {} };
  #link: LiveLink;
  #reloader: Reloader;

  constructor(reloader: Reloader) {
    this.#reloader = reloader;
    this.#link = new LiveLink((message) => {
      if (this.#views === null) this.#early.push([message, performance.now()]);
      else this.#take(message, performance.now());
    });
  }

  /** Tells these of all that came so far, as if it came now, and of all that comes. */
  connectViews(views: Views): void {
    this.#views = views;
    for (const [message, atMs] of this.#early.splice(0)) this.#take(message, atMs);
  }

  /** Now by the server's clock; this machine's until the first frame. */
  serverNowMs(): number {
    return this.#clockOffsetMs === null ? Date.now() : steadyNowMs() + this.#clockOffsetMs;
  }

  screen(): ScreenState {
    const now = performance.now();
    const sinceFrameMs = this.#lastFrameMs === null ? null : now - this.#lastFrameMs;
    return screenState(sinceFrameMs, now - this.#startedMs, this.#heartbeatMs);
  }

  /** When the last frame was sent, by the server's clock. */
  get lastFrameServerMs(): number | null {
    return this.#lastFrameServerMs;
  }

  /** Asks nothing more of the server, for good. */
  stop(): void {
    this.#link.stop();
  }

  setQuery(query: ListQuery): void {
    this.#link.setQuery(query);
  }

  /** Lets the rows be found by these addresses, and by no others. */
  setAddresses(addresses: ReadonlyMap<number, string>): void {
    this.#link.setAddresses(addresses);
  }

  /** Tells whether `facts` are to be asked for, over and over. */
  wantFacts(areWanted: boolean): void {
    this.#link.wantFacts(areWanted);
  }

  /** Asks which of the fleet that is held are nearest; a question before it is not answered any more. */
  askNearest(question: NearestQuestion, onRows: (rows: NearRow[]) => void): void {
    this.#nearest = { number: this.#nearest.number + 1, onRows };
    this.#link.askNearest(this.#nearest.number, question);
  }

  /** Tells what the map shows, or will; nothing is asked of the server before. */
  setSight(sight: Sight): void {
    this.#link.setSight(sight);
  }

  #take(message: ToPage, atMs: number): void {
    switch (message.type) {
      case "fleet":
        this.#takeFleet(message);
        break;
      case "view":
        this.isWhole = message.isWhole;
        if (message.isWhole) this.#takeCells(null);
        if (message.keep !== null) this.#views?.onRows(this.table.keepOnly(message.keep));
        break;
      case "cells":
        this.#takeCells(message.change);
        break;
      case "pulse":
        this.#lastFrameMs = atMs;
        this.#lastFrameServerMs = message.serverAtMs;
        this.#clockOffsetMs = message.clockOffsetMs;
        this.#heartbeatMs = message.heartbeatMs;
        break;
      case "status":
        this.status = message.status;
        this.#views?.onStatus?.(message.status);
        break;
      case "hello":
        this.#reloader.observe(message.build);
        break;
      case "reload":
        this.#reloader.reloadFor("protocol");
        break;
      case "sources":
        this.sources = message.sources;
        this.#views?.onSources();
        break;
      case "alarms":
        this.alarms = message.alarms;
        this.#views?.onAlarms?.();
        break;
      case "told":
        this.#views?.onTold?.(message.told);
        break;
      case "nearest":
        if (message.number === this.#nearest.number) this.#nearest.onRows(message.rows);
        break;
      case "facts":
        this.facts = message.facts;
        break;
      case "list":
        this.order = message.order;
        this.found = message.found;
        this.attention = message.attention;
        this.groups = message.groups ?? this.groups;
        this.heldCount = message.vehicleCount;
        if (this.isWhole) this.#count(message.counts);
        this.#views?.onList?.();
        break;
    }
  }

  /** Takes counts of cells, or none where the whole fleet is held. */
  #takeCells(change: CellsChange | null): void {
    if (change !== null) this.cells.take(change);
    else if (this.cells.isEmpty) return;
    else this.cells.clear();
    if (!this.isWhole) this.#count(this.cells.counts());
    this.#views?.onCells();
    if (!this.cells.isEmpty) this.#tellFirst();
  }

  #count(counts: StandingCounts): void {
    this.counts = counts;
    this.vehicleCount = Object.values(counts).reduce((sum, count) => sum + count, 0);
    this.#views?.onCounts();
  }

  #tellFirst(): void {
    if (this.#isFirstTold) return;
    this.#isFirstTold = true;
    this.#views?.onFirst();
  }

  #takeFleet({ message, isFirst, labels, keep }: Extract<ToPage, { type: "fleet" }>): void {
    const startMs = performance.now();
    try {
      const applied = this.table.apply(message, isFirst, labels);
      this.#views?.onRows(applied);
      if (keep !== null) this.#views?.onRows(this.table.keepOnly(keep));
      if (this.isWhole) this.#tellFirst();
    } catch (error) {
      // The worker took the same bytes, so the two no longer hold the same: begin again.
      this.#link.restart();
      throw error;
    }
    this.updateCount += 1;
    this.updateTimesMs.push(performance.now() - startMs);
    if (this.updateTimesMs.length > TIMES_KEPT) this.updateTimesMs.shift();
  }
}
