// Alarms on a wall: the worst one large and to be heard; one that somebody must act on also takes
// the screen, around its vehicle, until it is acknowledged or has held it long enough. Nobody here
// can acknowledge: that is done at a desk.

import { inOrder, isWaiting } from "../page/alarm-order.ts";
import type { AlarmObject, Severity } from "../protocol.ts";
import { AlarmBanner } from "../ui/alarm-banner.ts";
import { AlarmSound } from "../ui/alarm-sound.ts";
import type { SoundState } from "../ui/alarm-sound.ts";
import type { AlarmStage } from "./alarm-hook.ts";
import type { Bounds, Scene } from "./scene.ts";

/** What is shown around a vehicle, degrees of latitude to each side: some streets. */
const AROUND_DEG = 0.01;
/** So many at most take the screen in turn; the banner counts all. */
const MOST_SCENES = 8;

export class WallAlarms {
  #stage: AlarmStage;
  #usual: () => Scene;
  #sound = new AlarmSound();
  #banner = new AlarmBanner(this.#sound);
  #shown = new Set<string>();

  constructor(stage: AlarmStage, usual: () => Scene, onSound: (isBlocked: boolean) => void) {
    this.#stage = stage;
    this.#usual = usual;
    stage.place.append(this.#banner.element);
    this.#sound.onChange(() => onSound(this.#sound.state === "blocked"));
    // Nobody is there to press a button: a kiosk's browser is told to let it sound.
    this.#sound.arm();
  }

  /** Whether it can be heard, and what it sounded last: for tests. */
  get heard(): { sound: SoundState; played: readonly Severity[] } {
    return { sound: this.#sound.state, played: this.#sound.played };
  }

  /** All open alarms; each second and whenever they change. */
  show(alarms: readonly AlarmObject[], nowMs: number): void {
    this.#banner.show(alarms, nowMs);
    const urgent = inOrder(alarms.filter((alarm) => isWaiting(alarm) && alarm.severity === "alarm" && alarm.vehicle !== undefined)).slice(0, MOST_SCENES);
    const ids = new Set(urgent.map(({ id }) => id));
    for (const id of this.#shown) if (!ids.has(id)) this.#stage.onAlarmEnd(id);
    // The newest interruption is the one that is seen: so the first in order, which is in the
    // banner, comes last, also where one came that began before it.
    const added = urgent.filter((alarm) => !this.#shown.has(alarm.id));
    for (const alarm of added.toReversed()) this.#interrupt(alarm);
    const [first] = urgent;
    if (first !== undefined && added.length > 0 && !added.includes(first)) this.#interrupt(first);
    this.#shown = ids;
  }

  #interrupt(alarm: AlarmObject): void {
    const { id, rule, vehicle, position } = alarm;
    const name = [rule.name, vehicle?.name].filter((part) => part !== undefined).join(" · ");
    const scene = position === undefined ? null : sceneAround(this.#usual(), name, position);
    this.#stage.onAlarm({ id, vehicles: vehicle === undefined ? [] : [vehicle.id], scene });
  }
}

function sceneAround(usual: Scene, name: string, { lat_deg, lng_deg }: { lat_deg: number; lng_deg: number }): Scene {
  const lngAroundDeg = AROUND_DEG / Math.max(0.1, Math.cos((lat_deg * Math.PI) / 180));
  const bounds: Bounds = [
    [lng_deg - lngAroundDeg, lat_deg - AROUND_DEG],
    [lng_deg + lngAroundDeg, lat_deg + AROUND_DEG],
  ];
  return { ...usual, name, area: { kind: "bounds", bounds } };
}
