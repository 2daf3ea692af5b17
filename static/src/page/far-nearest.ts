// The vehicles nearest to a place, of a fleet that the page does not hold: the server is asked how
// many are in a box around it, which grows until there are enough, and then for those in it. Only
// what lies within the circle that the box holds is sure to be nearest.

import { filterOf, classOf } from "../live/filter.ts";
import { FLAG } from "../live/columns.ts";
import { freshnessCode, motionCode } from "../codes.ts";
import { NO_QUERY } from "../live/messages.ts";
import { distanceM } from "../map/great-circle.ts";
import type { Place } from "../map/great-circle.ts";
import type { Vehicle } from "../protocol.ts";
import { listedOf } from "../ui/list-rows.ts";
import type { ListedVehicle } from "../ui/list-rows.ts";

const FIRST_RADIUS_M = 2_000;
const GROWTH = 4;
/** Half the way round the world: then the box is all of it. */
const LAST_RADIUS_M = 20_100_000;
const MOST_AT_ONCE = 1_000;
/** So many vehicles in one spot that no circle holds enough and not too many: some of them are as near as any. */
const MOST_TRIES = 14;
const TIMEOUT_MS = 10_000;
const M_PER_DEG = 111_195;
/** For one standing the server's word: it counts those that are overdue under what they did before. */
const STATE_WORDS = new Set(["moving", "idling", "stopped", "parked", "unknown", "never", "off_duty"]);

export interface NearVehicle {
  vehicle: ListedVehicle;
  metres: number;
}

/** At most `most`, the nearest first; fails where the server does not answer. */
export async function farNearest(place: Place, standings: readonly string[], most: number, except: string | undefined, signal: AbortSignal): Promise<NearVehicle[]> {
  const isMeant = fitting(standings);
  const states = standings.flatMap((standing) => (STATE_WORDS.has(standing) ? [standing] : ["stale", "offline"]));
  /** Radii with too few and with too many. */
  let [low, high] = [0, Infinity];
  let radiusM = FIRST_RADIUS_M;
  for (let tries = 1; ; tries++) {
    const query = { bbox: boxAround(place, radiusM).join(), limit: String(MOST_AT_ONCE), ...(states.length > 0 && { state: [...new Set(states)].join() }) };
    const { vehicles, total = vehicles.length } = await fetchVehicles(query, signal);
    const isAll = radiusM >= LAST_RADIUS_M;
    const near = vehicles.filter((vehicle) => vehicle.id !== except && isMeant(vehicle)).flatMap((vehicle) => nearTo(place, vehicle)).filter(({ metres }) => isAll || metres <= radiusM);
    const isCut = total > vehicles.length;
    if ((!isCut && (near.length >= most || isAll)) || tries === MOST_TRIES) return near.sort((a, b) => a.metres - b.metres).slice(0, most);
    if (isCut) high = radiusM;
    else low = radiusM;
    if (isCut) radiusM = low === 0 ? high / GROWTH : Math.sqrt(low * high);
    else radiusM = high === Infinity ? Math.min(LAST_RADIUS_M, low * GROWTH) : Math.sqrt(low * high);
  }
}

function nearTo(place: Place, whole: Vehicle): NearVehicle[] {
  const vehicle = listedOf(whole);
  return vehicle.lngLatDeg === null ? [] : [{ vehicle, metres: distanceM(place, vehicle.lngLatDeg) }];
}

/** West, south, east and north, degrees, of a box that holds the circle; west beyond east crosses the date line. */
export function boxAround([lngDeg, latDeg]: Place, radiusM: number): [number, number, number, number] {
  const latReach = radiusM / M_PER_DEG;
  const [south, north] = [Math.max(-90, latDeg - latReach), Math.min(90, latDeg + latReach)];
  const widest = Math.cos((Math.max(Math.abs(south), Math.abs(north)) * Math.PI) / 180);
  const lngReach = latReach / widest;
  if (!(lngReach < 180)) return [-180, south, 180, north];
  return [wrapped(lngDeg - lngReach), south, wrapped(lngDeg + lngReach), north];
}

function wrapped(lngDeg: number): number {
  return lngDeg < -180 ? lngDeg + 360 : lngDeg > 180 ? lngDeg - 360 : lngDeg;
}

function fitting(standings: readonly string[]): (vehicle: Vehicle) => boolean {
  const passes = filterOf({ ...NO_QUERY, standings: [...standings] });
  return (vehicle) => {
    const state = motionCode(vehicle.motion?.state) | (freshnessCode(vehicle) << 3);
    return passes[classOf(state, vehicle.flags?.includes("diverging") === true ? FLAG.diverging : 0)] === 1;
  };
}

async function fetchVehicles(query: Record<string, string>, signal: AbortSignal): Promise<{ vehicles: Vehicle[]; total?: number }> {
  const url = new URL(`/api/v1/vehicles?${new URLSearchParams(query)}`, location.href);
  const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]), cache: "no-store" });
  if (!response.ok) throw new Error(`nearest: ${response.status}`);
  return (await response.json()) as { vehicles: Vehicle[]; total?: number };
}
