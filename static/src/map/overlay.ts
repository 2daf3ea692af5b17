// The vehicles' own canvas over the map. It is drawn in step with the map while that moves, and by
// itself while markers glide, so that a gliding fleet does not make the map draw itself again.

import type { Map as MapLibre } from "maplibre-gl";
import type { ClusterLayer } from "./cluster-layer.ts";
import { LabelAtlas } from "./label-atlas.ts";
import { LabelLayer } from "./label-layer.ts";
import { LabelPlacement } from "./label-placement.ts";
import type { LabelOrder, NamedColumns, PlacedLabel } from "./label-placement.ts";
import type { MarkerBuffer } from "./marker-buffer.ts";
import { MarkerLayer } from "./marker-layer.ts";
import { Pacing, rendererName } from "./pacing.ts";
import { readTheme } from "./theme.ts";
import { isSameView, viewOf } from "./view.ts";
import type { View } from "./view.ts";

const MOST_PIXEL_RATIO = 2;
/** Names are chosen at most this often, and where that costs much, more seldom. */
const LABELS_EVERY_MS = 334;
const LABELS_SHARE = 0.01;
const LABELS_SELDOM_MS = 2_000;
const SETTLE_EVERY_MS = 3_600_000;
const REPEATED_LOSS_MS = 60_000;

/** How large things are drawn. */
export interface DrawnSizes {
  /** Size of markers relative to the desk's. */
  markerScale: number;
  labelFontPx: number;
}

export interface OverlayOptions extends DrawnSizes {
  /** Whose name comes first; as at the desk where it is not given. */
  labelOrder?: LabelOrder | undefined;
  /** Nobody touches this screen: it slows down further than a desk, where it must. */
  isUnattended?: boolean | undefined;
  /** What stands for vehicles that are not drawn one by one; drawn in the same frame. */
  clusters?: ClusterLayer;
  /** Now by the clock that the fleet's times are of. */
  fleetNowMs(): number;
  /** While this is so nothing is drawn that can wait. */
  needsQuiet?(): boolean;
  /** Called after each draw call. */
  onDrawn?(): void;
  /** Called when the graphics context is lost twice in a row. */
  onHopeless(): void;
}

/** Vehicles and where they are drawn. */
export interface DrawnFleet {
  table: NamedColumns;
  markers: MarkerBuffer;
}

/** Milliseconds of this page as the marker buffer counts them. */
export function overlayNowMs(): number {
  return Math.round(performance.now());
}

export class Overlay {
  readonly canvas = document.createElement("canvas");
  framesDrawn = 0;
  /** Milliseconds that each of the last frames took on this thread, newest last. */
  readonly frameTimesMs: number[] = [];
  #map: MapLibre;
  #table: NamedColumns;
  #markers: MarkerBuffer;
  #options: OverlayOptions;
  #gl: WebGL2RenderingContext | null;
  #layers: { markers: MarkerLayer; labels: LabelLayer } | null = null;
  #atlas: LabelAtlas;
  #placement: LabelPlacement;
  #labels = new Map<number, PlacedLabel>();
  #labelsEveryMs = LABELS_EVERY_MS;
  #theme = readTheme();
  #pacing: Pacing;
  #selectedRow = -1;
  #labelsAtMs = -Infinity;
  #showsNames = true;
  #isRequested = false;
  #isChanged = true;
  /** As it was drawn last. */
  #view: View | null = null;
  #lostAtMs = -Infinity;

