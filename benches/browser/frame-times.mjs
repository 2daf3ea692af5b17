// How long a page's scripts take for each frame that they draw: all that was asked for at that frame,
// added up. Frames in which nothing is drawn, as where the page draws only a few each second, would
// make the others look better. To be run in the page before its own scripts.

export function timeFrames() {
  const own = window.requestAnimationFrame.bind(window);
  let times = [];
  let frame = { atMs: NaN };
  for (const name of ["drawArrays", "drawElements", "drawArraysInstanced", "drawElementsInstanced"]) {
    const draw = WebGL2RenderingContext.prototype[name];
    WebGL2RenderingContext.prototype[name] = function (...given) {
      frame.isDrawn = true;
      return draw.apply(this, given);
    };
  }
  window.requestAnimationFrame = (act) =>
    own((atMs) => {
      if (atMs !== frame.atMs) {
        end();
        frame = { atMs, tookMs: 0, isDrawn: false };
      }
      const startMs = performance.now();
      try {
        act(atMs);
      } finally {
        frame.tookMs += performance.now() - startMs;
      }
    });
  const end = () => frame.isDrawn && times.push(frame.tookMs);
  window.takeFrameTimes = () => {
    const taken = times;
    times = [];
    return taken;
  };
}
