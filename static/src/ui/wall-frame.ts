// The part of the map that a wall would show, framed on the map: of the shape of a screen, in the
// part that no panel covers. The map is moved under it; until somebody does so, what it shows stays
// what it was, whatever becomes of the frame.

import type { Map as MapLibre, PaddingOptions } from "maplibre-gl";
import type { FreeBox } from "../map/free-box.ts";
import type { Bounds } from "../wall/scene.ts";
import { boundsBetween } from "../wall/scene-sent.ts";
import { h, setText } from "./dom.ts";
import { words } from "../words/words.ts";

/** As most panels are. */
export const USUAL_SHAPE = 16 / 9;
const MARGIN_PX = 20;
const LEAST_PX = 40;
const MOST_ZOOM = 20;

/** The largest box of a shape, width by height, within another, in its middle; of a box without room a small one. */
export function boxOfShape({ left, top, right, bottom }: FreeBox, shape: number): FreeBox {
  const room = (px: number) => Math.max(LEAST_PX, px - 2 * MARGIN_PX);
  const width = Math.min(room(right - left), room(bottom - top) * shape);
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const height = width / shape;
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

export class WallFrame {
  #shape = USUAL_SHAPE;
  /** What it is to show, until the map is moved. */
  #wanted: Bounds | null = null;
  #isMoving = false;
  #placed = "";
  #map: MapLibre;
  #freeBox: () => FreeBox;
  #name = h("span", { class: "wall-frame-name" });
  #frame = h("div", { class: "wall-frame" }, this.#name);
  #crop = h("div", { class: "wall-crop", "aria-hidden": "true", hidden: "" }, this.#frame);

  constructor(map: MapLibre, freeBox: () => FreeBox) {
    this.#map = map;
    this.#freeBox = freeBox;
    map.getContainer().append(this.#crop);
    map.on("resize", () => this.place());
    map.on("movestart", () => {
      if (!this.#isMoving) this.#wanted = null;
    });
  }

  get isShown(): boolean {
    return !this.#crop.hidden;
  }

  set isShown(isShown: boolean) {
    this.#crop.hidden = !isShown;
    this.place();
  }

  set name(name: string) {
    setText(this.#name, name === "" ? words.wallTab.frame : name);
  }

  /** Width by height of the screen it is for. */
  set shape(shape: number) {
    if (shape === this.#shape) return;
    if (this.isShown) this.#wanted = this.bounds;
    this.#shape = shape;
    this.place();
  }

  /** What is within it. */
  get bounds(): Bounds {
    if (this.#wanted !== null) return this.#wanted;
    const { left, top, right, bottom } = this.#box;
    return boundsBetween(this.#map.unproject([left, bottom]), this.#map.unproject([right, top]));
  }

  /** Puts it where there is room now; to be called whenever panels come and go. */
  place(): void {
    if (!this.isShown) return;
    const { left, top, right, bottom } = this.#box;
    const placed = [left, top, right, bottom].join();
    if (placed === this.#placed) return;
    this.#placed = placed;
    if (this.#wanted !== null) this.lookAt(this.#wanted, false);
    Object.assign(this.#frame.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
  }

  /** Shows these, and nothing else than these until the map is moved. */
  moveTo(bounds: Bounds, animate: boolean): void {
    this.#wanted = bounds;
    this.lookAt(bounds, animate);
  }

  /** Moves the map so that all of these are within it. */
  lookAt(bounds: Bounds, animate: boolean, maxZoom = MOST_ZOOM): void {
    this.#isMoving = true;
    this.#map.fitBounds(bounds, { padding: this.#padding, animate, maxZoom });
    this.#isMoving = false;
  }

  get #box(): FreeBox {
    return boxOfShape(this.#freeBox(), this.#shape);
  }

  get #padding(): PaddingOptions {
    const { clientWidth, clientHeight } = this.#map.getCanvas();
    const { left, top, right, bottom } = this.#box;
    return { left, top, right: clientWidth - right, bottom: clientHeight - bottom };
  }
}