  constructor(map: MapLibre, { table, markers }: DrawnFleet, options: OverlayOptions) {
    this.#map = map;
    this.#table = table;
    this.#markers = markers;
    this.#options = options;
    this.canvas.className = "fleet-canvas";
    this.canvas.setAttribute("aria-hidden", "true");
    if (options.clusters) map.getCanvasContainer().append(options.clusters.canvas);
    map.getCanvasContainer().append(this.canvas);
    this.#atlas = new LabelAtlas(options.labelFontPx, this.#pixelRatio, this.#theme);
    this.#placement = new LabelPlacement(table, markers, this.#atlas);
    this.#gl = this.canvas.getContext("webgl2", { alpha: true, antialias: false, premultipliedAlpha: true });
    this.#pacing = new Pacing(this.#gl === null ? "" : rendererName(this.#gl), options.isUnattended);
    this.#surviveLoss();
    this.#makeLayers();
    // The map also draws itself because of tiles and of names that fade in, which is nothing to vehicles.
    map.on("render", () => {
      const view = viewOf(map);
      if (!isSameView(view, this.#view) || (this.#isChanged && options.needsQuiet?.() !== true)) this.#draw(view);
    });
    map.on("moveend", () => this.#replaceLabelsSoon());
    setInterval(() => this.#markers.settle(overlayNowMs()), SETTLE_EVERY_MS);
  }

  /** False while the graphics context is lost. */
  get isDrawable(): boolean {
    return this.#layers !== null;
  }

  get labelTexts(): string[] {
    return Array.from(this.#labels.values(), (label) => label.text);
  }

  get framesPerSecondLimit(): number {
    return this.#pacing.framesPerSecond;
  }

  /** Whether this machine is too slow for markers that glide. */
  get isStill(): boolean {
    return this.#pacing.isStill;
  }

  /** Draws all in other sizes from now on. */
  rescale({ markerScale, labelFontPx }: DrawnSizes): void {
    const { markerScale: scaleBefore, labelFontPx: fontBefore } = this.#options;
    if (markerScale === scaleBefore && labelFontPx === fontBefore) return;
    if (labelFontPx !== fontBefore) this.#atlas = new LabelAtlas(labelFontPx, this.#pixelRatio, this.#theme);
    this.#options = { ...this.#options, markerScale, labelFontPx };
    this.#placement = new LabelPlacement(this.#table, this.#markers, this.#atlas);
    this.#labels = new Map();
    this.#replaceLabelsSoon();
  }

  /** Whether names stand beside the vehicles; the selected one's does in any case. */
  set showsNames(showsNames: boolean) {
    this.#showsNames = showsNames;
    this.#replaceLabelsSoon();
  }

  select(row: number): void {
    this.#selectedRow = row;
    this.#markers.select(row);
    this.#replaceLabelsSoon();
  }

  /** Draws another fleet from now on; the one before is kept by whoever made it. */
  show({ table, markers }: DrawnFleet, isLive: boolean): void {
    this.#markers.select(-1);
    this.#table = table;
    this.#markers = markers;
    this.#placement = new LabelPlacement(table, markers, this.#atlas);
    this.#labels = new Map();
    this.#layers?.markers.reset();
    if (this.#options.clusters) this.#options.clusters.canvas.hidden = !isLive;
    this.select(-1);
  }

  /** Takes the theme's colours anew. */
  restyle(): void {
    this.#theme = readTheme();
    this.#atlas.restyle(this.#theme);
    this.#replaceLabelsSoon();
  }

  /** Tells that markers changed. */
  invalidate(): void {
    this.#isChanged = true;
    this.#request();
  }

  get #pixelRatio(): number {
    return Math.min(MOST_PIXEL_RATIO, devicePixelRatio || 1);
  }

  #replaceLabelsSoon(): void {
    this.#labelsAtMs = -Infinity;
    this.invalidate();
  }

  #request(): void {
    if (this.#isRequested) return;
    this.#isRequested = true;
    requestAnimationFrame(() => {
      this.#isRequested = false;
      const nowMs = overlayNowMs();
      const isRestless = nowMs < this.#markers.restlessUntilMs;
      if (this.#isChanged || isRestless) {
        if (this.#options.needsQuiet?.() !== true && this.#pacing.isDue(performance.now())) this.#draw(viewOf(this.#map));
        if (this.#isChanged || isRestless) this.#request();
      } else {
        this.#pacing.pause();
      }
    });
  }

  #draw(view: View): void {
    const gl = this.#gl;
    const layers = this.#layers;
    if (gl === null || layers === null || gl.isContextLost()) return;
    const startMs = performance.now();
    const nowMs = overlayNowMs();
    const ratio = this.#pixelRatio;
    this.#resize(gl, view.widthPx * ratio, view.heightPx * ratio);
    if (startMs - this.#labelsAtMs > this.#labelsEveryMs) this.#replaceLabels(view, nowMs);
    layers.markers.upload(this.#markers);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const { markerScale } = this.#options;
    layers.labels.draw(view, this.#labels.values(), this.#labels.size, this.#markers, this.#atlas, nowMs, ratio);
    layers.markers.draw(view, this.#table.rowCount, nowMs, this.#theme, markerScale, this.#selectedRow >= 0);
    this.#options.clusters?.draw(view, this.#theme, ratio);
    this.#options.onDrawn?.();
    this.#isChanged = false;
    this.#view = view;
    this.framesDrawn += 1;
    this.frameTimesMs.push(performance.now() - startMs);
    if (this.frameTimesMs.length > 200) this.frameTimesMs.shift();
    if (nowMs < this.#markers.restlessUntilMs) this.#request();
  }

  #replaceLabels(view: View, nowMs: number): void {
    const startMs = performance.now();
    this.#labelsAtMs = startMs;
    this.#labels = this.#placement.place({ view, nowMs, fleetNowMs: this.#options.fleetNowMs(), scale: this.#options.markerScale, selectedRow: this.#selectedRow, before: this.#labels, order: this.#options.labelOrder });
    if (!this.#showsNames) this.#labels = new Map([...this.#labels].filter(([row]) => row === this.#selectedRow));
    const costMs = performance.now() - startMs;
    this.#labelsEveryMs = Math.min(LABELS_SELDOM_MS, Math.max(LABELS_EVERY_MS, costMs / LABELS_SHARE));
    if (this.#placement.isUnfinished) setTimeout(() => this.invalidate(), this.#labelsEveryMs);
  }

  #resize(gl: WebGL2RenderingContext, width: number, height: number): void {
    const [w, h] = [Math.round(width), Math.round(height)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
    }
    gl.viewport(0, 0, w, h);
  }

  #makeLayers(): void {
    if (this.#gl === null) return;
    this.#layers = { markers: new MarkerLayer(this.#gl), labels: new LabelLayer(this.#gl) };
    this.invalidate();
  }

  #surviveLoss(): void {
    this.canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.#layers = null;
      const now = performance.now();
      if (now - this.#lostAtMs < REPEATED_LOSS_MS) this.#options.onHopeless();
      this.#lostAtMs = now;
    });
    this.canvas.addEventListener("webglcontextrestored", () => this.#makeLayers());
  }
}
