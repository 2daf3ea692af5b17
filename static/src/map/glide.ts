// How a marker gets from one fix to the next. Between two known fixes it glides at an even pace;
// past the last fix it coasts on a little, ever slower, and then stands; over a gap longer than its
// device is expected to leave it jumps, since nobody knows what was in between. The vertex shader
// does the same sums: keep the two alike.

/** A glide takes as long as the gap between its fixes, within these limits. */
export const SHORTEST_GLIDE_MS = 250;
export const LONGEST_GLIDE_MS = 15_000;
/** A coast covers in all what the glide's pace covers in this time. */
export const COAST_TAU_MS = 1_200;
/** How many times the way between its fixes a marker can be from where it is going, at most. */
export const REACH_FACTOR = Math.max(1, COAST_TAU_MS / SHORTEST_GLIDE_MS);
/** After this long past the last fix nothing moves any more. */
export const COAST_END_MS = 4_000;

/** How long to glide over a gap between two fixes, of which `expectedMs` is the longest known; 0 is a jump. */
export function glideDurationMs(gapMs: number, expectedMs: number): number {
  if (!(gapMs > 0) || gapMs > expectedMs) return 0;
  return Math.min(LONGEST_GLIDE_MS, Math.max(SHORTEST_GLIDE_MS, gapMs));
}

/** What a coast has covered after each millisecond, of the way that takes `COAST_TAU_MS`; looked up, as it is asked for by the thousand. */
const COASTED = Float32Array.from({ length: COAST_END_MS + 1 }, (_, ms) => 1 - Math.exp(-ms / COAST_TAU_MS));

/** The part of the way from one fix to the next that is covered; beyond 1 while coasting. */
export function glideProgress(elapsedMs: number, durationMs: number, mayCoast: boolean): number {
  if (durationMs <= 0) return 1;
  if (elapsedMs < durationMs) return elapsedMs > 0 ? elapsedMs / durationMs : 0;
  if (!mayCoast) return 1;
  const beyondMs = Math.min(COAST_END_MS, elapsedMs - durationMs);
  return 1 + (COAST_TAU_MS / durationMs) * COASTED[beyondMs | 0]!;
}
