// The trail over time: speed, and how long each report was waited for. The mouse, a finger or the
// arrow keys read one report, and show on the map where it was. Both plots are one slider for those
// who cannot see them.

import { axisTop, gapPath, nearestPoint, plotPoints, speedPath } from "../map/trail-plot.ts";
import type { PlotPoint } from "../map/trail-plot.ts";
import type { TrailPoint } from "../protocol.ts";
import { h, setText } from "./dom.ts";
import { plotPointText } from "./fleet-words.ts";
import { speedNumber } from "./units.ts";
import { ageText, speedText, speedUnit, zonedClockText } from "./words.ts";
import { words } from "../words/words.ts";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [280, 48];
const KMH_PER_MPS = 3.6;
/** The least that the axis of waiting goes up to. */
const LEAST_WAIT_MS = 60_000;

export class TrailPlots {
  /** Time goes from left to right, as numbers do. */
  readonly element = h("div", { class: "plots", dir: "ltr" });
  #slider = h("div", { class: "plots-slider", role: "slider", tabindex: "0", "aria-label": words.plot.label, "aria-valuemin": "0" });
  #speed = new Plot(words.plot.speed, ["plot-speed"]);
  #gaps = new Plot(words.plot.gaps, ["plot-bars", "plot-bars is-gap"]);
  /** Read out as the slider's value. */
  #reading = h("p", { class: "plot-reading", "aria-hidden": "true" });
  #onSpot: (lngLatDeg: [number, number] | null) => void;
  #points: PlotPoint[] = [];
  /** The time of the report that is read; null is none. */
  #readAtMs: number | null = null;

  constructor(onSpot: (lngLatDeg: [number, number] | null) => void) {
    this.#onSpot = onSpot;
    this.#slider.append(this.#speed.element, this.#gaps.element);
    this.element.append(this.#slider, this.#reading);
    for (const type of ["pointermove", "pointerdown"] as const) this.#slider.addEventListener(type, (event) => this.#point(event));
    this.#slider.addEventListener("pointerleave", () => this.#leave());
    this.#slider.addEventListener("blur", () => this.#read(-1));
    this.#slider.addEventListener("focus", () => {
      if (this.#readAtMs === null && this.#slider.matches(":focus-visible")) this.#read(this.#points.length - 1);
    });
    this.#slider.addEventListener("keydown", (event) => this.#key(event));
    this.show([], 0, 1);
  }

  /** Plots these from one time to another. */
  show(points: readonly TrailPoint[], fromMs: number, toMs: number): void {
    this.#points = plotPoints(points, fromMs, toMs);
    this.element.hidden = this.#points.length < 2;
    const speeds = this.#points.flatMap(({ speedMps }) => (Number.isNaN(speedMps) ? [] : [speedMps]));
    const perMps = speedNumber(1_000 * KMH_PER_MPS) / 1_000;
    const top = axisTop(speeds.reduce((most, speed) => Math.max(most, speed), 0) * perMps);
    const mostMs = this.#points.reduce((most, { afterMs }) => (afterMs > most ? afterMs : most), LEAST_WAIT_MS);
    this.#speed.show([speedPath(this.#points, top / perMps, WIDTH, HEIGHT)], `${top} ${speedUnit()}`);
    this.#gaps.show([gapPath(this.#points, mostMs, false, WIDTH, HEIGHT), gapPath(this.#points, mostMs, true, WIDTH, HEIGHT)], ageText(mostMs));
    this.#slider.setAttribute("aria-valuemax", String(Math.max(0, this.#points.length - 1)));
    this.#tell();
  }

  #point(event: PointerEvent): void {
    const { left, width } = this.#speed.box;
    this.#read(nearestPoint(this.#points, (event.clientX - left) / width));
  }

  #leave(): void {
    if (document.activeElement !== this.#slider) this.#read(-1);
  }

  #key(event: KeyboardEvent): void {
    const last = this.#points.length - 1;
    const at = this.#place;
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined || last < 0) return;
    event.preventDefault();
    this.#read(Math.min(last, Math.max(0, (at === -1 ? last : at) + step)));
  }

  get #place(): number {
    return this.#points.findIndex(({ atMs }) => atMs === this.#readAtMs);
  }

  #read(place: number): void {
    this.#readAtMs = this.#points[place]?.atMs ?? null;
    this.#tell();
  }

  #tell(): void {
    const place = this.#place;
    const point = this.#points[place];
    for (const plot of [this.#speed, this.#gaps]) plot.mark(point?.x ?? null);
    this.#onSpot(point?.lngLatDeg ?? null);
    const text = point === undefined ? "" : textOf(point);
    setText(this.#reading, text);
    this.#slider.setAttribute("aria-valuenow", String(Math.max(0, place)));
    this.#slider.setAttribute("aria-valuetext", text);
  }
}

function textOf({ atMs, speedMps, afterMs, isGap }: PlotPoint): string {
  const speed = Number.isNaN(speedMps) ? words.plot.noSpeed : speedText(speedMps);
  return plotPointText(zonedClockText(atMs), speed, Number.isNaN(afterMs) ? null : ageText(afterMs), isGap);
}

class Plot {
  readonly element: HTMLElement;
  #svg = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "plot", "aria-hidden": "true" });
  #paths: SVGElement[];
  #cursor = svg("path", { class: "plot-cursor" });
  #top = h("span", { class: "plot-top" });

  constructor(title: string, classes: readonly string[]) {
    this.#paths = classes.map((name) => svg("path", { class: name }));
    this.#svg.append(svg("path", { class: "plot-foot", d: `M0 ${HEIGHT}H${WIDTH}M0 0H${WIDTH}` }), ...this.#paths, this.#cursor);
    this.element = h("div", { class: "plot-box" }, h("p", { class: "plot-title" }, title, " ", this.#top), this.#svg);
  }

  get box(): DOMRect {
    return this.#svg.getBoundingClientRect();
  }

  /** `top` is what the upper line stands for. */
  show(paths: readonly string[], top: string): void {
    this.#paths.forEach((path, i) => path.setAttribute("d", paths[i] || "M0 0"));
    setText(this.#top, top);
  }

  mark(x: number | null): void {
    this.#cursor.setAttribute("d", x === null ? "M0 0" : `M${(x * WIDTH).toFixed(1)} 0V${HEIGHT}`);
  }
}

function svg(name: string, attributes: Record<string, string>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
