// The page's end of the live worker: starts it, hands its messages on, and starts another if it
// ever dies.

import type { ListQuery, ToPage, ToWorker } from "../live/messages.ts";
import { liveUrl } from "./boot.ts";

const RESTART_AFTER_MS = 2_000;

export class LiveLink {
  #worker!: Worker;
  #onMessage: (message: ToPage) => void;
  #query: ListQuery = { text: "", standings: [], sort: "name" };
  #watchedId: string | null = null;

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

  /** Asks for the whole of one vehicle, now and at each of its changes. */
  watch(id: string | null): void {
    this.#watchedId = id;
    this.#send({ type: "watch", id });
  }

  #start(): void {
    this.#worker = new Worker(LIVE_WORKER_URL, { type: "module", name: "live" });
    this.#worker.onmessage = (event: MessageEvent<ToPage>) => this.#onMessage(event.data);
    this.#worker.onerror = () => {
      this.#worker.terminate();
      setTimeout(() => this.#start(), RESTART_AFTER_MS);
    };
    this.#send({ type: "start", liveUrl: liveUrl() });
    this.#send({ type: "query", query: this.#query });
    if (this.#watchedId !== null) this.#send({ type: "watch", id: this.#watchedId });
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}
