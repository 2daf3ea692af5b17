// A small fleet in every state, with all that the API may say of it, now and at any time of the
// last day: for a stand-in, so that tests of what is shown need no vendor and no waiting. Vehicles
// on the move go round a circle, so where they are is a matter of the time since the tests began alone.

import { KEYFRAME, DICTIONARY, DIFFERENCES } from "./fleet-message.mjs";

const MOTIONS = ["moving", "idling", "stopped", "parked", "unknown"];
const FRESHNESSES = ["live", "late", "stale", "offline", "never", "off_duty"];
const FLAGS = { diverging: 1, clock_ahead: 2, no_fix_time: 4, feed_down: 8 };
const HOUR_S = 3_600;
const CENTRE = { lat_deg: -26.2, lng_deg: 28.05 };
const DEG_PER_M = 1 / 111_320;
/** The circles begin with the tests, so that at whatever hour these run they see the same places. */
const BEGAN_S = Math.floor(Date.now() / 1000);

/** Name, motion, freshness, age of the fix, and more. */
const SPECS = [
  { name: "Truck 1", motion: "moving", age_s: 4, source: "alpha", others: 1 },
  { name: "Truck 2", motion: "moving", age_s: 7, source: "alpha" },
  { name: "Truck 3", motion: "moving", freshness: "late", age_s: 130, source: "alpha" },
  { name: "Truck 4", motion: "moving", freshness: "stale", age_s: HOUR_S, source: "alpha", expected_s: 30 },
  { name: "Van 1", motion: "idling", age_s: 20, source: "beta" },
  { name: "Van 2", motion: "stopped", age_s: 90, source: "beta" },
  { name: "Van 3", motion: "parked", freshness: "offline", age_s: 50 * HOUR_S, source: "beta", expected_s: HOUR_S },
  { name: "Van 4", motion: "moving", freshness: "late", age_s: 200, source: "gamma", flags: ["feed_down"] },
  { name: "Van 5", motion: "parked", age_s: 600, source: "gamma", flags: ["feed_down"], drawn_m: 300 },
  { name: "Car 1", motion: "moving", age_s: 5, source: "alpha", flags: ["diverging"], others: 2 },
  { name: "Car 2", motion: "unknown", freshness: "never", source: "beta" },
];

export const SOURCES = [
  { id: "alpha", kind: "mycartracks", health: "up", mode: "stream", vehicles: 5, latency: { fix_to_receipt_ms: { p50: 3_120, p95: 12_400 }, receipt_to_send_ms: { p50: 130, p95: 260 } } },
  { id: "beta", kind: "cartrack", health: "up", mode: "poll", vehicles: 4 },
  { id: "gamma", kind: "eztotrack", health: "down", mode: "poll", vehicles: 2, last_error: "502 Bad Gateway" },
];

export class SmallWorld {
  /** What of the past is asked for: `{atMs, startedMs, endedMs}` each. */
  asked = [];
  /** How long an answer about the past takes. */
  delayMs = 0;
  startedMs = Date.now();
  memoryMs = 24 * HOUR_S * 1000;

  /** The fleet as it was, or is, at a time. */
  fleetAt(ms) {
    return SPECS.map((spec, index) => vehicleAt(spec, index, ms));
  }

  /** Speaks to a viewer: the fleet now, and each second again. */
  greet(viewer) {
    viewer.hello({ heartbeat_ms: 4_000 });
    viewer.json({ type: "sources", all: true, base: 1, seq: 1, sources: this.sources() });
    const fleet = this.fleetAt(Date.now());
    viewer.fleet({ kind: DICTIONARY, seq: 1, names: fleet.map((vehicle, index) => [index, this.entryOf(vehicle)]) });
    viewer.fleet({ kind: KEYFRAME, seq: 1, full: fleet.map(rowOf) });
    let seq = 1;
    const timer = setInterval(() => {
      const full = this.fleetAt(Date.now()).map(rowOf).filter(({ state }) => (state & 7) === 0);
      viewer.fleet({ kind: DIFFERENCES, base: seq, seq: ++seq, full });
    }, 1_000);
    timer.unref();
    return timer;
  }

