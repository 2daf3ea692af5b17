// What the page knows, in one place: messages from the worker come in, views are told what
// changed. Data flows one way; no view writes here but through the few methods at the end.

import type { StandingCounts } from "../codes.ts";
import { noCounts } from "../codes.ts";
import type { Applied } from "../live/decoder.ts";
import type { ConnectionStatus, ListQuery, ToPage } from "../live/messages.ts";
import { steadyNowMs } from "../live/server-clock.ts";
import type { Source } from "../protocol.ts";
import { FleetTable } from "./fleet-table.ts";
import { LiveLink } from "./link.ts";
import type { Reloader } from "./reload.ts";
import { screenState } from "./screen.ts";
import type { ScreenState } from "./screen.ts";

const TIMES_KEPT = 200;

export interface Views {
  /** `isFirst` only for the first message of all. */
  onRows(applied: Applied, isFirst: boolean): void;
  onList?(): void;
  onCounts(): void;
  onSources(): void;
}

export class Store {
  readonly table = new FleetTable();
  order = new Uint32Array(0);
  counts: StandingCounts = noCounts();
  vehicleCount = 0;
  sources: Source[] = [];
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
  #link: LiveLink;
  #reloader: Reloader;

  constructor(reloader: Reloader) {
    this.#reloader = reloader;
    this.#link = new LiveLink((message) => this.#take(message));
  }

  connectViews(views: Views): void {
    this.#views = views;
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

  setQuery(query: ListQuery): void {
    this.#link.setQuery(query);
  }

  #take(message: ToPage): void {
    switch (message.type) {
      case "fleet":
        this.#takeFleet(message);
        break;
      case "pulse":
        this.#lastFrameMs = performance.now();
        this.#lastFrameServerMs = message.serverAtMs;
        this.#clockOffsetMs = message.clockOffsetMs;
        this.#heartbeatMs = message.heartbeatMs;
        break;
      case "status":
        this.status = message.status;
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
      case "list":
        this.order = message.order;
        this.counts = message.counts;
        this.vehicleCount = message.vehicleCount;
        this.#views?.onList?.();
        this.#views?.onCounts();
        break;
    }
  }

  #takeFleet({ message, isFirst, labels }: Extract<ToPage, { type: "fleet" }>): void {
    const startMs = performance.now();
    try {
      const applied = this.table.apply(message, isFirst, labels);
      this.#views?.onRows(applied, this.updateCount === 0);
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
