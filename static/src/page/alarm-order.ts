// Which alarms matter first: those that nobody took note of, the worst of them, the newest. Pure.

import type { AlarmObject, Severity } from "../protocol.ts";

/** The mildest first. */
export const SEVERITIES: readonly Severity[] = ["notice", "warning", "alarm"];

export function weight(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

export function isWaiting({ acknowledged_at }: AlarmObject): boolean {
  return acknowledged_at === undefined;
}

/** Whether it happens now; what enters or leaves a place is over at once. */
export function isOver({ ended_at }: AlarmObject): boolean {
  return ended_at !== undefined;
}

/** Those that wait first, of these the worst, of these the newest. */
export function inOrder(alarms: readonly AlarmObject[]): AlarmObject[] {
  const key = (alarm: AlarmObject) => (isWaiting(alarm) ? SEVERITIES.length : 0) + weight(alarm.severity);
  return [...alarms].sort((one, other) => key(other) - key(one) || Date.parse(other.began_at) - Date.parse(one.began_at));
}

export function worstOf(alarms: readonly AlarmObject[]): Severity | null {
  return SEVERITIES.findLast((severity) => alarms.some((alarm) => alarm.severity === severity)) ?? null;
}

/** The worst open alarm of each vehicle. */
export function severityByVehicle(alarms: readonly AlarmObject[]): Map<string, Severity> {
  const worst = new Map<string, Severity>();
  for (const { vehicle, severity } of alarms) {
    if (vehicle === undefined) continue;
    const before = worst.get(vehicle.id);
    if (before === undefined || weight(severity) > weight(before)) worst.set(vehicle.id, severity);
  }
  return worst;
}
