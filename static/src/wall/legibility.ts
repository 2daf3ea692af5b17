// How large letters and symbols must be to be read from where people stand: 16 minutes of arc, at
// the greatest distance anybody reads from. Pure.

/** The height of 16 minutes of arc, as a part of the distance. */
const TANGENT = 0.00465;
/** The part of a font's size that a capital letter fills. */
const CAPITAL = 0.7;
const MM_PER_INCH = 25.4;
/** The lowest symbol on the map, a rounded square, as a part of a marker's radius from afar (5.5 px at scale 1). */
const LOWEST_SYMBOL_PX = 1.24 * 5.5;
/** What does not fit on the screen is read by nobody: of its smaller side a line may take this. */
const MOST_FONT = 0.075;
export const LEAST_FONT_PX = 12;

/** The panel's diagonal, and how far away the farthest reader stands. */
export interface Panel {
  inches: number;
  distanceM: number;
}

/** Nobody said: a usual panel in a usual room. */
export const USUAL_PANEL: Panel = { inches: 55, distanceM: 3 };

export interface Legibility {
  /** The height that a letter or symbol must have. */
  glyphPx: number;
  /** The smallest font of anything that carries meaning. */
  fontPx: number;
  /** The markers' scale, against the desk's. */
  markerScale: number;
  /** False where the screen has no room for letters of that size: they are as large as they can be. */
  isReached: boolean;
}

/** What a screen of so many CSS pixels needs. */
export function legibilityOf({ inches, distanceM }: Panel, widthPx: number, heightPx: number): Legibility {
  const mmPerPx = (inches * MM_PER_INCH) / Math.hypot(widthPx, heightPx);
  const wantedPx = (distanceM * 1_000 * TANGENT) / CAPITAL / mmPerPx;
  const mostPx = Math.max(LEAST_FONT_PX, Math.min(widthPx, heightPx) * MOST_FONT);
  const fontPx = Math.ceil(Math.min(mostPx, Math.max(LEAST_FONT_PX, wantedPx)));
  const glyphPx = fontPx * CAPITAL;
  return { glyphPx, fontPx, markerScale: glyphPx / LOWEST_SYMBOL_PX, isReached: wantedPx <= mostPx };
}