  /** What the dictionary says of a vehicle. */
  entryOf({ id, name, groups, driver }) {
    return { id, name, groups, driver: driver?.value, devices: [] };
  }

  sources() {
    const at = (ago_s) => new Date(Date.now() - ago_s * 1000).toISOString();
    return SOURCES.map((source) => ({ ...source, since: at(source.health === "down" ? 600 : 7_000), last_success_at: at(source.health === "down" ? 720 : 2) }));
  }

  /** Answers a request if it is for the API; to be given to a stand-in. */
  answer = (response, request) => {
    const url = new URL(request.url, "http://host/");
    const one = /^\/api\/v1\/vehicles\/([^/]+)(\/trail)?$/.exec(url.pathname);
    if (url.pathname === "/api/v1/history") json(response, this.history());
    else if (url.pathname === "/api/v1/vehicles" && url.searchParams.has("at")) void this.#past(url, response);
    else if (url.pathname === "/api/v1/sources") json(response, { sources: this.sources() });
    else if (one?.[2] !== undefined) this.#trail(decodeURIComponent(one[1]), url, response);
    else if (one !== null) this.#one(decodeURIComponent(one[1]), response);
    else return false;
    return true;
  };

  history() {
    return { from: new Date(this.startedMs - this.memoryMs).toISOString(), to: new Date().toISOString(), state: "recording", days: [] };
  }

  async #past(url, response) {
    const atMs = Date.parse(url.searchParams.get("at"));
    const asked = { atMs, startedMs: performance.now(), endedMs: Infinity, url };
    this.asked.push(asked);
    await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    asked.endedMs = performance.now();
    if (atMs < this.startedMs - this.memoryMs + 60_000) json(response, { error: { code: "before_memory", message: "nothing is remembered of that time" } }, 404);
    else json(response, { at: url.searchParams.get("at"), vehicles: this.fleetAt(atMs).map(remembered) });
  }

  #one(id, response) {
    const vehicle = this.fleetAt(Date.now()).find((other) => other.id === id);
    if (vehicle === undefined) json(response, { error: { code: "not_found" } }, 404);
    else json(response, { ...vehicle, latency: { fix_to_receipt_ms: 4_200, receipt_to_send_ms: 120 } });
  }

  /** A point each 20 s, with a gap of 4 minutes and a stretch completed later. */
  #trail(id, url, response) {
    const toMs = Date.parse(url.searchParams.get("to") ?? new Date().toISOString());
    const fromMs = Date.parse(url.searchParams.get("from") ?? new Date(toMs - HOUR_S * 1000).toISOString());
    const index = SPECS.findIndex((_, i) => idOf(i) === id);
    const points = [];
    for (let ms = Math.ceil(fromMs / 20_000) * 20_000; ms <= toMs && points.length < 5_000; ms += 20_000) {
      const minute = Math.floor((toMs - ms) / 60_000);
      if (minute >= 20 && minute < 24) continue;
      const { lat_deg, lng_deg, heading_deg } = placeAt(index, ms / 1000 - BEGAN_S);
      const isAfterGap = minute === 19 && points.length > 0 && ms - Date.parse(points.at(-1).fixed_at) > 60_000;
      const kmh = minute > 50 ? undefined : 10 + ((minute * 7) % 120);
      points.push({ lat_deg, lng_deg, heading_deg, fixed_at: new Date(ms).toISOString(), source: "alpha", device: String(index), ...(kmh === undefined ? {} : { speed_mps: kmh / 3.6 }), ...(isAfterGap ? { gap: true } : {}), ...(minute >= 30 && minute < 33 ? { filled: true } : {}) });
    }
    json(response, { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), points });
  }
}

export function idOf(index) {
  return `small/${index + 1}`;
}

function json(response, body, status = 200) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** As of the past: which devices there were, and not what each of them said. */
function remembered(vehicle) {
  return { ...vehicle, devices: vehicle.devices.map(({ source, device }) => ({ source, device })) };
}

