// The map's projection, reduced to what vehicles need. The map keeps north up and is never tilted
// (a fleet is read faster so), hence the whole projection is a centre, a scale and an anchor, and
// the overlay needs nothing of the renderer's insides.

import type { Map as MapLibre } from "maplibre-gl";
import type { WorldBox } from "./marker-buffer.ts";
import { WORLD, mercatorX, mercatorY, worldPx } from "./mercator.ts";

export interface View {
  /** The map's centre, as fractions of 2^32. */
  centerX: number;
  centerY: number;
  /** Where that centre is on the canvas, CSS pixels from its top left. */
  anchorXPx: number;
  anchorYPx: number;
  /** The world's width in CSS pixels. */
  worldPx: number;
  zoom: number;
  widthPx: number;
  heightPx: number;
}

export function viewOf(map: MapLibre): View {
  const center = map.getCenter();
  const anchor = map.project(center);
  const { widthPx, heightPx } = canvasSize(map);
  const zoom = map.getZoom();
  return {
    centerX: Math.floor(mercatorX(center.lng) * WORLD) >>> 0,
    centerY: Math.floor(mercatorY(center.lat) * WORLD) >>> 0,
    anchorXPx: anchor.x,
    anchorYPx: anchor.y,
    worldPx: worldPx(zoom),
    zoom,
    widthPx,
    heightPx,
  };
}

/** Whether everything is at the same place in both. */
export function isSameView(one: View, other: View | null): boolean {
  if (other === null) return false;
  const { centerX, centerY, anchorXPx, anchorYPx, zoom, widthPx, heightPx } = other;
  const isSamePlace = one.centerX === centerX && one.centerY === centerY && one.zoom === zoom;
  return isSamePlace && one.anchorXPx === anchorXPx && one.anchorYPx === anchorYPx && one.widthPx === widthPx && one.heightPx === heightPx;
}

/** As the map wrote it at its last resize: asking the canvas itself would lay the page out in the midst of a frame. */
export function canvasSize(map: MapLibre): { widthPx: number; heightPx: number } {
  const { style } = map.getCanvas();
  return { widthPx: parseFloat(style.width), heightPx: parseFloat(style.height) };
}

/** Pixels from the left for a mercator x, by the shorter way round the world. */
export function toXPx(view: View, x: number): number {
  return view.anchorXPx + (((x - view.centerX) | 0) / WORLD) * view.worldPx;
}

/** Pixels from the top for a mercator y. */
export function toYPx(view: View, y: number): number {
  return view.anchorYPx + (((y - view.centerY) | 0) / WORLD) * view.worldPx;
}

/** The part of the world in a box on the canvas: around a point, so many pixels to each side. */
export function worldBox(view: View, xPx: number, yPx: number, halfXPx: number, halfYPx: number): WorldBox {
  const unitsPerPx = WORLD / view.worldPx;
  return {
    x: (view.centerX + Math.round((xPx - view.anchorXPx) * unitsPerPx)) >>> 0,
    y: (view.centerY + Math.round((yPx - view.anchorYPx) * unitsPerPx)) >>> 0,
    halfX: halfXPx * unitsPerPx,
    halfY: halfYPx * unitsPerPx,
    blur: unitsPerPx / 2,
  };
}

/** Radius of a marker: small on the world, comfortable in a street. */
export function markerRadiusPx(zoom: number, scale: number): number {
  const t = Math.min(1, Math.max(0, (zoom - 3) / 9));
  return (5.5 + 4.5 * t) * scale;
}
