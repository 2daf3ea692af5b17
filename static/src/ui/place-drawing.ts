// Drawing a place on the map: a circle by pressing and dragging, a polygon by clicks; afterwards the
// handles are dragged. With the keyboard: Space sets a point where the cross in the middle is, Enter
// closes, Backspace takes the last one back.

import type { FleetMap } from "../map/fleet-map.ts";
import { distanceM } from "../map/great-circle.ts";
import { PlaceSketch } from "../map/place-sketch.ts";
import type { Sketch } from "../map/place-sketch.ts";
import { onThemeChange, readTheme } from "../map/theme.ts";
import { LEAST_RADIUS_M, MOST_RADIUS_M } from "../page/places.ts";
import type { Point } from "../page/places.ts";
import { h } from "./dom.ts";

/** Of a circle that was clicked, not dragged: so many pixels of the map. */
const FIRST_RADIUS_PX = 40;
const DRAG_PX = 6;

export class PlaceDrawing {
  sketch: Sketch | null = null;
  #fleetMap: FleetMap;
  #layer: PlaceSketch;
  #onChange: () => void;
  #cross = h("div", { class: "map-cross", "aria-hidden": "true", hidden: "" });
  #pressed: { center: Point; xPx: number; yPx: number } | null = null;

  constructor(fleetMap: FleetMap, onChange: () => void) {
    this.#fleetMap = fleetMap;
    this.#onChange = onChange;
    const { map } = fleetMap;
    this.#layer = new PlaceSketch(map, readTheme(), { onDrag: (index, to) => this.#drag(index, to), onClick: (index) => this.#clickHandle(index) });
    onThemeChange(() => (this.#layer.theme = readTheme()));
    const canvas = map.getCanvas();
    canvas.parentElement?.append(this.#cross);
    // Before the map's own keys.
    canvas.addEventListener("keydown", (event) => this.#key(event), { capture: true });
    for (const type of ["focus", "blur"] as const) canvas.addEventListener(type, () => this.#showCross());
    map.on("mousedown", (event) => {
      const { sketch } = this;
      if (sketch?.kind !== "circle" || sketch.center !== null || event.originalEvent.button !== 0) return;
      event.preventDefault();
      this.#pressed = { center: event.lngLat.toArray(), xPx: event.point.x, yPx: event.point.y };
      this.#putCircle(this.#pressed.center, this.#pxM(FIRST_RADIUS_PX));
    });
    map.on("mousemove", (event) => {
      if (this.#pressed === null || Math.hypot(event.point.x - this.#pressed.xPx, event.point.y - this.#pressed.yPx) < DRAG_PX) return;
      this.#putCircle(this.#pressed.center, distanceM(this.#pressed.center, event.lngLat.toArray()));
    });
    addEventListener("mouseup", () => (this.#pressed = null));
  }

  /** Begins with a shape, or an empty one to be drawn; takes the map's clicks from now on. */
  start(sketch: Sketch): void {
    const { map } = this.#fleetMap;
    this.sketch = sketch;
    this.#fleetMap.clickTaker = (at) => this.#click(at);
    map.doubleClickZoom.disable();
    this.#show();
  }

  stop(): void {
    if (this.sketch === null) return;
    this.sketch = null;
    this.#pressed = null;
    this.#fleetMap.clickTaker = null;
    this.#fleetMap.map.doubleClickZoom.enable();
    this.#fleetMap.map.getCanvas().style.cursor = "";
    this.#show();
  }

  /** Takes what was typed. */
  take(sketch: Sketch): void {
    this.sketch = sketch;
    this.#show();
  }

  focusMap(): void {
    this.#fleetMap.map.getCanvas().focus({ preventScroll: true });
  }

  #show(): void {
    this.#layer.show(this.sketch);
    this.#showCross();
  }

  #change(sketch: Sketch): void {
    this.take(sketch);
    this.#onChange();
  }

  #click(at: Point): void {
    const { sketch } = this;
    if (sketch?.kind === "circle" && sketch.center === null) this.#putCircle(at, this.#pxM(FIRST_RADIUS_PX));
    if (sketch?.kind === "polygon" && !sketch.isClosed) this.#change({ ...sketch, points: [...sketch.points, at] });
  }

  #clickHandle(index: number): void {
    if (index === 0) this.#close();
  }

  #close(): void {
    const { sketch } = this;
    if (sketch?.kind === "polygon" && !sketch.isClosed && sketch.points.length > 2) this.#change({ ...sketch, isClosed: true });
  }

  #drag(index: number, to: Point): void {
    const { sketch } = this;
    if (sketch?.kind === "polygon") this.#change({ ...sketch, points: sketch.points.map((point, i) => (i === index ? to : point)) });
    else if (sketch?.kind === "circle" && sketch.center !== null) this.#putCircle(index === 0 ? to : sketch.center, index === 0 ? sketch.radiusM : distanceM(sketch.center, to));
  }

  #putCircle(center: Point, radiusM: number): void {
    this.#change({ kind: "circle", center, radiusM: Math.min(MOST_RADIUS_M, Math.max(LEAST_RADIUS_M, Math.round(radiusM))) });
  }

  /** Pixels at the middle of the map in metres. */
  #pxM(px: number): number {
    const { map } = this.#fleetMap;
    const { x, y } = map.project(map.getCenter());
    return distanceM(map.unproject([x, y]).toArray(), map.unproject([x + px, y]).toArray());
  }

  #key(event: KeyboardEvent): void {
    const { sketch } = this;
    if (sketch === null || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") this.#click(this.#fleetMap.map.getCenter().toArray());
    else if (event.key === "Enter") this.#close();
    else if (event.key === "Backspace" && sketch.kind === "polygon") this.#change({ ...sketch, points: sketch.points.slice(0, -1), isClosed: false });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #showCross(): void {
    const { sketch } = this;
    const isOpen = sketch !== null && (sketch.kind === "circle" ? sketch.center === null : !sketch.isClosed);
    this.#cross.hidden = !isOpen || !this.#fleetMap.map.getCanvas().matches(":focus-visible");
  }
}
