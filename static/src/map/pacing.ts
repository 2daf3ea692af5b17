// How often to redraw gliding markers. A wall PC without a graphics card draws on its processor,
// and would burn all of it for smoothness nobody asked for: such machines get a few frames a
// second, slow ones step down by themselves, by what frames really cost them. Where nobody looks for
// minutes on end, as at a wall, the last step is that markers jump instead of gliding; and since a
// wall is up for months, it tries the step above again after a while.

/** Frames a second, from best to worst; 0 draws every frame the screen has. */
const STEPS_FPS = [0, 30, 10, 4, 2, 2];
const SOFTWARE_STEP = 3;
/** The last but one at a desk; a wall goes on, and at the last step nothing glides. */
const DESK_LAST_STEP = SOFTWARE_STEP;
const STILL_STEP = STEPS_FPS.length - 1;
const SLOW_FRAME_MS = 50;
const FRAMES_JUDGED = 60;
const TRY_AGAIN_MS = 10 * 60_000;
const LONGEST_TRY_AGAIN_MS = 4 * 3_600_000;
const SOFTWARE_RENDERERS = /swiftshader|llvmpipe|software|basic render/i;

export class Pacing {
  #step: number;
  #bestStep: number;
  #lastStep: number;
  #durationsMs: number[] = [];
  #lastDrawnMs = -Infinity;
  #lastTickMs = NaN;
  #steppedAtMs = NaN;
  #tryAgainMs = TRY_AGAIN_MS;

  constructor(rendererName: string, isUnattended = false) {
    this.#bestStep = SOFTWARE_RENDERERS.test(rendererName) ? SOFTWARE_STEP : 0;
    this.#step = this.#bestStep;
    this.#lastStep = isUnattended ? STILL_STEP : DESK_LAST_STEP;
  }

  /** Whether markers are to jump rather than to glide. */
  get isStill(): boolean {
    return this.#step === STILL_STEP;
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
    if (!(sinceMs > 0)) return;
    this.#tryAgain(nowMs);
    if (this.#step >= this.#lastStep) return;
    this.#durationsMs.push(sinceMs);
    if (this.#durationsMs.length < FRAMES_JUDGED) return;
    const sorted = this.#durationsMs.sort((a, b) => a - b);
    const p95 = sorted[Math.floor(FRAMES_JUDGED * 0.95)] ?? 0;
    if (p95 > SLOW_FRAME_MS) this.#moveTo(this.#step + 1, nowMs);
    this.#durationsMs = [];
  }

  /** What fails again is tried ever more seldom. */
  #tryAgain(nowMs: number): void {
    if (this.#step <= this.#bestStep || !(nowMs - this.#steppedAtMs > this.#tryAgainMs)) return;
    this.#tryAgainMs = Math.min(LONGEST_TRY_AGAIN_MS, this.#tryAgainMs * 2);
    this.#moveTo(this.#step - 1, nowMs);
  }

  #moveTo(step: number, nowMs: number): void {
    this.#step = step;
    this.#steppedAtMs = nowMs;
    this.#durationsMs = [];
  }
}

/** What draws: the graphics card's name, where the browser tells it. */
export function rendererName(gl: WebGL2RenderingContext): string {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name = info === null ? gl.getParameter(gl.RENDERER) : gl.getParameter(info.UNMASKED_RENDERER_WEBGL);
  return String(name ?? "");
}
