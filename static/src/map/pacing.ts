// How often to redraw gliding markers. A wall PC without a graphics card draws on its processor,
// and would burn all of it for smoothness nobody asked for: such machines get a few frames a
// second, slow ones step down by themselves.

/** Frames a second, from best to worst; 0 draws every frame the screen has. */
const STEPS_FPS = [0, 30, 10, 4];
const SOFTWARE_STEP = STEPS_FPS.length - 1;
const SLOW_FRAME_MS = 50;
const FRAMES_JUDGED = 60;
const SOFTWARE_RENDERERS = /swiftshader|llvmpipe|software|basic render/i;

export class Pacing {
  #step: number;
  #durationsMs: number[] = [];
  #lastDrawnMs = -Infinity;
  #lastTickMs = NaN;

  constructor(rendererName: string) {
    this.#step = SOFTWARE_RENDERERS.test(rendererName) ? SOFTWARE_STEP : 0;
  }

  /** The present limit; 0 is none. */
  get framesPerSecond(): number {
    return STEPS_FPS[this.#step] ?? 0;
  }

  /** Whether a frame at `nowMs` is due. */
  isDue(nowMs: number): boolean {
    this.#judge(nowMs);
    const fps = this.framesPerSecond;
    // A millisecond of slack: the screen's own beat is not exact.
    if (fps > 0 && nowMs - this.#lastDrawnMs < 1000 / fps - 1) return false;
    this.#lastDrawnMs = nowMs;
    return true;
  }

  /** Forgets the last beat, since time between two glides is no slow frame. */
  pause(): void {
    this.#lastTickMs = NaN;
  }

  #judge(nowMs: number): void {
    const sinceMs = nowMs - this.#lastTickMs;
    this.#lastTickMs = nowMs;
    if (!(sinceMs > 0) || this.#step === SOFTWARE_STEP) return;
    this.#durationsMs.push(sinceMs);
    if (this.#durationsMs.length < FRAMES_JUDGED) return;
    const sorted = this.#durationsMs.sort((a, b) => a - b);
    const p95 = sorted[Math.floor(FRAMES_JUDGED * 0.95)] ?? 0;
    if (p95 > SLOW_FRAME_MS) this.#step += 1;
    this.#durationsMs = [];
  }
}

/** What draws: the graphics card's name, where the browser tells it. */
export function rendererName(gl: WebGL2RenderingContext): string {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name = info === null ? gl.getParameter(gl.RENDERER) : gl.getParameter(info.UNMASKED_RENDERER_WEBGL);
  return String(name ?? "");
}
