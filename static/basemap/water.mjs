// The water of one tile, made valid. Renderers triangulate polygons and need their rings not to
// overlap: sea polygons whose holes touch the tile's edge turn whole continents into sea. So each
// tile's water is computed afresh with Clipper, either as the tile's frame minus the land or as
// the sea cut to the frame.

import { createRequire } from "node:module";
import { signedRingArea } from "./geometry.mjs";

const Clipper = createRequire(import.meta.url)("clipper-lib");

export const TILE_EXTENT = 4096;
const BUFFER = 64;
/** MapLibre keeps 500 rings of a polygon and drops the rest; the smallest holes go first. */
const MOST_HOLES = 498;
const POLYGON = 3;

const FRAME = [
  [-BUFFER, -BUFFER],
  [TILE_EXTENT + BUFFER, -BUFFER],
  [TILE_EXTENT + BUFFER, TILE_EXTENT + BUFFER],
  [-BUFFER, TILE_EXTENT + BUFFER],
].map(([X, Y]) => ({ X, Y }));

/** The water around the land of a tile; rings under `leastArea` square units are dropped. */
export function waterAroundLand(tile, leastArea) {
  return clip({
    subject: [FRAME],
    clip: tile ? pathsOf(tile, leastArea) : [],
    operation: Clipper.ClipType.ctDifference,
    leastArea,
  });
}

/** The sea of a tile, cut to its frame; rings under `leastArea` square units are dropped. */
export function seaInFrame(tile, leastArea) {
  return clip({
    subject: tile ? pathsOf(tile, leastArea) : [],
    clip: [FRAME],
    operation: Clipper.ClipType.ctIntersection,
    leastArea,
  });
}

function pathsOf(tile, leastArea) {
  return tile.features
    .flatMap((f) => f.geometry)
    .filter((ring) => Math.abs(signedRingArea(ring)) >= leastArea)
    .map((ring) => ring.map(([X, Y]) => ({ X, Y })));
}

function clip({ subject, clip: clipPaths, operation, leastArea }) {
  const clipper = new Clipper.Clipper();
  const tree = new Clipper.PolyTree();
  const evenOdd = Clipper.PolyFillType.pftEvenOdd;
  clipper.AddPaths(subject, Clipper.PolyType.ptSubject, true);
  clipper.AddPaths(clipPaths, Clipper.PolyType.ptClip, true);
  clipper.Execute(operation, tree, evenOdd, evenOdd);
  const area = (path) => Math.abs(Clipper.Clipper.Area(path));
  const features = Clipper.JS.PolyTreeToExPolygons(tree)
    .filter((polygon) => area(polygon.outer) >= leastArea)
    .map((polygon) => {
      const holes = polygon.holes
        .filter((hole) => area(hole) >= leastArea)
        .sort((a, b) => area(b) - area(a))
        .slice(0, MOST_HOLES);
      const geometry = [woundRing(polygon.outer, true), ...holes.map((hole) => woundRing(hole, false))];
      return { type: POLYGON, geometry, tags: {} };
    });
  return { features };
}

/** A closed ring wound as vector tiles want it: outer rings positive, holes negative. */
function woundRing(path, isOuter) {
  const ring = path.map(({ X, Y }) => [X, Y]);
  ring.push(ring[0]);
  return signedRingArea(ring) > 0 === isOuter ? ring : ring.reverse();
}