/** On a circle of some kilometres, 15 m/s, so long after its beginning. */
function placeAt(index, s) {
  const radius_m = 1_500 + 900 * index;
  const angle = (s * 15) / radius_m + index;
  return {
    lat_deg: CENTRE.lat_deg + Math.cos(angle) * radius_m * DEG_PER_M,
    lng_deg: CENTRE.lng_deg + (Math.sin(angle) * radius_m * DEG_PER_M) / Math.cos((CENTRE.lat_deg * Math.PI) / 180),
    heading_deg: ((angle * 180) / Math.PI + 90) % 360,
  };
}

function vehicleAt(spec, index, ms) {
  const { name, motion, freshness = "live", age_s = 0, source, flags, drawn_m, others = 0, expected_s = 10 } = spec;
  const id = idOf(index);
  if (freshness === "never") return { id, name, motion: { state: "unknown" }, freshness: { state: "never" }, devices: [{ source, device: String(index) }] };
  const isLiveMover = motion === "moving" && freshness === "live";
  // A fix each 10 s.
  const fixed_s = isLiveMover ? Math.floor((ms / 1000 - age_s) / 10) * 10 : Math.floor(ms / 1000) - age_s;
  const place = placeAt(index, motion === "moving" ? fixed_s - BEGAN_S : 0);
  const fixed_at = new Date(fixed_s * 1000).toISOString();
  const position = { ...place, speed_mps: motion === "moving" ? 15 : 0, accuracy_m: 6, fixed_at, received_at: fixed_at, source, device: String(index) };
  const onTheMove = motion === "moving" || motion === "idling";
  const device = (source_, device_, more) => ({ source: source_, device: device_, fixed_at, received_at: fixed_at, ...more });
  const devices = [device(source, String(index), { lat_deg: place.lat_deg, lng_deg: place.lng_deg, verdict: "accepted", reason: "the newest fix of the device that holds the position", expected_s })];
  for (let i = 0; i < others; i++) {
    const lat_deg = place.lat_deg + 0.006 * (i + 1);
    devices.push(device("beta", `${index}-${i}`, { lat_deg, lng_deg: place.lng_deg + 0.008, verdict: "outranked", reason: "alpha ranks above beta and is not silent", expected_s: 30 }));
  }
  return {
    id,
    name,
    registration: `AB ${100 + index} GP`,
    ...(flags ? { flags } : {}),
    position,
    ...(drawn_m ? { drawn: { lat_deg: place.lat_deg + drawn_m * DEG_PER_M, lng_deg: place.lng_deg } } : {}),
    motion: { state: motion, since: new Date(ms - 1_800_000).toISOString() },
    freshness: { state: freshness, since: fixed_at, expected_s, live_for_s: Math.max(2 * expected_s, onTheMove ? 60 : 900), on_the_move: onTheMove },
    devices,
  };
}

/** Its row of the live protocol. */
export function rowOf(vehicle, index) {
  const { position, drawn, motion, freshness, flags = [] } = vehicle;
  const state = MOTIONS.indexOf(motion.state) | (FRESHNESSES.indexOf(flags.includes("off_duty") ? "off_duty" : freshness.state) << 3);
  const flag = flags.reduce((bits, name) => bits | (FLAGS[name] ?? 0), 0);
  const number = Number(vehicle.id.split("/")[1]) - 1;
  if (position === undefined) return { index: number, state, flags: flag, heading: 255, speed: 255, fixed_s: 0, x: 0, y: 0 };
  const { lat_deg, lng_deg } = drawn ?? position;
  const sine = Math.sin((lat_deg * Math.PI) / 180);
  const x = Math.floor((lng_deg / 360 + 0.5) * 2 ** 27);
  const y = Math.floor((0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * 2 ** 27);
  return { index: number, state: state | 0x40 | (freshness.on_the_move ? 0x80 : 0), flags: flag, heading: Math.round(position.heading_deg / 2) % 180, speed: Math.round(position.speed_mps * 2), fixed_s: Math.floor(Date.parse(position.fixed_at) / 1000), x, y };
}
