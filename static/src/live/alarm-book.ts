// The open alarms as the server tells them: whole objects and the ids of those that are open no
// more. Pure.

import type { AlarmObject, AlarmsChange } from "../protocol.ts";

export class AlarmBook {
  #byId = new Map<string, AlarmObject>();

  /** Takes a change that follows on what is held; answers all open alarms, the newest first. */
  take({ all, alarms = [], closed = [] }: AlarmsChange): AlarmObject[] {
    if (all === true) this.#byId.clear();
    for (const id of closed) this.#byId.delete(id);
    for (const alarm of alarms) this.#byId.set(alarm.id, alarm);
    return [...this.#byId.values()].sort((one, other) => Number(other.id) - Number(one.id));
  }
}
