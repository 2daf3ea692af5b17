// What the panels leave of the map, in CSS pixels of the window: panels float on it, up to 1,100 px
// what is opened beside the list is a sheet at its foot, and up to 760 px all of them are. The two
// widths are those of `room.css`.

import type { Padding } from "../map/auto-frame.ts";
import type { FreeBox } from "../map/free-box.ts";
import { isRightToLeft } from "../words/direction.ts";
import { byId } from "./dom.ts";

const NARROW = matchMedia("(max-width: 760px)");
const MIDDLE = matchMedia("(min-width: 761px) and (max-width: 1100px)");
/** The zoom and the tools at the right, and the scale and whose map it is at the foot. */
const CONTROLS_PX = 48;
const FOOT_PX = 34;

/** What covers parts of the map. */
export function openPanels(): DOMRect[] {
  return ["fleet", "detail", "side"].map(byId).filter((panel) => panel.offsetWidth > 0).map((panel) => panel.getBoundingClientRect());
}

/** What the panels cover of the map, so that a flight ends in the free part. */
export function panelInsets(): { leftPx: number; rightPx: number; bottomPx: number } {
  const fleet = byId("fleet");
  const open = ["detail", "side"].map(byId).filter((panel) => panel.offsetWidth > 0);
  if (NARROW.matches) return { leftPx: 0, rightPx: 0, bottomPx: Math.max(0, ...open.map((panel) => panel.offsetHeight - fleet.offsetHeight)) };
  const sides = { leftPx: 0, rightPx: 0, bottomPx: 0 };
  if (MIDDLE.matches) sides.bottomPx = Math.max(0, ...open.map((panel) => innerHeight - panel.getBoundingClientRect().top));
  for (const panel of MIDDLE.matches ? [fleet] : [fleet, ...open]) {
    const { left, right } = panel.getBoundingClientRect();
    // Where words run from right to left, the list is at the right and the other panels at the left.
    if (left < innerWidth - right) sides.leftPx = Math.max(sides.leftPx, right);
    else sides.rightPx = Math.max(sides.rightPx, innerWidth - left);
  }
  return sides;
}

/** The part of the map that nothing covers. */
export function freeBox(): FreeBox {
  const { width, height } = byId("map").getBoundingClientRect();
  const { leftPx, rightPx, bottomPx } = panelInsets();
  const top = byId("top").getBoundingClientRect().bottom;
  const [atLeftPx, atRightPx] = controlsPx();
  return { left: leftPx + atLeftPx, top, right: width - rightPx - atRightPx, bottom: height - Math.max(0, bottomPx) - FOOT_PX };
}

/** What the zoom and the tools take at the left and at the right; a phone has neither. */
function controlsPx(): [leftPx: number, rightPx: number] {
  const px = NARROW.matches ? 0 : CONTROLS_PX;
  return isRightToLeft() ? [px, 0] : [0, px];
}

/** Around the whole fleet as the page opens. */
export function openingPadding(): Padding {
  const isNarrow = NARROW.matches;
  const { leftPx, rightPx, bottomPx } = panelInsets();
  const [atLeftPx, atRightPx] = controlsPx();
  const beside = isNarrow ? 32 : 64;
  return { left: leftPx + atLeftPx + beside, right: rightPx + atRightPx + beside, top: isNarrow ? 72 : 96, bottom: bottomPx + 64 };
}

/** Around an area that is to be seen whole beside the panels. */
export function freePadding(): Padding {
  const { width, height } = byId("map").getBoundingClientRect();
  const { left, top, right, bottom } = freeBox();
  const at = (px: number, whole: number) => Math.max(0, Math.min(whole / 2 - 40, px + 24));
  return { left: at(left, width), top: at(top, height), right: at(width - right, width), bottom: at(height - bottom, height) };
}
