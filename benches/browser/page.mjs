// What is measured, within the page: the page's own code, fed with messages as the server writes
// them. `measure` is called from outside, once for each name.

import { FleetDecoder } from "../../static/src/live/decoder.ts";
import { FleetColumns } from "../../static/src/live/columns.ts";
import { Directory } from "../../static/src/live/directory.ts";
import { LabelAtlas } from "../../static/src/map/label-atlas.ts";
import { LabelPlacement } from "../../static/src/map/label-placement.ts";
import { MarkerBuffer } from "../../static/src/map/marker-buffer.ts";
import { MarkerLayer } from "../../static/src/map/marker-layer.ts";
import { Overlay, overlayNowMs } from "../../static/src/map/overlay.ts";
import { pickRow } from "../../static/src/map/picking.ts";
import { readTheme } from "../../static/src/map/theme.ts";
import { markerRadiusPx } from "../../static/src/map/view.ts";
import { FleetTable } from "../../static/src/page/fleet-table.ts";
import { firstMessage, labelsFor, movingMessage, randomNumbers } from "./fleet.mjs";

const SIZE = { width: 1280, height: 800 };
const COUNTRY = { spread: 2 ** -5, zoom: 5.6 };
const MESSAGES = 8;
const NOW_S = 1_800_000_000;
const FIRST_NAMES = ["Thandi", "Sipho", "Johan", "Lerato", "Pieter", "Nomsa", "Fatima", "Kagiso", "Anele", "Willem", "Zanele"];
const LAST_NAMES = ["Ndlovu", "Botha", "Nkosi", "van der Merwe", "Dlamini", "Naidoo", "Mokoena", "Khumalo", "Jacobs", "Sithole", "Pillay", "Venter", "Mahlangu"];

const pause = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));

/** The page's fleet of so many, and messages that move it. */
function fleetOf(vehicles, share = 1) {
  const random = randomNumbers(vehicles);
  const table = new FleetTable();
  const markers = new MarkerBuffer(table, () => true);
  const clock = { nowMs: overlayNowMs() };
  markers.update(table.apply(firstMessage(vehicles, COUNTRY.spread, random), true, labelsFor(0, vehicles)), clock.nowMs);
  const messages = Array.from({ length: MESSAGES }, () => movingMessage(vehicles, random, share));
  let turn = 0;
  const update = (nowMs) => markers.update(table.apply(messages[turn++ % MESSAGES], false, []), nowMs);
  return { table, markers, messages, clock, random, update };
}

/** What a dictionary says of a vehicle: as much as most fleets know. */
function entryOf(id, name, i) {
  const driver = `${FIRST_NAMES[i % FIRST_NAMES.length]} ${LAST_NAMES[(i * 7) % LAST_NAMES.length]}`;
  return { id, name, registration: `CA ${100 + (i % 900)}-${100 + ((i * 31) % 900)}`, driver, devices: [`cartrack/${512_000_000 + i * 17}`], groups: [`Region ${i % 9}`, `Region ${i % 9} / Depot ${i % 97}`] };
}

function viewAt(zoom) {
  const worldPx = 512 * 2 ** zoom;
  const [widthPx, heightPx] = [SIZE.width, SIZE.height];
  return { centerX: 2 ** 31, centerY: 2 ** 31, anchorXPx: widthPx / 2, anchorYPx: heightPx / 2, worldPx, zoom, widthPx, heightPx };
}

/** Stands in for the map: a canvas, a camera that does not move, and `render`. */
function standingMap(zoom) {
  const container = document.createElement("div");
  const canvas = document.createElement("canvas");
  Object.assign(container.style, { position: "absolute", inset: "0", width: `${SIZE.width}px`, height: `${SIZE.height}px` });
  Object.assign(canvas.style, { width: "100%", height: "100%" });
  container.append(canvas);
  document.body.append(container);
  const listeners = {};
  return {
    getCanvasContainer: () => container,
    getCanvas: () => canvas,
    getCenter: () => ({ lng: 0, lat: 0 }),
    getZoom: () => zoom,
    project: () => ({ x: SIZE.width / 2, y: SIZE.height / 2 }),
    on: (name, listener) => (listeners[name] = listener),
    render: () => listeners.render(),
  };
}

