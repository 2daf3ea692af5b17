// What is known of one vehicle, put into words: pure functions from the vehicle and the time to
// named facts.

import { freshnessCode, motionCode } from "../codes.ts";
import type { Fact, Position, Vehicle } from "../protocol.ts";
import type { FactContent } from "./fact-list.ts";
import { DRAWN_AT_ANCHOR, FACT_WORDS, ageText, agoText, coordinatesText, fullTimeText, headingText, latencyText, lengthText, numberText, odometerText, sinceText, speedText, stateWords } from "./words.ts";

/** "Moving · 63 km/h". */
export function headline(vehicle: Vehicle): string {
  const motion = motionCode(vehicle.motion?.state);
  const isFeedDown = vehicle.flags?.includes("feed_down") === true;
  const words = stateWords(motion, freshnessCode(vehicle), isFeedDown);
  const speedMps = vehicle.position?.speed_mps;
  const isMoving = !isFeedDown && vehicle.motion?.state === "moving" && vehicle.freshness?.state === "live";
  return isMoving && speedMps !== undefined ? `${words} · ${speedText(speedMps)}` : words;
}

/** "since 14:02", "since 14:02 at least"; empty where unknown. */
export function sinceLine(vehicle: Vehicle, nowMs: number): string {
  const sinceMs = Date.parse(vehicle.motion?.since ?? "");
  if (Number.isNaN(sinceMs)) return "";
  const atLeast = vehicle.motion?.since_at_least ? " at least" : "";
  return `for ${ageText(nowMs - sinceMs)}, since ${sinceText(sinceMs, nowMs)}${atLeast}`;
}

/** What a vehicle says of itself comes with each report, as a rule; older than this it may be so no more. */
const OLD_MS = 3_600_000;

export function vehicleFacts(vehicle: Vehicle, nowMs: number): Map<string, FactContent> {
  const facts = new Map<string, FactContent>();
  const put = <T>(key: string, label: string, fact: Fact<T> | undefined, text: (value: T) => string) => {
    if (fact?.value === undefined) return;
    facts.set(key, { label, value: text(fact.value), ...origin(fact.at, fact.source, nowMs) });
  };
  put("driver", FACT_WORDS.driver, vehicle.driver, String);
  put("address", FACT_WORDS.address, vehicle.address, String);
  put("ignition", FACT_WORDS.ignition, vehicle.ignition, (isOn) => (isOn ? "on" : "off"));
  put("odometer", FACT_WORDS.odometer, vehicle.odometer_m, odometerText);
  put("fuel", FACT_WORDS.fuel, vehicle.fuel_l, (litres) => `${numberText(litres)} l`);
  put("battery", FACT_WORDS.battery, vehicle.battery_pct, (percent) => `${numberText(percent)} %`);
  if (vehicle.groups?.length) facts.set("groups", { label: FACT_WORDS.groups, value: vehicle.groups.join(", ") });
  facts.set("id", { label: FACT_WORDS.id, value: vehicle.id });
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
  facts.set("fixed", { label: FACT_WORDS.fixed, value: agoText(nowMs - fixedMs), title: fullTimeText(fixedMs), isOld });
  const delay = Number.isNaN(receivedMs) ? undefined : latencyText({ fix_to_receipt_ms: receivedMs - fixedMs }, null);
  put("received", FACT_WORDS.onItsWay, latency === undefined ? delay : latencyText(latency, toYouMs));
  put("source", FACT_WORDS.from, `${position.source}, device ${position.device}`);
  put("place", FACT_WORDS.place, coordinatesText(position.lat_deg, position.lng_deg));
  put("drawn", FACT_WORDS.drawn, drawn === undefined ? undefined : DRAWN_AT_ANCHOR);
  put("speed", FACT_WORDS.speed, position.speed_mps === undefined ? undefined : speedText(position.speed_mps));
  put("heading", FACT_WORDS.heading, position.heading_deg === undefined ? undefined : headingText(position.heading_deg));
  put("altitude", FACT_WORDS.altitude, position.altitude_m === undefined ? undefined : lengthText(position.altitude_m));
  put("accuracy", FACT_WORDS.accuracy, position.accuracy_m === undefined ? undefined : `± ${lengthText(position.accuracy_m)}`);
  return facts;
}

function origin(at: string, source: string, nowMs: number): { note: string; title?: string; isOld?: boolean } {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return { note: source };
  return { note: `${ageText(nowMs - ms)} ago, ${source}`, title: fullTimeText(ms), isOld: nowMs - ms > OLD_MS };
}
