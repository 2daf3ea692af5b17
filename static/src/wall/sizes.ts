// Brings the sizes that the panel asks for onto the page: letters, symbols, margins.

import type { DrawnSizes } from "../map/overlay.ts";
import { LEAST_FONT_PX, legibilityOf } from "./legibility.ts";
import type { Legibility } from "./legibility.ts";
import type { Scales } from "./scene.ts";
import type { Setup } from "./setup.ts";

export interface Sizes extends DrawnSizes {
  needed: Legibility;
  /** The font of the panels' least letters. */
  fontPx: number;
}

export function sizesOf({ panel }: Setup, scales: Scales, widthPx: number, heightPx: number): Sizes {
  const needed = legibilityOf(panel, widthPx, heightPx);
  const font = (scale: number) => Math.max(LEAST_FONT_PX, Math.round(needed.fontPx * scale));
  return { needed, fontPx: font(scales.panels), labelFontPx: font(scales.labels), markerScale: needed.markerScale * scales.icons };
}

/** A screen of fewer letters a line than this has no room for a large clock beside the counts. */
const ROOMY_EM = 50;

/** What the style sheet goes by. */
export function applySizes({ fontPx }: Sizes, { overscanPct }: Setup): void {
  const { style, dataset } = document.documentElement;
  const isTight = innerWidth > innerHeight && innerWidth < ROOMY_EM * fontPx;
  dataset["room"] = isTight ? "tight" : "roomy";
  style.setProperty("--read", `${fontPx}px`);
  style.setProperty("--overscan", String(overscanPct / 100));
}
