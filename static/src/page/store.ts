// What the page knows, in one place: messages from the worker come in, views are told what
// changed. Data flows one way; no view writes here but through the few methods at the end.

import type { StandingCounts } from "../codes.ts";
import { noCounts } from "../codes.ts";
import type { ConnectionStatus, ListQuery, ToPage } from "../live/messages.ts";
import { steadyNowMs } from "../live/server-clock.ts";
import type { Source, Vehicle } from "../protocol.ts";
import { FleetTable } from "./fleet-table.ts";
import { LiveLink } from "./link.ts";
import type { Reloader } from "./reload.ts";
import { screenState } from "./screen.ts";
import type { ScreenState } from "./screen.ts";

export interface Views {
  onRows(changed: Uint32Array, removed: Uint32Array, isFirst: boolean): void;
  onList?(): void;
  onCounts(): void;
  onSources(): void;
  onVehicle?(id: string, vehicle: Vehicle | null): void;
}

export class Store {
  readonly table = new FleetTable();
  order = new Uint32Array(0);
  counts: StandingCounts = noCounts();
  vehicleCount = 0;
  sources: Source[] = [];
  status: ConnectionStatus = "connecting";
  /** Milliseconds that each of the last patches took on this thread, newest last. */
  readonly patchTimesMs: number[] = [];
  patchCount = 0;
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

  watch(id: string | null): void {
    this.#link.watch(id);
  }

  #take(message: ToPage): void {
    switch (message.type) {
      case "patch":
        this.#takePatch(message);
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
        this.order = message.order as Uint32Array<ArrayBuffer>;
        this.counts = message.counts;
        this.vehicleCount = message.vehicleCount;
        this.#views?.onList?.();
        this.#views?.onCounts();
        break;
      case "vehicle":
        this.#views?.onVehicle?.(message.id, message.vehicle);
        break;
    }
  }

  #takePatch({ patch }: Extract<ToPage, { type: "patch" }>): void {
    const startMs = performance.now();
    const removed = this.table.apply(patch);
    this.#views?.onRows(patch.rows, removed, this.patchCount === 0);
    this.patchCount += 1;
    this.patchTimesMs.push(performance.now() - startMs);
    if (this.patchTimesMs.length > 200) this.patchTimesMs.shift();
  }
}
