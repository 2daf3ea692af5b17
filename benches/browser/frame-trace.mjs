// How much of its thread's time a page's scripts take for each frame that they draw, by the browser's
// own trace. Unlike a clock's, this time does not run on while something else has the processor: where
// a processor does the drawing that is most of the time, and a throttle stretches each such gap.

const DRAWN = "fleetglass-drawn";
/** What is asked for at one frame is called back without a pause. */
const PAUSE_US = 1_000;

/** To be run in the page before its own scripts. One mark for each frame: marks cost time themselves. */
export function markDrawing(mark) {
  const ONE_FRAME_MS = 5;
  let markedMs = -Infinity;
  for (const name of ["drawArrays", "drawElements", "drawArraysInstanced", "drawElementsInstanced"]) {
    const draw = WebGL2RenderingContext.prototype[name];
    WebGL2RenderingContext.prototype[name] = function (...given) {
      const nowMs = performance.now();
      if (nowMs - markedMs > ONE_FRAME_MS) console.timeStamp(mark);
      markedMs = nowMs;
      return draw.apply(this, given);
    };
  }
}

/** The milliseconds of each drawn frame, over a time. */
export async function tracedFrames(browser, page, forMs) {
  await browser.startTracing(page, { categories: ["devtools.timeline"] });
  await new Promise((resolve) => setTimeout(resolve, forMs));
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const drawnAtUs = traceEvents.filter(({ name, args }) => name === "TimeStamp" && args?.data?.message === DRAWN).map(({ ts }) => ts);
  const calls = traceEvents.filter(({ name, tdur }) => name === "FireAnimationFrame" && tdur !== undefined).toSorted((a, b) => a.ts - b.ts);
  const frames = [];
  for (const { ts, dur, tdur, tid } of calls) {
    const last = frames.at(-1);
    if (last?.tid === tid && ts - last.endUs < PAUSE_US) [last.endUs, last.tookUs] = [ts + dur, last.tookUs + tdur];
    else frames.push({ tid, fromUs: ts, endUs: ts + dur, tookUs: tdur });
  }
  return frames.filter(({ fromUs, endUs }) => drawnAtUs.some((us) => fromUs <= us && us <= endUs)).map(({ tookUs }) => tookUs / 1_000);
}

export const markDrawn = [markDrawing, DRAWN];
