// Is this very screen live? Decided by the server's heartbeat alone, and by how long ago the last
// frame came on a steady clock: a frozen page or a dead connection must never look alive.

export type ScreenState = "waiting" | "live" | "reconnecting" | "dead";

const SILENT_INTERVALS = 2.5;
/** Half a minute at most, and the page looks once a second: a page that is busy then is not to be late. */
export const DEAD_AFTER_MS = 28_500;

/** `sinceFrameMs` is null before the first frame; then the screen is dead after the same time. */
export function screenState(sinceFrameMs: number | null, sinceStartMs: number, heartbeatMs: number): ScreenState {
  if (sinceFrameMs === null) return sinceStartMs < DEAD_AFTER_MS ? "waiting" : "dead";
  if (sinceFrameMs >= DEAD_AFTER_MS) return "dead";
  return sinceFrameMs >= SILENT_INTERVALS * heartbeatMs ? "reconnecting" : "live";
}
