// Where alarms reach the wall: whoever knows of them says so here, and the wall shows the place,
// names the vehicles first and comes back. What an alarm looks and sounds like is not its business.

import type { Scene } from "./scene.ts";

export interface WallAlarm {
  /** One alarm, one id: an alarm that is told again takes the place of what was told before. */
  id: string;
  /** Ids of the vehicles that it is about. */
  vehicles: readonly string[];
  /** What to show meanwhile; null leaves the scene that is on. */
  scene: Scene | null;
}

export interface AlarmStage {
  /** An alarm began or changed. */
  onAlarm(alarm: WallAlarm): void;
  /** It is over, or somebody acknowledged it. */
  onAlarmEnd(id: string): void;
  /** Where a banner belongs; it is moved against burn-in with the rest. */
  readonly place: HTMLElement;
}
