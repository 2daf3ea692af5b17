// When an alarm sounds: as it comes, and again after the time its rule says for as long as nobody
// took note. Quiet ones never do. What began before the page opened does not sound anew, but is
// repeated. Pure: `now` is an argument.

import type { AlarmObject, Severity } from "../protocol.ts";
import { isWaiting, worstOf } from "./alarm-order.ts";

export class AlarmTurns {
  #openedMs: number | null = null;
  #soundedAtMs = new Map<string, number>();

  /** The worst of those whose turn it is; null where there is none. */
  due(alarms: readonly AlarmObject[], nowMs: number): Severity | null {
    this.#openedMs ??= nowMs;
    const sounded = new Map<string, number>();
    const due: AlarmObject[] = [];
    for (const alarm of alarms) {
      const lastMs = this.#soundedAtMs.get(alarm.id) ?? (Date.parse(alarm.began_at) < this.#openedMs ? nowMs : undefined);
      const isAgain = lastMs !== undefined && alarm.repeat_s !== undefined && nowMs - lastMs >= alarm.repeat_s * 1000;
      const isDue = isWaiting(alarm) && alarm.quiet !== true && (lastMs === undefined || isAgain);
      if (isDue) due.push(alarm);
      sounded.set(alarm.id, isDue ? nowMs : (lastMs ?? nowMs));
    }
    this.#soundedAtMs = sounded;
    return worstOf(due);
  }
}
