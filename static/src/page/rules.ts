// Rules: what raises an alarm, as the server keeps them; and vehicles that are out of service.

import { ApiFailure, ask } from "../access/api.ts";
import type { AlarmKind, Severity } from "../protocol.ts";
import { KeptList } from "./kept-list.ts";

export const KINDS: readonly AlarmKind[] = ["speeding", "idling", "stopped_reporting", "source_down", "panic", "entering", "leaving"];
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];

export interface Quiet {
  from: string;
  to: string;
  days?: Day[];
  timezone?: string;
}

export interface Rule {
  id: string;
  name: string;
  kind: AlarmKind;
  severity: Severity;
  enabled: boolean;
  whom?: { groups?: string[]; vehicles?: string[] };
  over_mps?: number;
  for_s?: number;
  places?: string[];
  quiet?: Quiet;
  repeat_s?: number;
  webhooks?: string[];
}

export interface OutOfService {
  vehicle: string;
  since: string;
  until?: string;
  reason?: string;
  by?: string;
}

export class RuleBook extends KeptList<Rule> {
  constructor() {
    super("/api/v1/rules", "rules");
  }
}

/** The vehicles that are out of service; the server names them by `vehicle`. */
export class OutOfServiceBook {
  vehicles: readonly OutOfService[] = [];
  isThere = false;
  #listeners: (() => void)[] = [];

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  of(id: string): OutOfService | undefined {
    return this.vehicles.find(({ vehicle }) => vehicle === id);
  }

  async load(): Promise<void> {
    try {
      const { content } = await ask<{ vehicles: OutOfService[] }>("GET", PATH);
      this.isThere = true;
      this.#take(content.vehicles);
    } catch (error) {
      // A server that is away for a while takes nobody back into service.
      if (!(error instanceof ApiFailure) || (error.status !== 404 && error.status !== 403)) return;
      this.isThere = false;
      this.#take([]);
    }
  }

  async set(vehicle: string, more: { until?: string; reason?: string }): Promise<void> {
    await ask("PUT", `${PATH}/${encodeURIComponent(vehicle)}`, more);
    await this.load();
  }

  async end(vehicle: string): Promise<void> {
    await ask("DELETE", `${PATH}/${encodeURIComponent(vehicle)}`);
    this.#take(this.vehicles.filter((other) => other.vehicle !== vehicle));
  }

  #take(vehicles: readonly OutOfService[]): void {
    this.vehicles = vehicles;
    for (const listener of this.#listeners) listener();
  }
}

const PATH = "/api/v1/out-of-service";
