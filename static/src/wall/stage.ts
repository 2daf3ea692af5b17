// The map of a wall: it shows a scene, keeps it in view, and lets go for a minute of a map that
// somebody touched.

import { AutoFrame } from "../map/auto-frame.ts";
import type { Padding } from "../map/auto-frame.ts";
import { FleetMap } from "../map/fleet-map.ts";
import { WALL_ORDER } from "../map/label-placement.ts";
import type { RowChanges } from "../live/decoder.ts";
import type { MapBoot } from "../page/boot.ts";
import type { Store } from "../page/store.ts";
import { byId, setText } from "../ui/dom.ts";
import { frameOfArea } from "./area.ts";
import { GraphicsWatch } from "./graphics.ts";
import type { Scene } from "./scene.ts";
import type { Sizes } from "./sizes.ts";

/** As an alarm that somebody must act on is marked. */
const WORST = 3;
const TOUCH_PAUSES_MS = 60_000;
/** Room around what is framed, as a part of the screen's smaller side. */
const MARGIN = 0.06;

export interface StageOptions {
  boot: MapBoot;
  store: Store;
  sizes: Sizes;
  scene: Scene;
  bar: HTMLElement;
  /** The graphics card fails again and again. */
  onHopeless(): void;
}

export class MapStage {
  readonly fleetMap: FleetMap;
  #store: Store;
  #framing: AutoFrame;
  #graphics: GraphicsWatch;
  #scene: Scene;
  #bar: HTMLElement;
  #alarmed = new Map<string, readonly string[]>();

  constructor({ boot, store, sizes, scene, bar, onHopeless }: StageOptions) {
    this.#store = store;
    this.#scene = scene;
    this.#bar = bar;
    this.fleetMap = new FleetMap({
      container: byId("map"),
      boot: { ...boot, leastTextPx: sizes.needed.fontPx },
      table: store.table,
      cells: store.cells,
      isInteractive: false,
      markerScale: sizes.markerScale,
      labelFontPx: sizes.labelFontPx,
      labelOrder: WALL_ORDER,
      isUnattended: true,
      fleetNowMs: () => store.serverNowMs(),
      onPick: () => {},
      onNotice: (notice) => setText(byId("map-notice"), notice),
      // The watch below counts the losses of both canvases.
      onHopeless: () => {},
    });
    const { map, overlay } = this.fleetMap;
    const isReduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#framing = new AutoFrame(map, () => frameOfArea(this.#scene.area, store), () => this.#padding(), !isReduced && overlay.framesPerSecondLimit === 0);
    this.#graphics = new GraphicsWatch([map.getCanvas(), overlay.canvas], onHopeless);
    this.#letTouch();
  }

  get framesDrawn(): number {
    return this.fleetMap.overlay.framesDrawn;
  }

  get frameTimesMs(): readonly number[] {
    return this.fleetMap.overlay.frameTimesMs;
  }

  get lossCount(): number {
    return this.#graphics.lossCount;
  }

  /** The map's middle, degrees; null before the fleet was in view. */
  get place(): [number, number] | null {
    return !this.#framing.hasFramed ? null : (this.fleetMap.map.getCenter().toArray() as [number, number]);
  }

  /** Asks the server for what is in view, from now on. */
  begin(): void {
    this.fleetMap.watchSight((sight) => this.#store.setSight(sight));
  }

  apply(changes: RowChanges): void {
    this.fleetMap.apply(changes);
    if (this.#alarmed.size > 0) this.#nameAlarmed();
  }

  invalidate(): void {
    this.fleetMap.overlay.invalidate();
  }

  rest(): void {
    this.fleetMap.rest();
  }

  show(scene: Scene): void {
    this.#scene = scene;
    this.fleetMap.overlay.showsNames = scene.layers.names;
    this.#framing.restart();
    // Before the fleet is there, its first vehicles say where to look.
    if (this.#store.updateCount > 0) this.#framing.tick(performance.now());
  }

  resize(sizes: Sizes): void {
    this.fleetMap.rescale(sizes);
  }

  tick(nowMs: number): void {
    this.#framing.tick(nowMs);
  }

  isTouched(nowMs: number): boolean {
    return this.#framing.isPaused(nowMs);
  }

  /** The vehicles that an alarm is about; none where it is over. */
  alarm(id: string, vehicles: readonly string[]): void {
    if (vehicles.length === 0) this.#alarmed.delete(id);
    else this.#alarmed.set(id, vehicles);
    this.#nameAlarmed();
  }

  #nameAlarmed(): void {
    const rows = [...this.#alarmed.values()].flat().flatMap((id) => this.#store.table.row(id) ?? []);
    this.fleetMap.alarm(new Map(rows.map((row) => [row, WORST])));
  }

  /** A panel that can be touched may be moved by hand; it goes its own way again after a minute. */
  #letTouch(): void {
    const { map } = this.fleetMap;
    map.dragPan.enable();
    map.touchZoomRotate.enable();
    map.touchZoomRotate.disableRotation();
    const pause = () => this.#framing.pause(performance.now() + TOUCH_PAUSES_MS);
    for (const kind of ["pointerdown", "touchstart"] as const) map.getContainer().addEventListener(kind, pause, { passive: true });
  }

  /** What the panels leave free of the map; a panel stands at the side of a wide screen, else at the bottom. */
  #padding(): Padding {
    const area = this.fleetMap.map.getContainer().getBoundingClientRect();
    const margin = Math.min(area.width, area.height) * MARGIN;
    const bar = this.#bar.getBoundingClientRect();
    const isAside = bar.height > bar.width;
    const isLeft = bar.left - area.left < area.right - bar.right;
    return {
      top: margin + byId("wall-top").offsetHeight,
      bottom: margin + (isAside || bar.height === 0 ? 0 : area.bottom - bar.top),
      left: margin + (isAside && isLeft ? bar.right - area.left : 0),
      right: margin + (isAside && !isLeft ? area.right - bar.left : 0),
    };
  }
}
