// Places: circles and polygons with a name, as the server keeps them.

import { ask } from "../access/api.ts";
import { KeptList } from "./kept-list.ts";

export type Point = [lngDeg: number, latDeg: number];

export type Shape = { kind: "circle"; lat_deg: number; lng_deg: number; radius_m: number } | { kind: "polygon"; rings: Point[][] };

export interface Place {
  id: string;
  name: string;
  shape: Shape;
  /** Who sees it; absent: everybody. */
  groups?: string[];
}

export interface ImportReport {
  imported: number;
  skipped: { index: number; reason: string }[];
}

export const LEAST_RADIUS_M = 10;
export const MOST_RADIUS_M = 100_000;
export const EXPORT_PATH = "/api/v1/places.geojson";
const RING_POINTS = 64;
const M_PER_DEG = 111_194.93;

export class PlaceBook extends KeptList<Place> {
  constructor() {
    super("/api/v1/places", "places");
  }

  /** Loads what others changed, if they did. */
  async catchUp(): Promise<void> {
    await this.load(true);
  }

  async import(collection: object): Promise<ImportReport> {
    const { content } = await ask<ImportReport>("POST", "/api/v1/places/import", collection);
    await this.load();
    return content;
  }
}

/** A circle as a closed ring; around a place near a pole it is as round as the map is. */
export function circleRing(lngDeg: number, latDeg: number, radiusM: number): Point[] {
  const latStepDeg = radiusM / M_PER_DEG;
  const lngStepDeg = latStepDeg / Math.max(0.01, Math.cos((latDeg * Math.PI) / 180));
  return Array.from({ length: RING_POINTS + 1 }, (_, i) => {
    const angle = ((i % RING_POINTS) / RING_POINTS) * 2 * Math.PI;
    return [lngDeg + Math.sin(angle) * lngStepDeg, latDeg + Math.cos(angle) * latStepDeg];
  });
}

export function ringsOf(shape: Shape): Point[][] {
  return shape.kind === "circle" ? [circleRing(shape.lng_deg, shape.lat_deg, shape.radius_m)] : shape.rings;
}

/** Where its name stands: the middle of a circle, the centre of gravity of a polygon's outer ring. */
export function middleOf(shape: Shape): Point {
  if (shape.kind === "circle") return [shape.lng_deg, shape.lat_deg];
  const ring = shape.rings[0] ?? [];
  const [lng0, lat0] = ring[0] ?? [0, 0];
  let [area, lng, lat] = [0, 0, 0];
  // From the first point, so that small polygons far from zero lose no digits.
  for (let i = 1; i < ring.length; i++) {
    const [ax, ay, bx, by] = [ring[i - 1]![0] - lng0, ring[i - 1]![1] - lat0, ring[i]![0] - lng0, ring[i]![1] - lat0];
    const cross = ax * by - bx * ay;
    area += cross;
    lng += (ax + bx) * cross;
    lat += (ay + by) * cross;
  }
  return area === 0 ? [lng0, lat0] : [lng0 + lng / (3 * area), lat0 + lat / (3 * area)];
}

/** The corners at the south-west and the north-east. */
export function boundsOf(shape: Shape): [Point, Point] {
  const points = ringsOf(shape)[0] ?? [];
  const [lngs, lats] = [points.map(([lng]) => lng), points.map(([, lat]) => lat)];
  const least = (values: number[]) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  return [[least(lngs), least(lats)], [most(lngs), most(lats)]];
}
