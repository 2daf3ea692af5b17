// Keeps the fleet in view on a screen that nobody touches: moves only when somebody has left the
// view or it has become much too wide, and changes the zoom at most every ten seconds, so that
// the picture is calm.

import type { Map as MapLibre } from "maplibre-gl";
import type { Frame } from "./framing.ts";
import { canvasSize } from "./view.ts";

const ZOOM_CHANGE_EVERY_MS = 10_000;
/** Looking at a very large fleet takes some time: at most this part of it goes there. */
const LOOKING_SHARE = 0.005;
/** How much closer the view could be before it is worth to move. */
const WORTHWHILE_ZOOM = 0.6;
const MOST_ZOOM = 14;

export interface Padding {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export class AutoFrame {
  #map: MapLibre;
  #look: () => Frame | null;
  #padding: () => Padding;
  #movesSmoothly: boolean;
  #isFirstSmooth: boolean;
  #movedAtMs = -Infinity;
  #looksAgainAtMs = -Infinity;
  #pausedUntilMs = -Infinity;
  #hasFramed = false;

  /** `look` finds what to frame; where somebody watches, the first move is a smooth one, too. */
  constructor(map: MapLibre, look: () => Frame | null, padding: () => Padding, movesSmoothly: boolean, isFirstSmooth = false) {
    this.#map = map;
    this.#look = look;
    this.#padding = padding;
    this.#movesSmoothly = movesSmoothly;
    this.#isFirstSmooth = isFirstSmooth;
  }

  /** Somebody touched the map: it stays where it was put until then. */
  pause(untilMs: number): void {
    this.#pausedUntilMs = untilMs;
  }

  /** Whether it has looked at anything yet. */
  get hasFramed(): boolean {
    return this.#hasFramed;
  }

  isPaused(nowMs: number): boolean {
    return nowMs < this.#pausedUntilMs;
  }

  /** Something else is to be looked at: the next move is a cut, and needs no reason. */
  restart(): void {
    this.#movedAtMs = this.#looksAgainAtMs = -Infinity;
  }

  /** Looks whether to move; to be called every second or so. */
  tick(nowMs: number): void {
    if (this.isPaused(nowMs)) return;
    if (nowMs - this.#movedAtMs < ZOOM_CHANGE_EVERY_MS || nowMs < this.#looksAgainAtMs) return;
    const startMs = performance.now();
    const frame = this.#look();
    if (frame === null) return;
    this.#looksAgainAtMs = nowMs + (performance.now() - startMs) / LOOKING_SHARE;
    const padding = this.#padding();
    const camera = this.#map.cameraForBounds(frame.bounds, { padding, maxZoom: MOST_ZOOM });
    if (camera?.zoom === undefined) return;
    const isFirst = this.#movedAtMs === -Infinity;
    const isTooWide = camera.zoom - this.#map.getZoom() > WORTHWHILE_ZOOM;
    if (!isFirst && !isTooWide && this.#shows(frame.bounds, padding)) return;
    this.#movedAtMs = nowMs;
    this.#hasFramed = true;
    const animate = this.#movesSmoothly && (!isFirst || this.#isFirstSmooth);
    this.#map.fitBounds(frame.bounds, { padding: looser(padding), maxZoom: MOST_ZOOM, animate, duration: 2_000, linear: true });
  }

  #shows(bounds: [[number, number], [number, number]], padding: Padding): boolean {
    const { widthPx, heightPx } = canvasSize(this.#map);
    const isInside = (corner: [number, number]) => {
      const { x, y } = this.#map.project(corner);
      const fitsX = x >= padding.left && x <= widthPx - padding.right;
      return fitsX && y >= padding.top && y <= heightPx - padding.bottom;
    };
    return bounds.every(isInside);
  }
}

/** Room to move before the next change. */
function looser(padding: Padding): Padding {
  const add = (px: number) => px * 1.35 + 24;
  return { top: add(padding.top), bottom: add(padding.bottom), left: add(padding.left), right: add(padding.right) };
}
