// Watches the canvases that draw by the graphics card, and says when nothing but a reload helps.

import { BACK_WITHIN_MS, Losses } from "./losses.ts";

/** Whether this browser draws by WebGL at all just now. */
export function hasWebGl(): boolean {
  const gl = document.createElement("canvas").getContext("webgl2");
  // Browsers keep few of them: it must not take the place of one that is needed.
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return gl !== null;
}

export class GraphicsWatch {
  readonly #losses = new Losses();
  #onHopeless: () => void;

  constructor(canvases: readonly HTMLCanvasElement[], onHopeless: () => void) {
    this.#onHopeless = onHopeless;
    for (const canvas of canvases) this.#watch(canvas);
  }

  get lossCount(): number {
    return this.#losses.count;
  }

  #watch(canvas: HTMLCanvasElement): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    canvas.addEventListener("webglcontextlost", (event) => {
      // Else it is never given back.
      event.preventDefault();
      clearTimeout(timer);
      if (this.#losses.lost(performance.now())) this.#onHopeless();
      else timer = setTimeout(this.#onHopeless, BACK_WITHIN_MS);
    });
    canvas.addEventListener("webglcontextrestored", () => clearTimeout(timer));
  }
}
