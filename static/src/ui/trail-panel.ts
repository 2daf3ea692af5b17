// The trail of the selected vehicle: fetched at once for the last hour, for other spans when asked,
// kept growing with what comes in live, explained by a legend, and to be had as a file.

import type { TrailLayer } from "../map/trail.ts";
import { SPEED_BANDS_KMH } from "../map/trail-features.ts";
import type { Position, Trail } from "../protocol.ts";
import { byId, h, setText } from "./dom.ts";
import { SpokenAnswer } from "./spoken-answer.ts";
import { TrailPlots } from "./trail-plots.ts";
import { speedBandTexts, speedUnit, trailText } from "./words.ts";
import { words } from "../words/words.ts";

const TIMEOUT_MS = 20_000;
const HOUR_MS = 3_600_000;
const MOST_POINTS = 5_000;
const FORMATS = { geojson: "GeoJSON", gpx: "GPX", csv: "CSV" } as const;

/** So many hours up to now, or from one time to another. */
type Span = { hours: number } | { fromMs: number; toMs: number };

export class TrailPanel {
  #layer: TrailLayer;
  #nowMs: () => number;
  #id: string | null = null;
  #span: Span = { hours: 1 };
  #trail: Trail | null = null;
  #abort: AbortController | null = null;
  #sentence = h("p", { class: "muted" });
  #spoken = new SpokenAnswer();
  #links = Object.fromEntries(Object.entries(FORMATS).map(([format, name]) => [format, h("a", { download: "", href: "#" }, name)]));
  #from = h("input", { type: "datetime-local", id: "trail-from", step: "60" });
  #to = h("input", { type: "datetime-local", id: "trail-to", step: "60" });
  #custom = h("div", { class: "span-custom" }, h("label", { for: "trail-from" }, words.trail.from), this.#from, h("label", { for: "trail-to" }, words.trail.to), this.#to);
  #choices = new Map<string, HTMLInputElement>();
  #legend = h("div", { class: "legend" });
  #plots: TrailPlots;

