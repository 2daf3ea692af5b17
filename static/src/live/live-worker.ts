// The worker: connection, parsing and the whole fleet live here, so that the page's thread only
// draws. Frames come in, and columns of changed rows, the list's order and the sources go out.

import type { Changes, ServerFrame, Snapshot, Source } from "../protocol.ts";
import { LiveConnection } from "./connection.ts";
import { Directory } from "./directory.ts";
import { FleetRows, buffersOf } from "./fleet-rows.ts";
import type { ListQuery, Patch, ToPage, ToWorker } from "./messages.ts";
import { ServerClock, steadyNowMs } from "./server-clock.ts";

/** The list follows changes at most this often; a new query is answered at once. */
const LIST_EVERY_MS = 1_000;

const rows = new FleetRows();
const directory = new Directory();
const clock = new ServerClock();
const sources = new Map<string, Source>();
let connection: LiveConnection | null = null;
let query: ListQuery = { text: "", standings: [], sort: "name" };
let watchedId: string | null = null;
let listTimer: ReturnType<typeof setTimeout> | undefined;

addEventListener("message", (event: MessageEvent<ToWorker>) => receive(event.data));
addEventListener("online", () => connection?.wake());

function receive(message: ToWorker): void {
  switch (message.type) {
    case "start":
      connection ??= connect(message.liveUrl);
      break;
    case "query":
      query = message.query;
      sendList();
      break;
    case "watch":
      watchedId = message.id;
      sendWatched();
      break;
    case "wake":
      connection?.wake();
      break;
  }
}

function connect(liveUrl: string): LiveConnection {
  return new LiveConnection(liveUrl, {
    onFrame: takeFrame,
    onStatus: (status) => send({ type: "status", status }),
    onReload: () => send({ type: "reload" }),
  });
}

function takeFrame(frame: ServerFrame): void {
  const serverAtMs = Date.parse(frame.at);
  if (frame.type === "hello") {
    clock.reset();
    send({ type: "hello", build: frame.build ?? "" });
  }
  clock.observe(serverAtMs, steadyNowMs());
  if (frame.type === "snapshot") takeSnapshot(frame);
  if (frame.type === "changes") takeChanges(frame);
  const heartbeatMs = connection?.heartbeatMs ?? 5_000;
  send({ type: "pulse", serverAtMs, clockOffsetMs: clock.offsetMs, heartbeatMs });
}

function takeSnapshot(frame: Snapshot): void {
  sources.clear();
  takePatch(rows.replaceAll(frame.vehicles));
  takeSources(frame.sources ?? []);
  sendList();
}

function takeChanges(frame: Changes): void {
  const changed = frame.vehicles ?? [];
  const removed = frame.removed ?? [];
  if (changed.length > 0 || removed.length > 0) takePatch(rows.change(changed, removed));
  if (frame.sources !== undefined) takeSources(frame.sources);
}

function takePatch(patch: Patch): void {
  for (const row of patch.removed) directory.remove(row);
  let touchesWatched = false;
  for (const row of patch.rows) {
    const vehicle = rows.vehicles[row];
    if (vehicle === undefined) continue;
    directory.put(row, vehicle);
    touchesWatched ||= vehicle.id === watchedId;
  }
  send({ type: "patch", patch }, buffersOf(patch));
  if (touchesWatched || patch.removed.length > 0 || patch.isSnapshot) sendWatched();
  listTimer ??= setTimeout(sendList, LIST_EVERY_MS);
}

function takeSources(changed: Source[]): void {
  for (const source of changed) sources.set(source.id, source);
  send({ type: "sources", sources: [...sources.values()] });
}

function sendWatched(): void {
  if (watchedId === null) return;
  send({ type: "vehicle", id: watchedId, vehicle: rows.vehicle(watchedId) ?? null });
}

function sendList(): void {
  clearTimeout(listTimer);
  listTimer = undefined;
  const order = directory.order(query);
  const message = { type: "list", order, counts: directory.counts(), vehicleCount: rows.vehicleCount } as const;
  send(message, [order.buffer as ArrayBuffer]);
}

function send(message: ToPage, transfer: Transferable[] = []): void {
  // The page's own `postMessage` has another signature, and the type library is the page's.
  (self as unknown as { postMessage(m: ToPage, t: Transferable[]): void }).postMessage(message, transfer);
}
