// What the list of vehicles says: its columns, its orders, and what stands in its cells. Beside
// `words.ts`, which has what is said of vehicles anywhere.

import { LATE, LIVE, MOVING } from "../codes.ts";
import type { ListSort } from "../live/messages.ts";
import type { Column } from "../page/column-choice.ts";
import type { ListedVehicle } from "./list-rows.ts";
import { FACT_WORDS, ageText, durationText, numberText, odometerText, speedText, stateWords } from "./words.ts";

export const COLUMN_WORDS: Record<Column, string> = {
  name: "Name",
  state: "State",
  age: "Age of fix",
  speed: FACT_WORDS.speed,
  driver: FACT_WORDS.driver,
  registration: "Registration",
  group: "Group",
  address: FACT_WORDS.address,
  source: "Source",
  ignition: FACT_WORDS.ignition,
  odometer: FACT_WORDS.odometer,
  battery: FACT_WORDS.battery,
  fuel: FACT_WORDS.fuel,
};

export const SORT_WORDS: Record<ListSort, string> = {
  name: "By name",
  silence: "Stopped reporting first",
  recent: "By age of fix",
  state: "By state",
  speed: "By speed",
  driver: "By driver",
  registration: "By registration",
  group: "By group",
  address: "By address",
  source: "By source",
  ignition: "By ignition",
  odometer: "By odometer",
  battery: "By battery",
  fuel: "By fuel",
};

export const LIST_WORDS = {
  reverse: "Reverse the order",
  columns: "Columns",
  reset: "Back to the usual",
  wholeOnly: "A fleet of which the page holds a part cannot be put in this order",
} as const;

const SWITCH_WORDS = { on: "on", off: "off" } as const;

/** "Choose all 12": those that a filter leaves, for comparing and keeping in view. */
export function chooseAllText(count: number, most: number): string {
  return count > most ? `Choose the first ${numberText(most)}` : `Choose all ${numberText(count)}`;
}

/** "Stopped 2 h 10", "Moving 12 min · 63 km/h". Of one that is silent nobody knows for how long. */
export function stateText({ motion, freshness, speedMps, isFeedDown, since }: ListedVehicle, nowMs: number, withSpeed: boolean): string {
  const words = stateWords(motion, freshness, isFeedDown);
  if (isFeedDown || (freshness !== LIVE && freshness !== LATE)) return words;
  const duration = since === null ? "" : durationText(nowMs - since.sinceMs, since.isAtLeast);
  const lasting = duration === "" ? words : `${words} ${duration}`;
  const showsSpeed = withSpeed && motion === MOVING && freshness === LIVE && !Number.isNaN(speedMps);
  return showsSpeed ? `${lasting} · ${speedText(speedMps)}` : lasting;
}

/** What a cell says; empty where that is not known. */
export function cellText(column: Column, vehicle: ListedVehicle, nowMs: number, withSpeed: boolean): string {
  const { facts } = vehicle;
  switch (column) {
    case "name":
    case "driver":
    case "registration":
    case "group":
      return vehicle[column];
    case "state":
      return stateText(vehicle, nowMs, withSpeed);
    case "age":
      return Number.isNaN(vehicle.fixedAtMs) ? "" : ageText(nowMs - vehicle.fixedAtMs);
    case "speed":
      return Number.isNaN(vehicle.speedMps) ? "" : speedText(vehicle.speedMps);
    case "address":
    case "source":
      return facts?.[column] ?? "";
    case "ignition":
      return facts?.ignition === undefined ? "" : facts.ignition ? SWITCH_WORDS.on : SWITCH_WORDS.off;
    case "odometer":
      return facts?.odometerM === undefined ? "" : odometerText(facts.odometerM);
    case "battery":
      return facts?.batteryPct === undefined ? "" : `${numberText(facts.batteryPct)} %`;
    case "fuel":
      return facts?.fuelL === undefined ? "" : `${numberText(facts.fuelL)} l`;
  }
}
