// One browser's connection to the server, kept alive: connects, resumes where it was, notices
// silence and what does not fit, and comes back by itself. It hides the socket; what it gives out
// is a stream of messages in order.

import type { Hello } from "../protocol.ts";
import { CLOSE, PROTOCOL, SUBPROTOCOL } from "../protocol.ts";
import { askedDelayMs, reconnectDelayMs } from "./backoff.ts";
import type { ConnectionStatus } from "./messages.ts";
import { isJson } from "./wire.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const SILENCE_CHECK_MS = 500;
const SILENT_INTERVALS = 2.5;
const DEFAULT_HEARTBEAT_MS = 5_000;

/** A JSON message as it came: its type may be one that this page does not know. */
export interface AnyJson {
  type: string;
}

export interface ConnectionEvents {
  /** What the connection begins with: where to resume, and what the map shows. */
  query(): Record<string, string>;
  onHello(hello: Hello): void;
  /** Takes a message that follows the hello; false, or a failure, where it does not fit. */
  onJson(message: AnyJson): boolean;
  onFleet(message: ArrayBuffer): boolean;
  /** Called after that: the next connection starts from nothing. */
  onMisfit(): void;
  onStatus(status: ConnectionStatus): void;
  onReload(): void;
}

export class LiveConnection {
  heartbeatMs = DEFAULT_HEARTBEAT_MS;
  #url: string;
  #events: ConnectionEvents;
  #socket: WebSocket | null = null;
  #lastFrameMs = 0;
  #openedMs = 0;
  #lostMs: number | null = null;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #isGreeted = false;
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

  /** Says something to the server; false where nothing can be said now. */
  say(text: string): boolean {
    if (!this.#isGreeted || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  #connect(): void {
    clearTimeout(this.#retryTimer);
    this.#events.onStatus("connecting");
    const socket = new WebSocket(this.#address(), SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#isGreeted = false;
    this.#openedMs = performance.now();
    this.#lastFrameMs = this.#openedMs;
    socket.onmessage = (event) => this.#receive(socket, event.data);
    socket.onclose = (event) => this.#closed(socket, event.code, event.reason);
  }

  #address(): string {
    const query = new URLSearchParams(this.#events.query());
    return query.size === 0 ? this.#url : `${this.#url}?${query}`;
  }

  #receive(socket: WebSocket, data: unknown): void {
    if (socket !== this.#socket) return;
    this.#lastFrameMs = performance.now();
    let fits = false;
    try {
      fits = data instanceof ArrayBuffer && this.#take(data);
    } catch (error) {
      console.warn("a message of the server could not be used:", error);
    }
    if (fits || socket !== this.#socket) return;
    this.#events.onMisfit();
    this.#drop();
  }

  #take(data: ArrayBuffer): boolean {
    const json = isJson(data) ? (JSON.parse(new TextDecoder().decode(data)) as AnyJson) : null;
    if (json?.type === "hello") return this.#greet(json as Hello);
    if (!this.#isGreeted) return false;
    const fits = json === null ? this.#events.onFleet(data) : this.#events.onJson(json);
    if (fits) this.#lostMs = null;
    return fits;
  }

  /** A server of another protocol serves another page too: that one is wanted. */
  #greet(hello: Hello): boolean {
    if (hello.protocol !== PROTOCOL) {
      this.#events.onReload();
      return false;
    }
    this.#isGreeted = true;
    this.heartbeatMs = hello.heartbeat_ms;
    this.#events.onStatus("open");
    this.#events.onHello(hello);
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
    if (isTooLong) this.#drop();
  }

  /** Gives up the socket without waiting for its closing, which a dead peer never answers. */
  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#retryIn(null);
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
