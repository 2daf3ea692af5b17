// Distances and ways on the round Earth. A straight line on the map is not the shortest way, and
// over an ocean it would be told far too long.

export type Place = readonly [lngDeg: number, latDeg: number];

const EARTH_RADIUS_M = 6_371_008.8;
/** On the map a shorter way cannot be told from a straight line. */
const ARC_STEP_M = 50_000;
const MOST_ARC_STEPS = 200;

const rad = (deg: number) => (deg * Math.PI) / 180;
const deg = (angle: number) => (angle * 180) / Math.PI;

/** Metres by the shortest way. */
export function distanceM([lngA, latA]: Place, [lngB, latB]: Place): number {
  const north = Math.sin(rad(latB - latA) / 2);
  const east = Math.sin(rad(lngB - lngA) / 2);
  const chord = north * north + Math.cos(rad(latA)) * Math.cos(rad(latB)) * east * east;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** The shortest way as points from `a` to `b`; longitudes go on beyond 180 degrees rather than leap. */
export function arc(a: Place, b: Place): Place[] {
  const angle = distanceM(a, b) / EARTH_RADIUS_M;
  const steps = Math.min(MOST_ARC_STEPS, Math.ceil((angle * EARTH_RADIUS_M) / ARC_STEP_M));
  const points: Place[] = [a];
  for (let i = 1; i < steps; i++) points.push(nextTo(between(a, b, angle, i / steps), points[i - 1]!));
  points.push(nextTo(b, points.at(-1)!));
  return points;
}

/** The place at a share of the way. */
function between(a: Place, b: Place, angle: number, share: number): Place {
  const [fromA, fromB] = [Math.sin((1 - share) * angle) / Math.sin(angle), Math.sin(share * angle) / Math.sin(angle)];
  const [p, q] = [vector(a), vector(b)];
  const [x, y, z] = [0, 1, 2].map((i) => fromA * p[i]! + fromB * q[i]!) as [number, number, number];
  return [deg(Math.atan2(y, x)), deg(Math.atan2(z, Math.hypot(x, y)))];
}

function vector([lngDeg, latDeg]: Place): [number, number, number] {
  const ring = Math.cos(rad(latDeg));
  return [ring * Math.cos(rad(lngDeg)), ring * Math.sin(rad(lngDeg)), Math.sin(rad(latDeg))];
}

/** The same place with the longitude that is nearest to another's. */
function nextTo([lngDeg, latDeg]: Place, [otherLngDeg]: Place): Place {
  return [lngDeg - 360 * Math.round((lngDeg - otherLngDeg) / 360), latDeg];
}
