// The part of the map that no panel covers, in pixels from the map's top left, and where on its rim
// something beyond it is to be pointed at. Pure.

export interface FreeBox {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface RimPoint {
  xPx: number;
  yPx: number;
  /** Clockwise from up. */
  angleDeg: number;
}

export function middleOf({ left, right, top, bottom }: FreeBox): { xPx: number; yPx: number } {
  return { xPx: (left + right) / 2, yPx: (top + bottom) / 2 };
}

/** Where to point at something from; null where it lies inside and needs no pointing at. */
export function rimPoint(box: FreeBox, xPx: number, yPx: number): RimPoint | null {
  const isInside = xPx >= box.left && xPx <= box.right && yPx >= box.top && yPx <= box.bottom;
  if (isInside || box.right <= box.left || box.bottom <= box.top) return null;
  const middle = middleOf(box);
  const [dx, dy] = [xPx - middle.xPx, yPx - middle.yPx];
  const share = Math.min((box.right - box.left) / 2 / Math.abs(dx), (box.bottom - box.top) / 2 / Math.abs(dy));
  const angleDeg = (Math.atan2(dx, -dy) * 180) / Math.PI;
  return { xPx: middle.xPx + dx * share, yPx: middle.yPx + dy * share, angleDeg: (angleDeg + 360) % 360 };
}

/** What sums and differences of places may be off by. */
const ROUNDING_PX = 0.01;

interface Spot {
  xPx: number;
  yPx: number;
}

/** A height at which something of a size covers none of those that are there, near the one that is
 * wanted; null where there is no room, as on a phone. */
export function freeHeight(taken: readonly Spot[], size: { widthPx: number; heightPx: number }, wanted: Spot, { top, bottom }: FreeBox): number | null {
  const heightPx = size.heightPx - ROUNDING_PX;
  const wantedPx = Math.min(bottom, Math.max(top, wanted.yPx));
  const near = taken.filter(({ xPx }) => Math.abs(xPx - wanted.xPx) < size.widthPx).map(({ yPx }) => yPx);
  const tried = [wantedPx, ...near.flatMap((yPx) => [yPx - size.heightPx, yPx + size.heightPx])];
  const free = tried.filter((yPx) => yPx >= top && yPx <= bottom && near.every((other) => Math.abs(other - yPx) >= heightPx));
  const far = (yPx: number) => Math.abs(yPx - wantedPx);
  return free.toSorted((a, b) => far(a) - far(b))[0] ?? null;
}
