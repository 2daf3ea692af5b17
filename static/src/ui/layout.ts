// What the panels leave of the map, in CSS pixels of the window: panels float on it, and below
// 760 px they are sheets at its foot.

import type { Padding } from "../map/auto-frame.ts";
import type { FreeBox } from "../map/free-box.ts";
import { byId } from "./dom.ts";

const NARROW = matchMedia("(max-width: 760px)");
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
  return { leftPx: fleet.getBoundingClientRect().right, rightPx: Math.max(0, ...open.map((panel) => innerWidth - panel.getBoundingClientRect().left)), bottomPx: 0 };
}

/** The part of the map that nothing covers. */
export function freeBox(): FreeBox {
  const { width, height } = byId("map").getBoundingClientRect();
  const { leftPx, rightPx, bottomPx } = panelInsets();
  const top = byId("top").getBoundingClientRect().bottom;
  return { left: leftPx, top, right: width - rightPx - (NARROW.matches ? 0 : CONTROLS_PX), bottom: height - Math.max(0, bottomPx) - FOOT_PX };
}

/** Around the whole fleet as the page opens. */
export function openingPadding(): Padding {
  const isNarrow = NARROW.matches;
  const left = isNarrow ? 32 : byId("fleet").getBoundingClientRect().right + 64;
  return { left, right: isNarrow ? 32 : 64, top: isNarrow ? 72 : 96, bottom: 64 };
}

/** Around an area that is to be seen whole beside the panels. */
export function freePadding(): Padding {
  const { width, height } = byId("map").getBoundingClientRect();
  const { left, top, right, bottom } = freeBox();
  const at = (px: number, whole: number) => Math.max(0, Math.min(whole / 2 - 40, px + 24));
  return { left: at(left, width), top: at(top, height), right: at(width - right, width), bottom: at(height - bottom, height) };
}
