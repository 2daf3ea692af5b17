// Plane geometry on rings of [x, y]: what the label placing and the water clipping share.

/** Signed area of a ring, in square units of its coordinates. */
export function signedRingArea(ring) {
  let sum = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    sum += (ring[j][0] - ring[i][0]) * (ring[j][1] + ring[i][1]);
  }
  return sum / 2;
}

/** Whether a point is inside a polygon (outer ring and holes), by the even-odd rule. */
export function isInside([x, y], polygon) {
  let inside = false;
  for (const ring of polygon) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const crosses = ring[i][1] > y !== ring[j][1] > y;
      if (!crosses) continue;
      const slope = (ring[j][0] - ring[i][0]) / (ring[j][1] - ring[i][1]);
      if (x < slope * (y - ring[i][1]) + ring[i][0]) inside = !inside;
    }
  }
  return inside;
}

/** Squared distance from a point to the nearest edge; x is scaled by `xScale` first. */
export function squaredDistanceToEdges([px, py], polygon, xScale) {
  let best = Infinity;
  for (const ring of polygon) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [x, y] = ring[j];
      const dx = ring[i][0] - x;
      const dy = ring[i][1] - y;
      const length2 = dx * dx + dy * dy;
      const along = length2 === 0 ? 0 : ((px - x) * dx + (py - y) * dy) / length2;
      const t = Math.min(1, Math.max(0, along));
      const ex = (px - x - t * dx) * xScale;
      const ey = py - y - t * dy;
      best = Math.min(best, ex * ex + ey * ey);
    }
  }
  return best;
}

/** The polygons of a Polygon or MultiPolygon, each an array of rings. */
export function polygonsOf(geometry) {
  return geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
}

/** Web Mercator, 0..1 in both directions, y growing southwards. */
export function mercator([lngDeg, latDeg]) {
  const sine = Math.sin((latDeg * Math.PI) / 180);
  return [lngDeg / 360 + 0.5, 0.5 - (0.25 * Math.log((1 + sine) / (1 - sine))) / Math.PI];
}

export function feature(geometry, properties = {}) {
  return { type: "Feature", properties, geometry };
}

export function featureCollection(features) {
  return { type: "FeatureCollection", features };
}
