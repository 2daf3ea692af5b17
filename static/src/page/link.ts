// The page's end of the live worker: starts it, hands its messages on, and starts another if it
// ever dies.

import type { ListQuery, NearestQuestion, ToPage, ToWorker } from "../live/messages.ts";
import { NO_QUERY } from "../live/messages.ts";
import type { Sight } from "../live/sight.ts";
import { liveUrl } from "./boot.ts";

const RESTART_AFTER_MS = 2_000;

export class LiveLink {
  #worker!: Worker;
  #onMessage: (message: ToPage) => void;
  #query: ListQuery = NO_QUERY;
  #sight: Sight | null = null;
  #areFactsWanted = false;
  #isStopped = false;

  constructor(onMessage: (message: ToPage) => void) {
    this.#onMessage = onMessage;
    this.#start();
    addEventListener("online", () => this.#send({ type: "wake" }));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#send({ type: "wake" });
    });
  }

  setQuery(query: ListQuery): void {
    this.#query = query;
    this.#send({ type: "query", query });
  }

  /** Tells where some vehicles are, in words; a worker that is started anew is not told. */
  setAddresses(addresses: ReadonlyMap<number, string>): void {
    this.#send({ type: "addresses", addresses });
  }

  /** Tells whether somebody looks at what only the server's answers tell. */
  wantFacts(areWanted: boolean): void {
    if (areWanted === this.#areFactsWanted) return;
    this.#areFactsWanted = areWanted;
    this.#send({ type: "facts", areWanted });
  }

  askNearest(number: number, question: NearestQuestion): void {
    this.#send({ type: "nearest", number, question });
  }

  /** Tells what the map shows; the first time, it connects. */
  setSight(sight: Sight): void {
    const isFirst = this.#sight === null;
    this.#sight = sight;
    if (isFirst) this.#begin();
    else this.#send({ type: "sight", sight });
  }

  /** Starts anew, as after a message that made no sense here. */
  restart(): void {
    this.#worker.onmessage = null;
    this.#worker.terminate();
    setTimeout(() => this.#start(), RESTART_AFTER_MS);
  }

  /** Ends the connection, for good. */
  stop(): void {
    this.#isStopped = true;
    this.#worker.onmessage = null;
    this.#worker.terminate();
  }

  #start(): void {
    if (this.#isStopped) return;
    this.#worker = new Worker(LIVE_WORKER_URL, { type: "module", name: "live" });
    this.#worker.onmessage = (event: MessageEvent<ToPage>) => this.#onMessage(event.data);
    this.#worker.onerror = () => this.restart();
    this.#send({ type: "query", query: this.#query });
    this.#send({ type: "facts", areWanted: this.#areFactsWanted });
    this.#begin();
  }

  /** Where the map is must be known first: the server goes by it. */
  #begin(): void {
    if (this.#sight !== null) this.#send({ type: "start", liveUrl: liveUrl(), sight: this.#sight });
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}
