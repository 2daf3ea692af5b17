// The map with the fleet on it: one object that the desk and the wall both use. It hides the
// renderer, the overlay and the theme; callers give it patches and ask it to look somewhere.

import { AttributionControl, FullscreenControl, Map as MapLibre, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import type { IControl } from "maplibre-gl";
import type { CellBook } from "../live/cells.ts";
import type { RowChanges } from "../live/decoder.ts";
import { WORLD_SIGHT, sightOf } from "../live/sight.ts";
import type { Sight } from "../live/sight.ts";
import { absoluteUrl } from "../page/boot.ts";
import type { MapBoot } from "../page/boot.ts";
import type { FleetTable } from "../page/fleet-table.ts";
import { reloadAsLastResort } from "../page/reload.ts";
import { Basemap } from "./basemap.ts";
import { ClusterLayer } from "./cluster-layer.ts";
import type { Cluster } from "./clusters.ts";
import { DrawWatch } from "./draw-watch.ts";
import { GhostLayer } from "./ghosts.ts";
import { FirstDrawing } from "./first-drawing.ts";
import { forgetLostStyles } from "./lost-styles.ts";
import { MarkerBuffer } from "./marker-buffer.ts";
import { latDegOf, lngDegOf } from "./mercator.ts";
import { Overlay, overlayNowMs } from "./overlay.ts";
import type { DrawnFleet, DrawnSizes } from "./overlay.ts";
import type { LabelOrder } from "./label-placement.ts";
import { pickRow } from "./picking.ts";
import { PlaceLayer } from "./place-layer.ts";
import { onThemeChange, readTheme } from "./theme.ts";
import { TrailLayer } from "./trail.ts";
import { countUncovered } from "./in-sight.ts";
import { markerRadiusPx, viewOf, worldBox } from "./view.ts";
import { words } from "../words/words.ts";

const LEAST_ZOOM_WHEN_SELECTED = 11;
const PICK_SLACK_PX = 8;
const TOUCH_SLACK_PX = 18;
const CLUSTER_PADDING_PX = 40;
const MOST_ZOOM_INTO_CLUSTER = 12;

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

export interface FleetMapOptions {
  container: HTMLElement;
  boot: MapBoot;
  table: FleetTable;
  cells: CellBook;
  isInteractive: boolean;
  markerScale: number;
  labelFontPx: number;
  /** Now by the clock that the fleet's times are of. */
  fleetNowMs(): number;
  /** `isMore`: it was clicked with a key that adds to what was chosen before. */
  onPick(row: number, isMore: boolean): void;
  onNotice(notice: string): void;
  /** See `OverlayOptions`. */
  labelOrder?: LabelOrder;
  isUnattended?: boolean;
  /** In place of a reload where the graphics card fails again and again. */
  onHopeless?(): void;
}

export class FleetMap {
  readonly map: MapLibre;
  readonly places: PlaceLayer;
  readonly trail: TrailLayer;
  readonly ghosts: GhostLayer;
  readonly overlay: Overlay;
  readonly basemap: Basemap;
  readonly draws: DrawWatch;
  readonly clusters: ClusterLayer;
  readonly firstDrawing: FirstDrawing;
  #markers: MarkerBuffer;
  #live: DrawnFleet;
  #shown: DrawnFleet;
  #cells: CellBook;
  #isAtRest = false;
  #scale = new ScaleControl({ maxWidth: 120 });
  /** Takes clicks in place of the vehicles, as long as it is there. */
  clickTaker: ((lngLatDeg: [number, number]) => void) | null = null;

  constructor(options: FleetMapOptions) {
    setWorkerUrl(absoluteUrl(MAPLIBRE_WORKER_URL));
    this.#cells = options.cells;
    this.#markers = new MarkerBuffer(options.table, () => !reducedMotion.matches && !this.overlay.isStill);
    this.draws = new DrawWatch(options.table);
    this.clusters = new ClusterLayer(options.cells, options.table, options.markerScale);
    this.map = createMap(options);
    this.firstDrawing = new FirstDrawing(this.map);
    const theme = readTheme();
    // Under the trail, so before it.
    this.places = new PlaceLayer(this.map, theme);
    this.trail = new TrailLayer(this.map, theme);
    this.ghosts = new GhostLayer(this.map, theme);
    this.#live = { table: options.table, markers: this.#markers };
    this.#shown = this.#live;
    this.overlay = new Overlay(this.map, this.#live, {
      fleetNowMs: options.fleetNowMs,
      markerScale: options.markerScale,
      labelFontPx: options.labelFontPx,
      labelOrder: options.labelOrder,
      isUnattended: options.isUnattended,
      clusters: this.clusters,
      needsQuiet: () => this.firstDrawing.needsQuiet,
      onDrawn: () => this.draws.drawn(),
      onHopeless: options.onHopeless ?? (() => reloadAsLastResort(Date.now())),
    });
    this.basemap = new Basemap(this.map, options.boot, { onNotice: options.onNotice });
    if (options.boot.kind !== "builtin") void this.basemap.load();
    onThemeChange(() => this.#restyle());
    void document.fonts.load('600 12px "Noto Sans"').then(() => this.overlay.restyle());
    if (!options.isInteractive) return;
    this.#addControls();
    this.#pickOnClick(options);
  }

  /** Shows rows that changed and hides rows that are gone; the table has them already. */
  apply(changes: RowChanges): void {
    this.#markers.update(changes, overlayNowMs());
    this.draws.buffered();
    this.overlay.invalidate();
  }

  /** For when nobody may look any more: it asks the server for no tile of its own accord. */
  rest(): void {
    this.#isAtRest = true;
  }

  /** Tells that what is shown changed. */
  invalidate(): void {
    this.overlay.invalidate();
  }

  /** Draws another fleet, as of the past; null for the live one, which is up to date at any time. */
  showFleet(fleet: DrawnFleet | null): void {
    this.#shown.markers.choose([]);
    this.#shown = fleet ?? this.#live;
    this.overlay.show(this.#shown, fleet === null);
  }

  /** Draws vehicles and their names in other sizes from now on. */
  rescale(sizes: DrawnSizes): void {
    this.overlay.rescale(sizes);
    this.clusters.rescale(sizes.markerScale);
  }

  /** What the map shows now. */
  get sight(): Sight {
    const bounds = this.map.getBounds();
    return sightOf([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()], this.map.getZoom());
  }

  /** How many vehicles can be seen on the map, those in discs too; not what lies under `panels`. */
  countInSight(panels: readonly DOMRect[]): number {
    const view = viewOf(this.map);
    const [halfX, halfY] = [view.widthPx / 2, view.heightPx / 2];
    const found = this.#shown.markers.within(worldBox(view, halfX, halfY, halfX, halfY), overlayNowMs());
    return countUncovered(found, view, this.#shown === this.#live ? this.clusters.clusters : [], panels);
  }

  /** Tells what the map shows, now and whenever it moved. */
  watchSight(onSight: (sight: Sight) => void): void {
    for (const event of ["move", "resize"] as const) this.map.on(event, () => onSight(this.sight));
    onSight(this.sight);
  }

  /** Whether some marker moves by itself now. */
  get isGliding(): boolean {
    return overlayNowMs() < this.#shown.markers.restlessUntilMs;
  }

  select(row: number): void {
    this.overlay.select(row);
  }

  /** Puts rings round the rows that were chosen together, of the fleet that is shown. */
  choose(rows: readonly number[]): void {
    this.#shown.markers.choose(rows);
    this.overlay.invalidate();
  }

  /** Marks the rows of the live fleet that have an open alarm: the severity, from 1, by row. */
  alarm(severities: ReadonlyMap<number, number>): void {
    this.#live.markers.alarm(severities);
    this.overlay.invalidate();
  }

  /** Brings a place (degrees) into the middle of what `leftPx` and `rightPx` of panels leave free. */
  flyTo(center: [lngDeg: number, latDeg: number], insets: { leftPx: number; rightPx: number; bottomPx: number }): void {
    this.goTo(center, Math.max(this.map.getZoom(), LEAST_ZOOM_WHEN_SELECTED), insets);
  }

  /** The same at a zoom of one's own. */
  goTo(center: [lngDeg: number, latDeg: number], zoom: number, insets: { leftPx: number; rightPx: number; bottomPx: number }): void {
    const offset: [number, number] = [(insets.leftPx - insets.rightPx) / 2, -insets.bottomPx / 2];
    if (reducedMotion.matches) this.map.jumpTo({ center, zoom });
    else this.map.flyTo({ center, zoom, offset, speed: 1.6, maxDuration: 2_500 });
  }

  /** Where a row's marker is now, CSS pixels from the map's top left. */
  screenPoint(row: number): { xPx: number; yPx: number } {
    const point = this.#shown.markers.drawnAt(row, overlayNowMs(), { x: 0, y: 0 });
    const screen = this.map.project([lngDegOf(point.x), latDegOf(point.y)]);
    return { xPx: screen.x, yPx: screen.y };
  }

  /** Where a row's marker is now, degrees; null without a position. */
  placeOf(row: number): [lngDeg: number, latDeg: number] | null {
    if (!this.#shown.table.hasPosition(row)) return null;
    const point = this.#shown.markers.drawnAt(row, overlayNowMs(), { x: 0, y: 0 });
    return [lngDegOf(point.x), latDegOf(point.y)];
  }

  /** What the scale at the map's corner is in. */
  setScale(unit: "metric" | "imperial"): void {
    this.#scale.setUnit(unit);
  }

  /** The zoom, and over it the whole screen, panels included. */
  #addControls(): void {
    this.map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
    this.map.addControl(new FullscreenControl({ container: document.documentElement }), "bottom-right");
    this.map.addControl(this.#scale, "bottom-left");
  }

  /** Puts tools above the zoom. */
  addTools(element: HTMLElement): void {
    const control: IControl = { onAdd: () => element, onRemove: () => element.remove() };
    this.map.addControl(control, "bottom-right");
  }

  #restyle(): void {
    if (this.#isAtRest) return;
    this.trail.theme = this.ghosts.theme = this.places.theme = readTheme();
    this.overlay.restyle();
    void this.basemap.load();
  }

  #rowAt(xPx: number, yPx: number, slackPx: number, scale: number): number {
    const view = viewOf(this.map);
    const reachPx = markerRadiusPx(view.zoom, scale) + slackPx;
    return pickRow(this.#shown.markers, view, xPx, yPx, reachPx, overlayNowMs());
  }

  #isOver(xPx: number, yPx: number, scale: number): boolean {
    return this.#rowAt(xPx, yPx, 2, scale) >= 0 || this.#clusterAt(xPx, yPx) !== null;
  }

  #clusterAt(xPx: number, yPx: number): Cluster | null {
    return this.#shown === this.#live ? this.clusters.at(xPx, yPx, viewOf(this.map)) : null;
  }

  /** Shows the cells of a cluster, at least a level closer than now. */
  #zoomInto(cluster: Cluster, originalEvent: MouseEvent): void {
    const camera = this.map.cameraForBounds(boundsOf(cluster, this.#cells.level), { padding: CLUSTER_PADDING_PX });
    const center: [number, number] = [lngDegOf(cluster.mercatorX), latDegOf(cluster.mercatorY)];
    const zoom = Math.max(this.map.getZoom() + 1, Math.min(camera?.zoom ?? 0, MOST_ZOOM_INTO_CLUSTER));
    if (reducedMotion.matches) this.map.jumpTo({ center, zoom }, { originalEvent });
    else this.map.easeTo({ center, zoom, duration: 600 }, { originalEvent });
  }

  #pickOnClick({ markerScale, onPick }: FleetMapOptions): void {
    const canvas = this.map.getCanvas();
    this.map.on("click", ({ point, lngLat, originalEvent }) => {
      if (this.clickTaker !== null) return this.clickTaker(lngLat.toArray());
      const isTouch = (originalEvent as Partial<PointerEvent>).pointerType === "touch";
      const row = this.#rowAt(point.x, point.y, isTouch ? TOUCH_SLACK_PX : PICK_SLACK_PX, markerScale);
      const cluster = row < 0 ? this.#clusterAt(point.x, point.y) : null;
      if (cluster === null) onPick(row, originalEvent.shiftKey || originalEvent.ctrlKey || originalEvent.metaKey);
      else this.#zoomInto(cluster, originalEvent);
    });
    // A mouse tells of its moves far more often than a frame is drawn.
    let pointer: { x: number; y: number } | null = null;
    this.map.on("mousemove", (event) => {
      if (pointer === null) requestAnimationFrame(look);
      pointer = event.point;
    });
    const look = () => {
      const isOver = pointer !== null && this.clickTaker === null && this.#isOver(pointer.x, pointer.y, markerScale);
      pointer = null;
      canvas.style.cursor = this.clickTaker !== null ? "crosshair" : isOver ? "pointer" : "";
    };
  }
}

/** The bounds of a cluster's cells, which are tiles of `level`. */
function boundsOf({ left, right, top, bottom }: Cluster, level: number): [[number, number], [number, number]] {
  const width = 2 ** (32 - level);
  const southWest: [number, number] = [lngDegOf(left * width), latDegOf((bottom + 1) * width)];
  return [southWest, [lngDegOf((right + 1) * width), latDegOf(top * width)]];
}

function createMap({ container, boot, isInteractive }: FleetMapOptions): MapLibre {
  const map = new MapLibre({
    container,
    style: Basemap.builtin(boot),
    center: [15, 20],
    zoom: WORLD_SIGHT.zoom,
    maxZoom: 20,
    maxPitch: 0,
    interactive: isInteractive,
    dragRotate: false,
    touchPitch: false,
    pitchWithRotate: false,
    rollEnabled: false,
    attributionControl: false,
    locale: controlWords(),
    fadeDuration: 150,
    reduceMotion: reducedMotion.matches,
  });
  forgetLostStyles(map);
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new AttributionControl({ compact: false }), "bottom-right");
  return map;
}

/** The map's own controls, by the names that MapLibre has for what they say. */
function controlWords(): Record<string, string> {
  const { map, marker, zoomIn, zoomOut, enterFullscreen, exitFullscreen, sources } = words.mapControls;
  return {
    "AttributionControl.ToggleAttribution": sources,
    "Map.Title": map,
    "Marker.Title": marker,
    "NavigationControl.ZoomIn": zoomIn,
    "NavigationControl.ZoomOut": zoomOut,
    "FullscreenControl.Enter": enterFullscreen,
    "FullscreenControl.Exit": exitFullscreen,
  };
}
