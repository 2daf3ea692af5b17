// How a display without a keyboard comes in: it asks for a code, shows it, and asks every few
// seconds whether somebody has approved it; when the code is used up it takes another. Waits are
// jittered, so that a hundred displays after a power cut do not come as one.

import { ApiFailure, ask } from "../access/api.ts";
import { waitText } from "../access/words.ts";
import { words } from "../words/words.ts";

const POLL_MS = 3_000;
const RETRY_MS = 5_000;
const CROWDED_MS = 30_000;
/** A server tells the time in whole seconds; a code is given up early rather than late. */
const CLOCK_STEP_MS = 1_000;
/** Of each wait, this part more by chance. */
const JITTER = 0.5;

export interface PairingEvents {
  /** A code to show; it is good until then on `performance.now()`. */
  onCode(code: string, endMs: number): void;
  /** The display is let in. */
  onPaired(): void;
  /** What stands in the way; null once nothing does. */
  onTrouble(text: string | null): void;
}

interface Asked {
  code: string;
  secret: string;
  expires_at: string;
}

export async function pair(events: PairingEvents): Promise<void> {
  while (!(await pairOnce(events)));
  events.onPaired();
}

/** One code, from asking for it to its end; true where it let the display in. */
async function pairOnce(events: PairingEvents): Promise<boolean> {
  let asked: Asked;
  let endMs: number;
  try {
    const { content, atMs } = await ask<Asked>("POST", "/api/v1/pairing");
    asked = content;
    endMs = performance.now() + Date.parse(content.expires_at) - atMs - CLOCK_STEP_MS;
  } catch (error) {
    await waitFor(troubleWaitMs(error, events));
    return false;
  }
  events.onTrouble(null);
  events.onCode(asked.code, endMs);
  return untilPaired(asked.secret, endMs, events);
}

async function untilPaired(secret: string, endMs: number, events: PairingEvents): Promise<boolean> {
  for (;;) {
    await waitFor(POLL_MS);
    if (performance.now() >= endMs) return false;
    try {
      const { content } = await ask<{ state: string }>("POST", "/api/v1/pairing/poll", { secret });
      events.onTrouble(null);
      if (content.state === "paired") return true;
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 410) return false;
      // The code may still be good: it stays on the screen.
      await waitFor(troubleWaitMs(error, events));
    }
  }
}

/** Says what is wrong; answers how long to wait with it. */
function troubleWaitMs(error: unknown, events: PairingEvents): number {
  if (!(error instanceof ApiFailure) || error.status !== 429) {
    events.onTrouble(words.wall.waiting);
    return RETRY_MS;
  }
  const waitMs = error.retryAfterS === null ? CROWDED_MS : error.retryAfterS * 1_000;
  events.onTrouble(words.pairing.crowded(waitText(Math.ceil(waitMs / 1_000))));
  return waitMs;
}

function waitFor(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms * (1 + Math.random() * JITTER)));
}
