// Reads screenshots: what colours stand where, and how far apart they are, as WCAG 2 counts it.

import { decodePng } from "./png.mjs";

/** A screenshot as `{width, height, data}` of 4 bytes a pixel. */
export async function pixelsOf(page, options) {
  return decodePng(await page.screenshot(options));
}

export function luminance([r, g, b]) {
  const [R, G, B] = [r, g, b].map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * R + 0.7152 * G + 0.0722 * B;
}

export function contrast(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

/** The colours of a box, most frequent first: `[[r, g, b], count]`. */
export function coloursIn({ width, height, data }, { left, top, right, bottom }) {
  const counts = new Map();
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(height, bottom); y++) {
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(width, right); x++) {
      const at = (y * width + x) * 4;
      const key = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([key, count]) => [[key >> 16, (key >> 8) & 255, key & 255], count]);
}

/** How far the writing in a box stands out from its ground: the most frequent colour against the one farthest from it. */
export function textContrast(pixels, box, leastPixels = 6) {
  const colours = coloursIn(pixels, box);
  const [ground] = colours[0];
  return Math.max(...colours.filter(([, count]) => count >= leastPixels).map(([colour]) => contrast(ground, colour)));
}
