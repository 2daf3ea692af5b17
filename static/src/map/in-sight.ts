// How many vehicles somebody who looks at the map can see: parts of a large fleet reach beyond the
// screen, and panels lie on the map, so what the page holds says little about that.

import type { Cluster } from "./clusters.ts";
import type { Found } from "./marker-buffer.ts";
import { WORLD } from "./mercator.ts";
import { toXPx, toYPx } from "./view.ts";
import type { View } from "./view.ts";

/** A part of the screen, in pixels from the map's top left. */
export interface Panel {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Markers (found around the middle of the view) and discs that no panel covers, in vehicles. */
export function countUncovered({ count, x, y }: Found, view: View, clusters: readonly Cluster[], panels: readonly Panel[]): number {
  const isCovered = (xPx: number, yPx: number) => panels.some(({ left, right, top, bottom }) => xPx >= left && xPx <= right && yPx >= top && yPx <= bottom);
  const pxPerUnit = view.worldPx / WORLD;
  let inSight = 0;
  for (let i = 0; i < count; i++) {
    if (!isCovered(view.widthPx / 2 + x[i]! * pxPerUnit, view.heightPx / 2 + y[i]! * pxPerUnit)) inSight += 1;
  }
  for (const { mercatorX, mercatorY, vehicles } of clusters) {
    const [xPx, yPx] = [toXPx(view, mercatorX), toYPx(view, mercatorY)];
    const isOnScreen = xPx >= 0 && xPx <= view.widthPx && yPx >= 0 && yPx <= view.heightPx;
    if (isOnScreen && !isCovered(xPx, yPx)) inSight += vehicles;
  }
  return inSight;
}
