// Stands between a page and a real server: hands all on, but speaks the live protocol itself, so
// that a test says what comes over the socket and when. The WebSocket is the little of RFC 6455
// that this takes: whole binary messages and closing out, whole short text messages in.

import crypto from "node:crypto";
import http from "node:http";
import { KEYFRAME, DICTIONARY, fleetMessage } from "./fleet-message.mjs";
import { answerOwnPage, forward, isOwnPage } from "./own-page.mjs";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const SUBPROTOCOL = "fleetglass.v1.bin";
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;

/**
 * A host whose `onViewer(viewer, n)` is called with each connection; `answers` are paths that it
 * answers by itself, called with response and request, or one function for all paths, which answers
 * false where it does not. Who `admits(request)` does not let in is answered 401 before the upgrade.
 * `connections` tells of all that were let in: `{atMs, query, protocol}`; `refusals` counts the others.
 */
export async function standIn(server, onViewer, answers = {}, admits = () => true) {
  const connections = [];
  let refusals = 0;
  const host = http.createServer(async (request, response) => {
    const answer = typeof answers === "function" ? answers : answers[new URL(request.url, server.url).pathname];
    if (answer !== undefined && answer(response, request) !== false) return;
    if (!isOwnPage || !(await answerOwnPage(server.url, request, response))) forward(server.url, request, response);
  });
  host.on("upgrade", (request, socket) => {
    socket.on("error", () => {});
    if (!admits(request)) {
      refusals += 1;
      socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    const accept = crypto.createHash("sha1").update(request.headers["sec-websocket-key"] + GUID).digest("base64");
    const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`, `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    const query = new URL(request.url, server.url).searchParams;
    connections.push({ atMs: performance.now(), query, protocol: request.headers["sec-websocket-protocol"] });
    onViewer(new Viewer(socket), connections.length, request);
  });
  await new Promise((resolve) => host.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${host.address().port}/`,
    connections,
    get refusals() {
      return refusals;
    },
    close: () => {
      host.closeAllConnections();
      host.close();
    },
  };
}

export class Viewer {
  #socket;
  #unread = Buffer.alloc(0);
  /** What the page said, with when: `{atMs, ...}`. */
  heard = [];
  /** Called with each thing that the page says. */
  onHeard = () => {};

  constructor(socket) {
    this.#socket = socket;
    socket.on("data", (data) => this.#read(data));
  }

  #read(data) {
    this.#unread = Buffer.concat([this.#unread, data]);
    for (;;) {
      const short = (this.#unread[1] ?? 0) & 0x7f;
      const start = short === 126 ? 8 : 6;
      if (this.#unread.length < start) return;
      const length = short === 126 ? this.#unread.readUInt16BE(2) : short;
      if (this.#unread.length < start + length) return;
      const mask = this.#unread.subarray(start - 4, start);
      const body = this.#unread.subarray(start, start + length).map((byte, i) => byte ^ mask[i % 4]);
      if ((this.#unread[0] & 15) === TEXT) {
        const said = { atMs: performance.now(), ...JSON.parse(Buffer.from(body)) };
        this.heard.push(said);
        this.onHeard(said);
      }
      this.#unread = this.#unread.subarray(start + length);
    }
  }

  json(message) {
    this.#send(BINARY, Buffer.from(JSON.stringify({ at: new Date().toISOString(), ...message })));
  }

  hello(more = {}) {
    this.json({ type: "hello", protocol: 1, server: "fleetglass", version: "0.0.0", build: "", epoch: "stand-in", seq: 1, resumed: false, heartbeat_ms: 1_000, ...more });
  }

  fleet(message) {
    this.#send(BINARY, Buffer.from(fleetMessage({ at_ms: Date.now(), ...message })));
  }

  /** The whole fleet at `seq`: `entries` of the dictionary, all standing in one place. */
  keyframe(entries, seq = 1) {
    this.fleet({ kind: DICTIONARY, seq, names: entries.map((entry, index) => [index, entry]) });
    this.fleet({ kind: KEYFRAME, seq, full: entries.map((_, index) => rowAt(index)) });
  }

  /** What the viewer gets from now on; the whole fleet where no tiles are given. */
  view(tiles) {
    this.json({ type: "view", whole: tiles === undefined, tiles: tiles ?? [[0, 0, 0]] });
  }

  /** All cells: `[x, y, moving, overdue]` of level 10. */
  cells(cells, more = {}) {
    const told = cells.map(([x, y, moving, overdue = 0]) => [x, y, 8, 8, moving, 0, 0, 0, 0, overdue]);
    this.json({ type: "cells", all: true, base: 1, seq: 1, z: 10, cells: told, ...more });
  }

  close(code, reason = "") {
    const body = Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)]);
    this.#send(CLOSE, body);
    this.#socket.end();
  }

  #send(opcode, body) {
    const head = Buffer.alloc(body.length < 126 ? 2 : 4);
    head[0] = 0x80 | opcode;
    head[1] = Math.min(126, body.length);
    if (body.length >= 126) head.writeUInt16BE(body.length, 2);
    this.#socket.write(Buffer.concat([head, body]));
  }
}

/** A row on the move in Johannesburg, some 200 m from its neighbour. */
export function rowAt(index, more = {}) {
  const [x, y] = [Math.floor((28.05 / 360 + 0.5) * 2 ** 27), Math.floor(0.5767 * 2 ** 27)];
  return { index, state: 0x40, flags: 0, heading: 45, speed: 20, fixed_s: Math.floor(Date.now() / 1000) - 2, x: x + index * 700, y, ...more };
}
