// The map with the fleet on it: one object that the desk and the wall both use. It hides the
// renderer, the overlay and the theme; callers give it patches and ask it to look somewhere.

import { AttributionControl, Map as MapLibre, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import type { RowChanges } from "../live/decoder.ts";
import { sightOf } from "../live/sight.ts";
import type { Sight } from "../live/sight.ts";
import { absoluteUrl } from "../page/boot.ts";
import type { MapBoot } from "../page/boot.ts";
import type { FleetTable } from "../page/fleet-table.ts";
import { reloadAsLastResort } from "../page/reload.ts";
import { Basemap } from "./basemap.ts";
import { DrawWatch } from "./draw-watch.ts";
import { MarkerBuffer } from "./marker-buffer.ts";
import { latDegOf, lngDegOf } from "./mercator.ts";
import { Overlay, overlayNowMs } from "./overlay.ts";
import { pickRow } from "./picking.ts";
import { onThemeChange, readTheme } from "./theme.ts";
import { TrailLayer } from "./trail.ts";
import { markerRadiusPx, viewOf } from "./view.ts";

const LEAST_ZOOM_WHEN_SELECTED = 11;
const PICK_SLACK_PX = 8;
const TOUCH_SLACK_PX = 18;

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

export interface FleetMapOptions {
  container: HTMLElement;
  boot: MapBoot;
  table: FleetTable;
  isInteractive: boolean;
  markerScale: number;
  labelFontPx: number;
  onPick(row: number): void;
  onNotice(notice: string): void;
}

export class FleetMap {
  readonly map: MapLibre;
  readonly trail: TrailLayer;
  readonly overlay: Overlay;
  readonly basemap: Basemap;
  readonly draws: DrawWatch;
  #markers: MarkerBuffer;
  #table: FleetTable;

  constructor(options: FleetMapOptions) {
    setWorkerUrl(absoluteUrl(MAPLIBRE_WORKER_URL));
    this.#table = options.table;
    this.#markers = new MarkerBuffer(options.table, () => !reducedMotion.matches);
    this.draws = new DrawWatch(options.table);
    this.map = createMap(options);
    this.trail = new TrailLayer(this.map);
    this.trail.color = readTheme().trail;
    this.overlay = new Overlay(this.map, options.table, this.#markers, {
      markerScale: options.markerScale,
      labelFontPx: options.labelFontPx,
      onDrawn: () => this.draws.drawn(),
      onHopeless: () => reloadAsLastResort(Date.now()),
    });
    this.basemap = new Basemap(this.map, options.boot, { onNotice: options.onNotice });
    if (options.boot.kind !== "builtin") void this.basemap.load();
    onThemeChange(() => this.#restyle());
    void document.fonts.load('600 12px "Noto Sans"').then(() => this.overlay.restyle());
    if (options.isInteractive) this.#pickOnClick(options);
  }

  /** Shows rows that changed and hides rows that are gone; the table has them already. */
  apply(changes: RowChanges): void {
    this.#markers.update(changes, overlayNowMs());
    this.draws.buffered();
    this.overlay.invalidate();
  }

  /** What the map shows now. */
  get sight(): Sight {
    const bounds = this.map.getBounds();
    return sightOf([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()], this.map.getZoom());
  }

  /** Tells what the map shows, now and whenever it moved. */
  watchSight(onSight: (sight: Sight) => void): void {
    for (const event of ["move", "resize"] as const) this.map.on(event, () => onSight(this.sight));
    onSight(this.sight);
  }

  /** Whether some marker moves by itself now. */
  get isGliding(): boolean {
    return overlayNowMs() < this.#markers.restlessUntilMs;
  }

  select(row: number): void {
    this.overlay.select(row);
  }

  /** Brings a vehicle into the middle of what `leftPx` and `rightPx` of panels leave free. */
  flyTo(row: number, insets: { leftPx: number; rightPx: number; bottomPx: number }): void {
    if (!this.#table.hasPosition(row)) return;
    const center: [number, number] = [lngDegOf(this.#table.mercatorX[row]!), latDegOf(this.#table.mercatorY[row]!)];
    const zoom = Math.max(this.map.getZoom(), LEAST_ZOOM_WHEN_SELECTED);
    const offset: [number, number] = [(insets.leftPx - insets.rightPx) / 2, -insets.bottomPx / 2];
    if (reducedMotion.matches) this.map.jumpTo({ center, zoom });
    else this.map.flyTo({ center, zoom, offset, speed: 1.6, maxDuration: 2_500 });
  }

  /** Where a row's marker is now, CSS pixels from the map's top left. */
  screenPoint(row: number): { xPx: number; yPx: number } {
    const point = this.#markers.drawnAt(row, overlayNowMs(), { x: 0, y: 0 });
    const screen = this.map.project([lngDegOf(point.x), latDegOf(point.y)]);
    return { xPx: screen.x, yPx: screen.y };
  }

  #restyle(): void {
    this.trail.color = readTheme().trail;
    this.overlay.restyle();
    void this.basemap.load();
  }

  #rowAt(xPx: number, yPx: number, slackPx: number, scale: number): number {
    const view = viewOf(this.map);
    const reachPx = markerRadiusPx(view.zoom, scale) + slackPx;
    return pickRow(this.#markers, view, xPx, yPx, reachPx, overlayNowMs());
  }

  #pickOnClick({ markerScale, onPick }: FleetMapOptions): void {
    const canvas = this.map.getCanvas();
    this.map.on("click", (event) => {
      const isTouch = (event.originalEvent as Partial<PointerEvent>).pointerType === "touch";
      onPick(this.#rowAt(event.point.x, event.point.y, isTouch ? TOUCH_SLACK_PX : PICK_SLACK_PX, markerScale));
    });
    // A mouse tells of its moves far more often than a frame is drawn.
    let pointer: { x: number; y: number } | null = null;
    this.map.on("mousemove", (event) => {
      if (pointer === null) requestAnimationFrame(look);
      pointer = event.point;
    });
    const look = () => {
      const isOver = pointer !== null && this.#rowAt(pointer.x, pointer.y, 2, markerScale) >= 0;
      pointer = null;
      canvas.style.cursor = isOver ? "pointer" : "";
    };
  }
}

function createMap({ container, boot, isInteractive }: FleetMapOptions): MapLibre {
  const map = new MapLibre({
    container,
    style: Basemap.builtin(boot),
    center: [15, 20],
    zoom: 1.6,
    maxZoom: 20,
    maxPitch: 0,
    interactive: isInteractive,
    dragRotate: false,
    touchPitch: false,
    pitchWithRotate: false,
    rollEnabled: false,
    attributionControl: false,
    fadeDuration: 150,
    reduceMotion: reducedMotion.matches,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new AttributionControl({ compact: false }), "bottom-right");
  if (isInteractive) {
    map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
    map.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-left");
  }
  return map;
}
