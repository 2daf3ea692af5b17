// One browser's connection to the server, kept alive: connects, resumes where it was, notices
// silence and gaps, and comes back by itself. It hides the socket; what it gives out is a stream
// of frames in order without gaps.

import type { ServerFrame } from "../protocol.ts";
import { CLOSE, SUBPROTOCOL } from "../protocol.ts";
import { askedDelayMs, reconnectDelayMs } from "./backoff.ts";
import type { ConnectionStatus } from "./messages.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const SILENCE_CHECK_MS = 500;
const SILENT_INTERVALS = 2.5;
const DEFAULT_HEARTBEAT_MS = 5_000;

export interface ConnectionEvents {
  onFrame(frame: ServerFrame): void;
  onStatus(status: ConnectionStatus): void;
  onReload(): void;
}

export class LiveConnection {
  heartbeatMs = DEFAULT_HEARTBEAT_MS;
  #url: string;
  #events: ConnectionEvents;
  #socket: WebSocket | null = null;
  #resume: { epoch: string; seq: number } | null = null;
  #lastFrameMs = 0;
  #openedMs = 0;
  #lostMs: number | null = null;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #isRefused = false;

  constructor(url: string, events: ConnectionEvents) {
    this.#url = url;
    this.#events = events;
    setInterval(() => this.#checkSilence(), SILENCE_CHECK_MS);
    this.#connect();
  }

  /** Tries at once: the network came back, or someone looks at the page again. */
  wake(): void {
    if (this.#isRefused) return;
    if (this.#socket === null) this.#connect();
    else this.#checkSilence();
  }

  #connect(): void {
    clearTimeout(this.#retryTimer);
    this.#events.onStatus("connecting");
    const socket = new WebSocket(this.#addressWithResume(), SUBPROTOCOL);
    this.#socket = socket;
    this.#openedMs = performance.now();
    this.#lastFrameMs = this.#openedMs;
    socket.onmessage = (event) => this.#receive(socket, event.data);
    socket.onclose = (event) => this.#closed(socket, event.code, event.reason);
  }

  #addressWithResume(): string {
    if (this.#resume === null) return this.#url;
    const query = new URLSearchParams({ epoch: this.#resume.epoch, seq: String(this.#resume.seq) });
    return `${this.#url}?${query}`;
  }

  #receive(socket: WebSocket, data: unknown): void {
    if (socket !== this.#socket || typeof data !== "string") return;
    const frame = JSON.parse(data) as ServerFrame;
    this.#lastFrameMs = performance.now();
    if (frame.type === "hello") {
      this.heartbeatMs = frame.heartbeat_ms;
      this.#events.onStatus("open");
    } else if (!this.#isInSequence(frame)) {
      this.#resume = null;
      this.#drop(null);
      return;
    } else {
      this.#lostMs = null;
    }
    this.#events.onFrame(frame);
  }

  /** Keeps the place in the stream; false where frames are missing. */
  #isInSequence(frame: Exclude<ServerFrame, { type: "hello" }>): boolean {
    if (frame.type === "snapshot") {
      this.#resume = { epoch: frame.epoch, seq: frame.seq };
      return true;
    }
    if (this.#resume === null) return false;
    if (frame.type === "heartbeat") return frame.seq <= this.#resume.seq;
    if (frame.seq !== this.#resume.seq + 1) return false;
    this.#resume.seq = frame.seq;
    return true;
  }

  #closed(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    if (code === CLOSE.tooOld) {
      this.#events.onReload();
    } else if (code === CLOSE.refused) {
      this.#isRefused = true;
      this.#events.onStatus("refused");
      return;
    }
    this.#retryIn(code === CLOSE.restart ? askedDelayMs(reason) : null);
  }

  #checkSilence(): void {
    if (this.#socket === null) return;
    const now = performance.now();
    const isConnecting = this.#socket.readyState === WebSocket.CONNECTING;
    const isTooLong = isConnecting
      ? now - this.#openedMs > CONNECT_TIMEOUT_MS
      : now - this.#lastFrameMs > SILENT_INTERVALS * this.heartbeatMs;
    if (isTooLong) this.#drop(null);
  }

  /** Gives up the socket without waiting for its closing, which a dead peer never answers. */
  #drop(delayMs: number | null): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#retryIn(delayMs);
  }

  #retryIn(askedMs: number | null): void {
    const now = performance.now();
    this.#lostMs ??= now;
    const delayMs = askedMs ?? reconnectDelayMs(now - this.#lostMs, Math.random());
    this.#events.onStatus("waiting");
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#connect(), delayMs);
  }
}