  /** `nowMs` is the time that is shown, the server's or one of the past. */
  constructor(layer: TrailLayer, nowMs: () => number) {
    this.#layer = layer;
    this.#nowMs = nowMs;
    this.#plots = new TrailPlots((lngLatDeg) => layer.spot(lngLatDeg));
    const downloads = h("p", { class: "downloads" }, `${words.trail.download} `, ...Object.values(this.#links));
    byId("detail-trail").append(this.#picker(), this.#custom, this.#sentence, this.#spoken.element, this.#plots.element, this.#legend, downloads);
    this.showUnits();
    for (const field of [this.#from, this.#to]) field.addEventListener("change", () => this.#chooseCustom());
  }

  /** Shows the last hour of a vehicle. */
  open(id: string): void {
    this.close();
    this.#id = id;
    this.#choices.get("1")!.checked = true;
    this.#choose("1");
  }

  /** Writes what is not written anew each second in the units of now. */
  showUnits(): void {
    this.#legend.replaceChildren(...legend());
    if (this.#trail !== null) this.#tell();
  }

  close(): void {
    this.#abort?.abort();
    this.#id = this.#trail = null;
    this.#layer.clear();
    this.#plots.show([], 0, 1);
  }

  /** Fetches it anew, as when another time is shown. */
  reload(): void {
    if (this.#id !== null) void this.#load(this.#id);
  }

  /** Takes a live position; those before the trail has come are in it anyway. */
  extend(position: Position, expectedS: number | undefined): void {
    const trail = this.#trail;
    if (trail === null || !("hours" in this.#span)) return;
    const last = this.#layer.points.at(-1);
    const sinceMs = last === undefined ? 0 : Date.parse(position.fixed_at) - Date.parse(last.fixed_at);
    const isGap = expectedS !== undefined && sinceMs > expectedS * 1000;
    this.#layer.extend(isGap ? { ...position, gap: true } : position, this.#range().fromMs);
    this.#trail = { ...trail, points: [...this.#layer.points] };
    this.#tell();
  }

  #picker(): HTMLElement {
    const choices = Object.entries(words.trail.spans).map(([value, word]) => {
      const input = h("input", { type: "radio", name: "trail-span", value, id: `trail-${value}` });
      input.addEventListener("change", () => this.#choose(value));
      this.#choices.set(value, input);
      return [input, h("label", { for: `trail-${value}` }, word)];
    });
    return h("fieldset", { class: "segments" }, h("legend", { class: "visually-hidden" }, words.trail.howFar), ...choices.flat());
  }

  #choose(value: string): void {
    this.#custom.hidden = value !== "custom";
    if (value === "custom") {
      const { fromMs, toMs } = this.#range();
      this.#from.value = localText(fromMs);
      this.#to.value = localText(toMs);
      return;
    }
    this.#span = { hours: Number(value) };
    this.reload();
  }

  #chooseCustom(): void {
    const [fromMs, toMs] = [this.#from, this.#to].map((field) => new Date(field.value).getTime()) as [number, number];
    if (!(fromMs < toMs)) return this.#answer(words.trail.badSpan);
    this.#span = { fromMs, toMs };
    this.reload();
  }

  #range(): { fromMs: number; toMs: number } {
    if (!("hours" in this.#span)) return this.#span;
    const toMs = Math.floor(this.#nowMs() / 1000) * 1000;
    return { fromMs: toMs - this.#span.hours * HOUR_MS, toMs };
  }

  async #load(id: string): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#trail = null;
    this.#layer.clear();
    this.#plots.show([], 0, 1);
    this.#linkFiles(id);
    this.#answer(words.trail.loading);
    try {
      const trail = await fetchTrail(id, this.#range(), abort.signal);
      if (abort.signal.aborted) return;
      this.#trail = trail;
      this.#layer.show(trail.points);
      this.#tell();
      this.#spoken.say(this.#sentence.textContent);
    } catch {
      if (!abort.signal.aborted) this.#answer(words.trail.failed);
    }
  }

  #answer(text: string): void {
    setText(this.#sentence, text);
    this.#spoken.say(text);
  }

  #tell(): void {
    const { fromMs, toMs } = this.#range();
    setText(this.#sentence, trailText(this.#trail!, fromMs, toMs));
    this.#plots.show(this.#trail!.points, fromMs, toMs);
    if (this.#id !== null) this.#linkFiles(this.#id);
  }

  #linkFiles(id: string): void {
    for (const [format, link] of Object.entries(this.#links)) link.href = trailUrl(id, this.#range(), { format }).href;
  }
}

function legend(): HTMLElement[] {
  const bands = speedBandTexts(SPEED_BANDS_KMH).map((word, band) => h("li", {}, h("i", { class: `swatch speed-${band}` }), word));
  const unknown = h("li", {}, h("i", { class: "swatch speed-unknown" }), words.trail.unknownSpeed);
  const gap = h("li", {}, h("i", { class: "swatch gap" }), words.trail.gap);
  return [h("p", { id: "legend-title" }, words.trail.legend(speedUnit())), h("ul", { "aria-labelledby": "legend-title" }, ...bands, unknown, gap)];
}

/** As a `datetime-local` field wants it: the viewer's own zone, to the minute. */
function localText(ms: number): string {
  const date = new Date(ms);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

function trailUrl(id: string, { fromMs, toMs }: { fromMs: number; toMs: number }, more: Record<string, string>): URL {
  const span = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
  return new URL(`/api/v1/vehicles/${encodeURIComponent(id)}/trail?${new URLSearchParams({ ...span, ...more })}`, location.href);
}

async function fetchTrail(id: string, range: { fromMs: number; toMs: number }, signal: AbortSignal): Promise<Trail> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const response = await fetch(trailUrl(id, range, { max_points: String(MOST_POINTS) }), { signal: within });
  if (!response.ok) throw new Error(`trail: ${response.status}`);
  return (await response.json()) as Trail;
}
