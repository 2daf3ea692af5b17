// Web Mercator. Positions are kept as 32-bit fractions of the world's width: subtracting two of
// them wraps at the antimeridian by itself and loses nothing even at zoom 22.

export const WORLD = 2 ** 32;
const MOST_LAT_DEG = 85.0511287798066;
const TILE_PX = 512;

/** 0 at 180 degrees west, 1 at 180 degrees east. */
export function mercatorX(lngDeg: number): number {
  return lngDeg / 360 + 0.5;
}

/** 0 in the north, 1 in the south. */
export function mercatorY(latDeg: number): number {
  const clamped = Math.min(MOST_LAT_DEG, Math.max(-MOST_LAT_DEG, latDeg));
  const sine = Math.sin((clamped * Math.PI) / 180);
  return 0.5 - (0.25 * Math.log((1 + sine) / (1 - sine))) / Math.PI;
}

export function mercatorFixedX(lngDeg: number): number {
  return Math.round(mercatorX(lngDeg) * WORLD) >>> 0;
}

export function mercatorFixedY(latDeg: number): number {
  return Math.min(WORLD - 1, Math.round(mercatorY(latDeg) * WORLD)) >>> 0;
}

export function lngDegOf(fixedX: number): number {
  return (fixedX / WORLD - 0.5) * 360;
}

export function latDegOf(fixedY: number): number {
  const y = (0.5 - fixedY / WORLD) * 2 * Math.PI;
  return (Math.atan(Math.sinh(y)) * 180) / Math.PI;
}

/** The world's width in CSS pixels at a zoom. */
export function worldPx(zoom: number): number {
  return TILE_PX * 2 ** zoom;
}
