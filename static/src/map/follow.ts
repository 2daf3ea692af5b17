// Keeps one vehicle, or some, in view, without a fight: whoever drags or zooms the map has it for
// as long as they like, and one key goes on. One vehicle is let run within the middle of the view,
// so that the map does not creep all the time; several are framed as on the wall, calmly.

import type { Map as MapLibre } from "maplibre-gl";
import { AutoFrame } from "./auto-frame.ts";
import type { FreeBox } from "./free-box.ts";
import { middleOf } from "./free-box.ts";
import type { Frame } from "./framing.ts";

/** Part of the free map, to each side of its middle, in which a followed vehicle may run. */
const SLACK = 0.22;
const EASE_MS = 900;
/** Further off than this many views, the map leaps there. */
const LEAP_VIEWS = 3;
const FRAME_PADDING_PX = 56;

export type Followed = { kind: "vehicle"; id: string } | { kind: "several"; ids: readonly string[] } | { kind: "listed" };

export interface FollowHost {
  map: MapLibre;
  /** Where a vehicle is drawn now; null where that is not known. */
  placeOf(id: string): [lngDeg: number, latDeg: number] | null;
  /** The frame of some, or of those that the list shows; null where none has a place. */
  frameOf(followed: Followed): Frame | null;
  freeBox(): FreeBox;
  movesSmoothly(): boolean;
  /** Called when it begins, ends, pauses or goes on. */
  onChange(): void;
}

export class Follow {
  followed: Followed | null = null;
  isPaused = false;
  #host: FollowHost;
  #framing: AutoFrame | null = null;
  /** It was not brought to the middle yet. */
  #isNew = true;

  constructor(host: FollowHost) {
    this.#host = host;
    // What the page does by itself has no event of a person in it.
    for (const type of ["movestart", "zoomstart", "dragstart"] as const) {
      host.map.on(type, (event) => {
        if (event.originalEvent !== undefined) this.pause();
      });
    }
  }

  start(followed: Followed, isPaused = false): void {
    this.followed = followed;
    this.isPaused = isPaused;
    this.#begin();
  }

  stop(): void {
    if (this.followed === null) return;
    this.followed = null;
    this.isPaused = false;
    this.#host.onChange();
  }

  pause(): void {
    if (this.followed === null || this.isPaused) return;
    this.isPaused = true;
    this.#host.onChange();
  }

  goOn(): void {
    if (this.followed === null || !this.isPaused) return;
    this.isPaused = false;
    this.#begin();
  }

  #begin(): void {
    const { map, frameOf, freeBox, movesSmoothly } = this.#host;
    const { followed } = this;
    const padding = () => paddingOf(freeBox(), map.getCanvas());
    this.#framing = followed === null || followed.kind === "vehicle" ? null : new AutoFrame(map, () => frameOf(followed), padding, movesSmoothly(), true);
    this.#isNew = true;
    this.#host.onChange();
    this.tick(performance.now());
  }

  /** Looks whether to move; to be called as vehicles move, and every second. */
  tick(nowMs: number): void {
    if (this.followed === null || this.isPaused) return;
    if (this.#framing !== null) this.#framing.tick(nowMs);
    else if (this.followed.kind === "vehicle") this.#follow(this.followed.id);
  }

  #follow(id: string): void {
    const place = this.#host.placeOf(id);
    const { map } = this.#host;
    // A flight, as to a vehicle that was just selected, is let end.
    if (place === null || map.isMoving()) return;
    const box = this.#host.freeBox();
    const [width, height] = [box.right - box.left, box.bottom - box.top];
    const middle = middleOf(box);
    const at = map.project(place);
    const [dx, dy] = [at.x - middle.xPx, at.y - middle.yPx];
    if (!this.#isNew && Math.abs(dx) <= width * SLACK && Math.abs(dy) <= height * SLACK) return;
    const isFar = Math.abs(dx) > width * LEAP_VIEWS || Math.abs(dy) > height * LEAP_VIEWS;
    const duration = isFar || !this.#host.movesSmoothly() ? 0 : EASE_MS;
    this.#isNew = false;
    const { clientWidth, clientHeight } = map.getCanvas();
    map.easeTo({ center: place, offset: [middle.xPx - clientWidth / 2, middle.yPx - clientHeight / 2], duration, essential: true });
  }
}

function paddingOf(box: FreeBox, { clientWidth, clientHeight }: HTMLCanvasElement) {
  return {
    left: box.left + FRAME_PADDING_PX,
    top: box.top + FRAME_PADDING_PX / 2,
    right: clientWidth - box.right + FRAME_PADDING_PX,
    bottom: clientHeight - box.bottom + FRAME_PADDING_PX / 2,
  };
}
