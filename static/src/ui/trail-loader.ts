// Fetches the trail of the selected vehicle and keeps it growing with what comes in live.

import type { TrailLayer } from "../map/trail.ts";
import type { Position, TrailPoint } from "../protocol.ts";
import { numberText } from "./words.ts";

const TIMEOUT_MS = 10_000;

export class TrailLoader {
  #layer: TrailLayer;
  #tell: (sentence: string) => void;
  #abort: AbortController | null = null;
  #isLoaded = false;

  constructor(layer: TrailLayer, tell: (sentence: string) => void) {
    this.#layer = layer;
    this.#tell = tell;
  }

  async load(id: string): Promise<void> {
    this.clear();
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const points = await fetchTrail(id, abort.signal);
      if (abort.signal.aborted) return;
      this.#layer.show(points);
      this.#isLoaded = true;
      this.#tellLength();
    } catch {
      if (!abort.signal.aborted) this.#tell("The trail could not be loaded.");
    }
  }

  /** Takes a live position; those before the trail has come are in it anyway. */
  extend(position: Position): void {
    if (!this.#isLoaded) return;
    this.#layer.extend(position);
    this.#tellLength();
  }

  clear(): void {
    this.#abort?.abort();
    this.#isLoaded = false;
    this.#layer.clear();
  }

  #tellLength(): void {
    const count = this.#layer.points.length;
    this.#tell(count === 0 ? "No positions in the last hour." : `${numberText(count)} positions of the last hour on the map.`);
  }
}

async function fetchTrail(id: string, signal: AbortSignal): Promise<TrailPoint[]> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const url = new URL(`/api/v1/vehicles/${encodeURIComponent(id)}/trail`, location.href);
  const response = await fetch(url, { signal: within });
  if (!response.ok) throw new Error(`trail: ${response.status}`);
  const body = (await response.json()) as { points: TrailPoint[] };
  return body.points;
}
