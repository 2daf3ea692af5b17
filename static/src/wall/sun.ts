// Whether the sun is up at a place, to a few minutes: enough to change between a light and a dark
// map. By the almanac's short formula for the sun's place (good to 0.01 degrees). Pure.

const DAY_MS = 86_400_000;
/** Noon of 1 January 2000, UTC. */
const J2000_MS = 946_728_000_000;
/** The sun's upper rim on the horizon, refraction included. */
const HORIZON_DEG = -0.833;

const rad = (deg: number) => (deg * Math.PI) / 180;

/** The height of the sun's middle over the horizon, degrees. */
export function sunHeightDeg(nowMs: number, [lngDeg, latDeg]: readonly [number, number]): number {
  const days = (nowMs - J2000_MS) / DAY_MS;
  const anomaly = rad(357.529 + 0.98560028 * days);
  const longitude = rad(280.459 + 0.98564736 * days + 1.915 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly));
  const tilt = rad(23.439 - 0.00000036 * days);
  const rightAscension = Math.atan2(Math.cos(tilt) * Math.sin(longitude), Math.cos(longitude));
  const declination = Math.asin(Math.sin(tilt) * Math.sin(longitude));
  const siderealDeg = 280.46062 + 360.98564737 * days + lngDeg;
  const hourAngle = rad(siderealDeg) - rightAscension;
  const lat = rad(latDeg);
  const sine = Math.sin(lat) * Math.sin(declination) + Math.cos(lat) * Math.cos(declination) * Math.cos(hourAngle);
  return (Math.asin(sine) * 180) / Math.PI;
}

export function isSunUp(nowMs: number, place: readonly [number, number]): boolean {
  return sunHeightDeg(nowMs, place) > HORIZON_DEG;
}
