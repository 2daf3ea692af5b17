// The nightly reload, where somebody wants one: at a local time of day, some minutes spread over
// all displays, and never soon after the page began. It is soft: while the server is away it waits.

import { reloadOnceAnswered } from "../page/reload.ts";

const SPREAD_MIN = 10;
const CHECK_EVERY_MS = 60_000;
const LEAST_UPTIME_MS = 3_600_000;
/** A clock that leaps, as one put right after the start, has not gone through the night. */
const LEAP_MS = 10 * CHECK_EVERY_MS;

/** Whether that minute of the day, by this machine's zone, lies after `beforeMs` and not after `nowMs`. */
export function isPassed(atMin: number, beforeMs: number, nowMs: number): boolean {
  if (nowMs <= beforeMs || nowMs - beforeMs > LEAP_MS) return false;
  return [beforeMs, nowMs].some((ms) => {
    const due = new Date(ms).setHours(0, atMin, 0, 0);
    return beforeMs < due && due <= nowMs;
  });
}

/** `nowMs` is by the server's clock, which is right where a display's is not. */
export function reloadNightly(atMin: number, nowMs: () => number): void {
  const minute = (atMin + Math.floor(Math.random() * SPREAD_MIN)) % 1_440;
  const startedMs = performance.now();
  let beforeMs = nowMs();
  const timer = setInterval(() => {
    const now = nowMs();
    const isDue = isPassed(minute, beforeMs, now) && performance.now() - startedMs >= LEAST_UPTIME_MS;
    beforeMs = now;
    if (!isDue) return;
    clearInterval(timer);
    void reloadOnceAnswered();
  }, CHECK_EVERY_MS);
}
