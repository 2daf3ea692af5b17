// The page's end of the live worker: starts it, hands its messages on, and starts another if it
// ever dies.

import type { ListQuery, ToPage, ToWorker } from "../live/messages.ts";
import { liveUrl } from "./boot.ts";

const RESTART_AFTER_MS = 2_000;

export class LiveLink {
  #worker!: Worker;
  #onMessage: (message: ToPage) => void;
  #query: ListQuery = { text: "", standings: [], sort: "name" };

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

  /** Starts anew, as after a message that made no sense here. */
  restart(): void {
    this.#worker.onmessage = null;
    this.#worker.terminate();
    setTimeout(() => this.#start(), RESTART_AFTER_MS);
  }

  #start(): void {
    this.#worker = new Worker(LIVE_WORKER_URL, { type: "module", name: "live" });
    this.#worker.onmessage = (event: MessageEvent<ToPage>) => this.#onMessage(event.data);
    this.#worker.onerror = () => this.restart();
    this.#send({ type: "start", liveUrl: liveUrl() });
    this.#send({ type: "query", query: this.#query });
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}
