// The worker: connection, continuity, names and the list's order live here, so that the page's
// thread only draws. Messages come in; their bytes, the list's order and the sources go out.

import type { AlarmsChange, CellsChange, DisplayTold, Heartbeat, Hello, Source, SourcesChange, ViewTold } from "../protocol.ts";
import { AlarmBook } from "./alarm-book.ts";
import { LiveConnection } from "./connection.ts";
import type { AnyJson } from "./connection.ts";
import { FactAsker } from "./fact-asker.ts";
import { FleetFeed } from "./fleet-feed.ts";
import type { ListQuery, ToPage, ToWorker } from "./messages.ts";
import { NO_QUERY } from "./messages.ts";
import { filterOf } from "./filter.ts";
import { nearestRows } from "./nearest.ts";
import { ServerClock, steadyNowMs } from "./server-clock.ts";
import { SightTeller, sightQuery } from "./sight.ts";

/** The list follows changes at most this often; a new query is answered at once. */
const LIST_EVERY_MS = 1_000;
/** A list that costs much is made less often: at most this part of the time goes into it. */
const LIST_SHARE = 0.05;

const feed = new FleetFeed();
const clock = new ServerClock();
let sources = new Map<string, Source>();
const alarms = new AlarmBook();
let connection: LiveConnection | null = null;
const facts = new FactAsker((known) => {
  feed.directory.setFacts(known);
  send({ type: "facts", facts: known });
  sendListIn(0);
});
const teller = new SightTeller((text) => connection?.say(text) ?? false);
let query: ListQuery = NO_QUERY;
let listTimer: ReturnType<typeof setTimeout> | undefined;
let listCostMs = 0;
let groupsVersion = -1;

addEventListener("message", (event: MessageEvent<ToWorker>) => receive(event.data));
addEventListener("online", () => connection?.wake());

function receive(message: ToWorker): void {
  switch (message.type) {
    case "start":
      teller.look(message.sight);
      connection ??= connect(message.liveUrl);
      break;
    case "sight":
      teller.look(message.sight);
      break;
    case "query":
      query = message.query;
      sendList();
      break;
    case "addresses":
      feed.directory.setAddresses(message.addresses);
      sendList();
      break;
    case "facts":
      facts.want(message.areWanted);
      break;
    case "nearest": {
      const { lngLatDeg, standings, most, except } = message.question;
      const rows = nearestRows(feed.columns, lngLatDeg, filterOf({ ...NO_QUERY, standings }), most, except);
      send({ type: "nearest", number: message.number, rows });
      break;
    }
    case "wake":
      connection?.wake();
      break;
  }
}

function connect(liveUrl: string): LiveConnection {
  return new LiveConnection(liveUrl, {
    query: beginning,
    onHello: takeHello,
    onJson: takeJson,
    onFleet: takeFleet,
    onMisfit: () => feed.continuity.forget(),
    onStatus: (status) => send({ type: "status", status }),
    onReload: () => send({ type: "reload" }),
  });
}

/** Where to go on, and what the map shows. Who holds parts of a fleet gets them anew in any case. */
function beginning(): Record<string, string> {
  const place = feed.holdsParts ? null : feed.continuity.place;
  teller.connect();
  const sight = teller.sight === null ? {} : sightQuery(teller.sight);
  return place === null ? sight : { epoch: place.epoch, seq: String(place.seq), ...sight };
}

function takeHello(hello: Hello): void {
  feed.greet(hello.epoch, hello.resumed);
  clock.reset();
  teller.tell();
  send({ type: "hello", build: hello.build ?? "" });
  sendPulse(Date.parse(hello.at));
}

/** Types that are not known are for newer pages, and no misfit. */
function takeJson(message: AnyJson): boolean {
  if (message.type === "sources") return takeSources(message as SourcesChange);
  if (message.type === "alarms") return takeAlarms(message as AlarmsChange);
  if (message.type === "view") return takeView(message as ViewTold);
  if (message.type === "cells") return takeCells(message as CellsChange);
  if (message.type === "display") send({ type: "told", told: message as DisplayTold });
  if (message.type === "heartbeat") {
    const { seq, at } = message as Heartbeat;
    feed.continuity.reach(seq);
    sendPulse(Date.parse(at));
  }
  return true;
}

function takeSources(change: SourcesChange): boolean {
  if (!feed.continuity.takeSources(change.base, change.seq, change.all === true)) return false;
  if (change.all === true) sources = new Map();
  for (const source of change.sources) sources.set(source.id, source);
  send({ type: "sources", sources: [...sources.values()] });
  sendPulse(Date.parse(change.at));
  return true;
}

function takeAlarms(change: AlarmsChange): boolean {
  if (!feed.continuity.takeAlarms(change.base, change.seq, change.all === true)) return false;
  send({ type: "alarms", alarms: alarms.take(change) });
  sendPulse(Date.parse(change.at));
  return true;
}

function takeView(told: ViewTold): boolean {
  const taken = feed.takeView(told);
  send({ type: "view", ...taken });
  sendPulse(Date.parse(told.at));
  if (taken.keep !== null) sendListIn(LIST_EVERY_MS);
  return true;
}

function takeCells(change: CellsChange): boolean {
  if (!feed.continuity.takeCells(change.base, change.seq, change.all === true)) return false;
  send({ type: "cells", change });
  sendPulse(Date.parse(change.at));
  return true;
}

function takeFleet(message: ArrayBuffer): boolean {
  const taken = feed.take(message);
  if (taken === "gap") return false;
  if (taken === null) return true;
  const { head, isFirst, labels, keep } = taken;
  send({ type: "fleet", message, isFirst, labels, keep }, [message]);
  sendPulse(head.atMs);
  if (isFirst) sendList();
  else sendListIn(LIST_EVERY_MS);
  return true;
}

/** Tells the page that the server lives, and what its clock says. */
function sendPulse(serverAtMs: number): void {
  clock.observe(serverAtMs, steadyNowMs());
  const heartbeatMs = connection?.heartbeatMs ?? 5_000;
  send({ type: "pulse", serverAtMs, clockOffsetMs: clock.offsetMs, heartbeatMs });
}

function sendListIn(delayMs: number): void {
  listTimer ??= setTimeout(sendList, Math.max(delayMs, listCostMs / LIST_SHARE));
}

function sendList(): void {
  clearTimeout(listTimer);
  listTimer = undefined;
  const startMs = performance.now();
  const order = feed.directory.order(query, (steadyNowMs() + clock.offsetMs) / 1000);
  const counts = feed.directory.counts();
  const attention = feed.directory.attention();
  const vehicleCount = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const found = feed.directory.foundIn(order, query.text);
  const groups = groupsVersion === feed.directory.groups.version ? null : feed.directory.groups.counts();
  groupsVersion = feed.directory.groups.version;
  listCostMs = performance.now() - startMs;
  send({ type: "list", order, counts, attention, vehicleCount, groups, found }, [order.buffer]);
  // What waits in the socket comes between two rounds of sorting.
  if (feed.directory.isSorting) listTimer = setTimeout(sendList);
}

function send(message: ToPage, transfer: Transferable[] = []): void {
  // The page's own `postMessage` has another signature, and the type library is the page's.
  (self as unknown as { postMessage(m: ToPage, t: Transferable[]): void }).postMessage(message, transfer);
}
