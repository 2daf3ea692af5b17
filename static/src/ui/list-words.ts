// What the list of vehicles says, put together: what stands in its cells. Beside
// `words.ts`, which has what is said of vehicles anywhere.

import { LATE, LIVE, MOVING } from "../codes.ts";
import type { Column } from "../page/column-choice.ts";
import type { ListedVehicle } from "./list-rows.ts";
import { isolated } from "./units.ts";
import { words } from "../words/words.ts";
import { ageText, durationText, numberText, odometerText, speedText, stateWords } from "./words.ts";

/** "Choose all 12": those that a filter leaves, for comparing and keeping in view. */
export function chooseAllText(count: number, most: number): string {
  return count > most ? words.list.chooseFirst(most) : words.list.chooseAll(count);
}

/** "Stopped 2 h 10", "Moving 12 min · 63 km/h". Of one that is silent nobody knows for how long. */
export function stateText({ motion, freshness, speedMps, isFeedDown, since }: ListedVehicle, nowMs: number, withSpeed: boolean): string {
  const state = stateWords(motion, freshness, isFeedDown);
  if (isFeedDown || (freshness !== LIVE && freshness !== LATE)) return state;
  const duration = since === null ? "" : durationText(nowMs - since.sinceMs, since.isAtLeast);
  const lasting = duration === "" ? state : words.state.lasting(state, duration);
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
      return facts?.ignition === undefined ? "" : facts.ignition ? words.state.on : words.state.off;
    case "odometer":
      return facts?.odometerM === undefined ? "" : odometerText(facts.odometerM);
    case "battery":
      return facts?.batteryPct === undefined ? "" : isolated(`${numberText(facts.batteryPct)} %`);
    case "fuel":
      return facts?.fuelL === undefined ? "" : isolated(`${numberText(facts.fuelL)} l`);
  }
}
