// What the list may show of a vehicle that the live protocol does not tell: it stands in the
// server's answers alone.

import type { Vehicle } from "../protocol.ts";

/** Absent is unknown. */
export interface RowFacts {
  address?: string;
  /** The source of its position. */
  source?: string;
  ignition?: boolean;
  odometerM?: number;
  batteryPct?: number;
  fuelL?: number;
}

export function factsOf({ address, position, ignition, odometer_m, battery_pct, fuel_l }: Vehicle): RowFacts {
  return {
    ...(address && { address: address.value }),
    ...(position && { source: position.source }),
    ...(ignition && { ignition: ignition.value }),
    ...(odometer_m && { odometerM: odometer_m.value }),
    ...(battery_pct && { batteryPct: battery_pct.value }),
    ...(fuel_l && { fuelL: fuel_l.value }),
  };
}
