// A small read-only window into the page, for tests and for whoever looks after a wall from afar.

import type { FleetMap } from "../map/fleet-map.ts";
import { toXPx, toYPx, viewOf } from "../map/view.ts";
import { tileOf } from "../live/wire.ts";
import type { Store } from "./store.ts";

/** `shown` is the fleet that is on the map, where that may be another than the live one. */
export function exposeDebug(store: Store, fleetMap: FleetMap, extra: () => object = () => ({}), shown: () => { row(id: string): number | undefined } = () => store.table): void {
  const read = () => ({
    screen: store.screen(),
    connection: store.status,
    vehicles: store.vehicleCount,
    isWhole: store.isWhole,
    held: store.heldCount,
    tiles: store.table.tileKeys.map(tileOf),
    cells: [...store.cells.cells].length,
    counts: { ...store.counts },
    sources: store.sources.map((source) => ({ ...source })),
    markers: markerCount(store),
    clusters: clustersOf(fleetMap),
    labels: fleetMap.overlay.labelTexts,
    isDrawable: fleetMap.overlay.isDrawable,
    framesDrawn: fleetMap.overlay.framesDrawn,
    framesPerSecondLimit: fleetMap.overlay.framesPerSecondLimit,
    updateCount: store.updateCount,
    updateTimesMs: [...store.updateTimesMs],
    frameTimesMs: [...fleetMap.overlay.frameTimesMs],
    trailPoints: fleetMap.trail.points.length,
    basemap: fleetMap.basemap.kind,
    style: fleetMap.map.getStyle()?.name ?? "",
    mapSources: Object.keys(fleetMap.map.getStyle()?.sources ?? {}).length,
    notice: document.getElementById("map-notice")?.textContent ?? "",
    isGliding: fleetMap.isGliding,
    isMapIdle: fleetMap.firstDrawing.isOver && fleetMap.map.loaded() && !fleetMap.map.isMoving(),
    center: fleetMap.map.getCenter().toArray(),
    zoom: fleetMap.map.getZoom(),
    ...extra(),
  });
  const screenPoint = (id: string) => {
    const row = shown().row(id);
    return row === undefined ? null : fleetMap.screenPoint(row);
  };
  const fixesOf = (id: string) => fleetMap.draws.fixesOf(id);
  Object.defineProperty(window, "fleetglass", { value: Object.freeze({ read, screenPoint, fixesOf }) });
}

function clustersOf({ clusters, map }: FleetMap): object[] {
  const view = viewOf(map);
  return clusters.clusters.map((cluster) => ({ xPx: toXPx(view, cluster.mercatorX), yPx: toYPx(view, cluster.mercatorY), ...cluster }));
}

/** Vehicles drawn on the map: those with a position. */
function markerCount({ table, updateCount }: Store): number {
  if (updateCount === 0) return 0;
  let count = 0;
  for (let row = 0; row < table.rowCount; row++) count += table.hasPosition(row) ? 1 : 0;
  return count;
}