async function timed(rounds, run, betweenMs = 0) {
  const timesMs = [];
  for (let i = 0; i < rounds; i++) {
    await pause(betweenMs);
    const startMs = performance.now();
    run(i);
    timesMs.push(performance.now() - startMs);
  }
  // The first ones are compiled as they run.
  return timesMs.slice(Math.floor(rounds / 5));
}

const MEASURES = {
  /** A fleet moves each second; the clock is the bench's own, so that glides are where they would be. */
  async update(vehicles, share = 1) {
    const fleet = fleetOf(vehicles, share);
    return timed(100, () => fleet.update((fleet.clock.nowMs += 1_000)), 5);
  },

  /** The first message with all names, and the names' way from the worker (both ends of it). */
  async first(vehicles, isCloning) {
    const labels = labelsFor(0, vehicles);
    const message = firstMessage(vehicles, COUNTRY.spread, randomNumbers(1));
    return timed(10, () => {
      if (isCloning) structuredClone(labels);
      else {
        const table = new FleetTable();
        new MarkerBuffer(table, () => true).update(table.apply(message, true, labels), 0);
      }
    }, 50);
  },

  /** What an update sends to the graphics card. */
  async upload(vehicles, share = 1) {
    const fleet = fleetOf(vehicles, share);
    const layer = new MarkerLayer(document.createElement("canvas").getContext("webgl2"));
    layer.upload(fleet.markers);
    const timesMs = [];
    for (let i = 0; i < 60; i++) {
      fleet.update((fleet.clock.nowMs += 1_000));
      await pause(50);
      const startMs = performance.now();
      layer.upload(fleet.markers);
      timesMs.push(performance.now() - startMs);
    }
    return timesMs.slice(10);
  },

  /** Frames of a gliding fleet, with an update each second and names chosen as the page does it. */
  async frames(vehicles) {
    const fleet = fleetOf(vehicles);
    const map = standingMap(COUNTRY.zoom);
    const overlay = new Overlay(map, fleet, { fleetNowMs: () => NOW_S * 1000, markerScale: 1, labelFontPx: 12, onHopeless() {} });
    const timesMs = [];
    for (let i = 0; i < 120; i++) {
      if (i % 10 === 0) fleet.update(overlayNowMs());
      map.render();
      timesMs.push(overlay.frameTimesMs.at(-1));
      await pause(100);
    }
    return timesMs.slice(20);
  },

  async labels(vehicles, zoom = COUNTRY.zoom) {
    const fleet = fleetOf(vehicles);
    const placement = new LabelPlacement(fleet.table, fleet.markers, new LabelAtlas(12, 1, readTheme()));
    let before = new Map();
    let nowMs = fleet.clock.nowMs;
    return timed(80, (i) => {
      nowMs += 300;
      before = placement.place({ view: viewAt(zoom), nowMs, scale: 1, fleetNowMs: nowMs, selectedRow: 17, before });
      if (i % 3 === 2) setTimeout(() => fleet.update(nowMs));
    }, 5);
  },

  async picking(vehicles) {
    const fleet = fleetOf(vehicles);
    const view = viewAt(COUNTRY.zoom);
    const reachPx = markerRadiusPx(view.zoom, 1) + 2;
    fleet.update((fleet.clock.nowMs += 1_000));
    return timed(300, (i) => pickRow(fleet.markers, view, (i * 97) % SIZE.width, (i * 61) % SIZE.height, reachPx, fleet.clock.nowMs + i * 16));
  },

  /** The worker's list: in the order of names, newest first, and by text. */
  async list(vehicles, query) {
    const columns = new FleetColumns();
    const decoder = new FleetDecoder(columns);
    const directory = new Directory(columns);
    const { changed } = decoder.apply(firstMessage(vehicles, COUNTRY.spread, randomNumbers(1)), true);
    directory.recount(changed);
    const [{ rows, ids, names }] = labelsFor(0, vehicles);
    const startMs = performance.now();
    rows.forEach((row, i) => directory.name(row, entryOf(ids[i], names[i], i)));
    const namingMs = performance.now() - startMs;
    const sortingMs = [];
    do {
      const roundMs = performance.now();
      directory.order({ text: "", standings: [], sort: "name" }, NOW_S);
      sortingMs.push(performance.now() - roundMs);
    } while (directory.isSorting);
    if (query === "first") return [namingMs];
    if (query === "sorting") return sortingMs;
    return timed(30, () => directory.foundIn(directory.order(query, NOW_S), query.text));
  },

  /** A tick's bytes as they are, and packed once more within the message. */
  async packing(vehicles, isPacked) {
    const fleet = fleetOf(vehicles);
    const packed = await Promise.all(fleet.messages.map(deflated));
    const timesMs = [];
    for (let i = 0; i < 100; i++) {
      await pause(5);
      const startMs = performance.now();
      const message = isPacked ? await inflated(packed[i % MESSAGES]) : fleet.messages[i % MESSAGES];
      fleet.table.apply(message, false, []);
      timesMs.push(performance.now() - startMs);
    }
    return timesMs.slice(20);
  },

  async packedBytes(vehicles) {
    const { messages } = fleetOf(vehicles);
    return [messages[0].byteLength, (await deflated(messages[0])).byteLength];
  },

  /** From worker to page, handed over or copied: milliseconds a message. */
  async handover(vehicles, isTransferred) {
    const size = fleetOf(vehicles).messages[0].byteLength;
    const code = `onmessage = () => { for (let i = 0; i < 50; i++) { const b = new ArrayBuffer(${size}); postMessage(b, ${isTransferred} ? [b] : []); } }`;
    const worker = new Worker(URL.createObjectURL(new Blob([code])));
    const perMessage = [];
    for (let round = 0; round < 20; round++) {
      const startMs = performance.now();
      await new Promise((resolve) => {
        let left = 50;
        worker.onmessage = ({ data }) => data.byteLength === size && --left === 0 && resolve();
        worker.postMessage(0);
      });
      perMessage.push((performance.now() - startMs) / 50);
    }
    worker.terminate();
    return perMessage;
  },

  /** Applies thousands of updates with vehicles that come and go; the caller looks at the heap. */
  async churn(updates) {
    const held = (globalThis.churning ??= churningFleet());
    for (let i = 0; i < updates; i++) {
      held.step();
      if (i % 50 === 0) await pause();
    }
    return [held.table.rowCount];
  },

  /** The same sum over and over: what it differs by is the machine's noise. */
  async noise() {
    let sum = 0;
    return timed(200, () => {
      for (let i = 0; i < 2_000_000; i++) sum = (sum + i * 7) | 0;
    });
  },
};

function churningFleet() {
  const fleet = fleetOf(1_000, 0.2);
  const random = randomNumbers(3);
  const map = standingMap(COUNTRY.zoom);
  const overlay = new Overlay(map, fleet, { fleetNowMs: () => NOW_S * 1000, markerScale: 1, labelFontPx: 12, onHopeless() {} });
  let name = 0;
  const newNames = () => labelsFor(0, 1_000).map((labels) => ({ ...labels, names: labels.names.map(() => `New ${name++ % 1e6}`) }));
  let step = 0;
  return {
    table: fleet.table,
    step() {
      step += 1;
      if (step % 5 === 0) fleet.markers.update(fleet.table.apply(firstMessage(1_000, COUNTRY.spread, random), true, newNames()), overlayNowMs());
      else fleet.update(overlayNowMs());
      if (step % 25 === 0) map.render();
    },
  };
}

async function deflated(buffer) {
  return new Response(new Blob([buffer]).stream().pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer();
}

async function inflated(buffer) {
  return new Response(new Blob([buffer]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer();
}

globalThis.measure = (name, ...args) => MEASURES[name](...args);
