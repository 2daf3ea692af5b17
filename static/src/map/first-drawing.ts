// Keeps a new map from drawing until it can draw all of its view at once. MapLibre makes a program when
// a layer is first drawn, and asks about it in the same breath: each question waits until the graphics
// process is through with the page's last frame, a few tenths of a second where a processor draws. A map
// that draws as its parts come asks in three frames, and nothing can be pressed meanwhile; one that draws
// when all is there, and when the graphics process has nothing else to do, asks once and is answered at once.

import type { Map as MapLibre } from "maplibre-gl";

/** A map that is slow to come shows what it has after this long. */
const COMES_WITHIN_MS = 1_000;
const QUIET_WITHIN_MS = 1_500;
/** Answered within this, the graphics process had nothing else to do. */
const QUIET_MS = 20;
const LOOK_AGAIN_MS = 4;

export class FirstDrawing {
  /** Whether the map may draw by now. */
  isOver = false;
  /** Whether it waits for the graphics process to have nothing to do, and nobody else is to draw. */
  needsQuiet = false;

  /** To be made with the map, before that has drawn anything. */
  constructor(map: MapLibre) {
    void this.#hold(map);
  }

  async #hold(map: MapLibre): Promise<void> {
    const { painter } = map;
    const { render } = painter;
    painter.render = () => {};
    await Promise.race([map.once("idle"), pauseMs(COMES_WITHIN_MS)]);
    this.needsQuiet = true;
    await graphicsQuiet(map.getCanvas().getContext("webgl2"));
    painter.render = render;
    this.isOver = true;
    map.redraw();
    this.needsQuiet = false;
  }
}

/** Resolves when a command that stands behind all others is carried out soon. */
async function graphicsQuiet(gl: WebGL2RenderingContext | null): Promise<void> {
  const untilMs = performance.now() + QUIET_WITHIN_MS;
  for (;;) {
    const askedMs = performance.now();
    const sync = gl?.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0) ?? null;
    if (gl === null || sync === null) return; // a lost context
    gl.flush();
    do await pauseMs(LOOK_AGAIN_MS);
    while (gl.getSyncParameter(sync, gl.SYNC_STATUS) === gl.UNSIGNALED && performance.now() < untilMs);
    gl.deleteSync(sync);
    const nowMs = performance.now();
    if (nowMs - askedMs < QUIET_MS || nowMs > untilMs) return;
  }
}

function pauseMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
