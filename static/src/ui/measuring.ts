// Measuring a distance: clicks on the map set points, or Enter does where the cross in the middle
// is, for those who move the map with the arrow keys. Escape ends it.

import type { FleetMap } from "../map/fleet-map.ts";
import { MeasureLayer } from "../map/measure.ts";
import { onThemeChange, readTheme } from "../map/theme.ts";
import { h, setText } from "./dom.ts";
import { toolIcon } from "./tool-icons.ts";
import { distanceText } from "./words.ts";
import { words } from "../words/words.ts";

export class Measuring {
  readonly element = h("div", { class: "map-bar measure-bar", hidden: "" });
  isOn = false;
  #fleetMap: FleetMap;
  #layer: MeasureLayer;
  #text = h("p", { role: "status" });
  #undo = h("button", { type: "button", class: "bar-button" }, words.measure.undo);
  #clear = h("button", { type: "button", class: "bar-button" }, words.measure.clear);
  #done = h("button", { type: "button", class: "bar-button" }, words.measure.done);
  #cross = h("div", { class: "map-cross", "aria-hidden": "true", hidden: "" });
  #onChange: () => void;

  constructor(fleetMap: FleetMap, onChange: () => void) {
    this.#fleetMap = fleetMap;
    this.#onChange = onChange;
    this.#layer = new MeasureLayer(fleetMap.map, readTheme());
    onThemeChange(() => (this.#layer.theme = readTheme()));
    this.element.append(toolIcon("measure"), this.#text, this.#undo, this.#clear, this.#done);
    this.#undo.addEventListener("click", () => this.#change(() => this.#layer.undo()));
    this.#clear.addEventListener("click", () => this.#change(() => this.#layer.clear()));
    this.#done.addEventListener("click", () => this.stop());
    const canvas = fleetMap.map.getCanvas();
    canvas.parentElement?.append(this.#cross);
    canvas.addEventListener("keydown", (event) => this.#key(event));
    for (const type of ["focus", "blur"] as const) canvas.addEventListener(type, () => this.show());
  }

  get totalM(): number {
    return this.#layer.totalsM.at(-1) ?? 0;
  }

  get points(): number {
    return this.#layer.count;
  }

  toggle(): void {
    if (this.isOn) this.stop();
    else this.start();
  }

  start(): void {
    const { map } = this.#fleetMap;
    this.isOn = true;
    this.#fleetMap.clickTaker = (place) => this.#change(() => this.#layer.add(place));
    map.doubleClickZoom.disable();
    map.getCanvas().style.cursor = "crosshair";
    map.getCanvas().focus({ preventScroll: true });
    this.#change(() => {});
  }

  /** Ends it, and takes the points away. */
  stop(): void {
    const { map } = this.#fleetMap;
    this.isOn = false;
    this.#fleetMap.clickTaker = null;
    map.doubleClickZoom.enable();
    map.getCanvas().style.cursor = "";
    this.#change(() => this.#layer.clear());
  }

  /** Brings it up to date, also in other units. */
  show(): void {
    this.element.hidden = !this.isOn;
    this.#cross.hidden = !this.isOn || !this.#fleetMap.map.getCanvas().matches(":focus-visible");
    const { count } = this.#layer;
    setText(this.#text, count === 0 ? words.measure.start : words.measure.measured(distanceText(this.totalM), count));
    this.#undo.hidden = this.#clear.hidden = count === 0;
    this.#layer.label(distanceText);
  }

  #change(act: () => void): void {
    act();
    this.show();
    this.#onChange();
  }

  #key(event: KeyboardEvent): void {
    if (!this.isOn) return;
    if (event.key === "Enter") this.#change(() => this.#layer.add(this.#fleetMap.map.getCenter().toArray()));
    else if (event.key === "Backspace") this.#change(() => this.#layer.undo());
    else return;
    event.preventDefault();
  }
}
