// How long to wait before the next attempt to connect. Pure, so that it can be read as a table.

const EARLY_MS = 30_000;
const SHORTEST_MS = 500;
const LONGEST_EARLY_MS = 4_000;
const LONGEST_MS = 15_000;
/** The longest wait a server's restart notice is believed to ask for. */
const LONGEST_ASKED_MS = 60_000;

/** Full jitter: 0.5 to 4 s in the first 30 s after the loss, up to 15 s later. */
export function reconnectDelayMs(sinceLossMs: number, random: number): number {
  const longest = sinceLossMs < EARLY_MS ? LONGEST_EARLY_MS : LONGEST_MS;
  return SHORTEST_MS + random * (longest - SHORTEST_MS);
}

/** The wait that a close reason `retry_ms=N` asks for, if it does. */
export function askedDelayMs(reason: string): number | null {
  const match = /(?:^|[\s;,])retry_ms=(\d{1,9})(?:$|[\s;,])/.exec(reason);
  return match === null ? null : Math.min(Number(match[1]), LONGEST_ASKED_MS);
}
