// What is known of one vehicle, put into words: pure functions from the vehicle and the time to
// named facts.

import { freshnessCode, motionCode } from "../codes.ts";
import type { Fact, Position, Vehicle } from "../protocol.ts";
import type { FactContent } from "./fact-list.ts";
import { ageText, agoText, coordinatesText, fullTimeText, headingText, latencyText, lengthText, numberText, odometerText, sinceText, speedText, stateWords } from "./words.ts";
import { isolated } from "./units.ts";
import { words } from "../words/words.ts";

/** "Moving · 63 km/h". */
export function headline(vehicle: Vehicle): string {
  const motion = motionCode(vehicle.motion?.state);
  const isFeedDown = vehicle.flags?.includes("feed_down") === true;
  const state = stateWords(motion, freshnessCode(vehicle), isFeedDown);
  const speedMps = vehicle.position?.speed_mps;
  const isMoving = !isFeedDown && vehicle.motion?.state === "moving" && vehicle.freshness?.state === "live";
  return isMoving && speedMps !== undefined ? `${state} · ${speedText(speedMps)}` : state;
}

/** "since 14:02", "since 14:02 at least"; empty where unknown. */
export function sinceLine(vehicle: Vehicle, nowMs: number): string {
  const sinceMs = Date.parse(vehicle.motion?.since ?? "");
  if (Number.isNaN(sinceMs)) return "";
  return words.state.since(ageText(nowMs - sinceMs), sinceText(sinceMs, nowMs), vehicle.motion?.since_at_least === true);
}

/** What a vehicle says of itself comes with each report, as a rule; older than this it may be so no more. */
const OLD_MS = 3_600_000;

export function vehicleFacts(vehicle: Vehicle, nowMs: number): Map<string, FactContent> {
  const facts = new Map<string, FactContent>();
  const put = <T>(key: string, label: string, fact: Fact<T> | undefined, text: (value: T) => string) => {
    if (fact?.value === undefined) return;
    facts.set(key, { label, value: text(fact.value), ...origin(fact.at, fact.source, nowMs) });
  };
  put("driver", words.facts.driver, vehicle.driver, String);
  put("address", words.facts.address, vehicle.address, String);
  put("ignition", words.facts.ignition, vehicle.ignition, (isOn) => (isOn ? words.state.on : words.state.off));
  put("odometer", words.facts.odometer, vehicle.odometer_m, odometerText);
  put("fuel", words.facts.fuel, vehicle.fuel_l, (litres) => isolated(`${numberText(litres)} l`));
  put("battery", words.facts.battery, vehicle.battery_pct, (percent) => isolated(`${numberText(percent)} %`));
  if (vehicle.groups?.length) facts.set("groups", { label: words.facts.groups, value: vehicle.groups.join(", ") });
  facts.set("id", { label: words.facts.id, value: vehicle.id });
  return facts;
}

/** `toYouMs` is how long the line to this screen takes, where that is known. */
export function positionFacts({ latency, drawn, freshness }: Vehicle, position: Position, nowMs: number, toYouMs: number | null): Map<string, FactContent> {
  const facts = new Map<string, FactContent>();
  const put = (key: string, label: string, value: string | undefined) => {
    if (value !== undefined) facts.set(key, { label, value, isOld });
  };
  const isOld = freshness?.state === "stale" || freshness?.state === "offline";
  const fixedMs = Date.parse(position.fixed_at);
  const receivedMs = Date.parse(position.received_at);
  facts.set("fixed", { label: words.facts.fixed, value: agoText(nowMs - fixedMs), title: fullTimeText(fixedMs), isOld });
  const delay = Number.isNaN(receivedMs) ? undefined : latencyText({ fix_to_receipt_ms: receivedMs - fixedMs }, null);
  put("received", words.facts.onItsWay, latency === undefined ? delay : latencyText(latency, toYouMs));
  put("source", words.facts.from, words.device.from(position.source, position.device));
  put("place", words.facts.place, isolated(coordinatesText(position.lat_deg, position.lng_deg)));
  put("drawn", words.facts.drawn, drawn === undefined ? undefined : words.detail.drawnAtAnchor);
  put("speed", words.facts.speed, position.speed_mps === undefined ? undefined : speedText(position.speed_mps));
  put("heading", words.facts.heading, position.heading_deg === undefined ? undefined : headingText(position.heading_deg));
  put("altitude", words.facts.altitude, position.altitude_m === undefined ? undefined : lengthText(position.altitude_m));
  put("accuracy", words.facts.accuracy, position.accuracy_m === undefined ? undefined : isolated(`± ${lengthText(position.accuracy_m)}`));
  return facts;
}

function origin(at: string, source: string, nowMs: number): { note: string; title?: string; isOld?: boolean } {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return { note: source };
  return { note: `${agoText(nowMs - ms)}, ${source}`, title: fullTimeText(ms), isOld: nowMs - ms > OLD_MS };
}
