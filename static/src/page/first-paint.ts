// When the page has been shown for the first time. What keeps the graphics card busy before that keeps
// the page waiting for whatever it asks it, as for a context to draw a map with: where a processor draws,
// a quarter of a second in which nothing can be pressed.

/** A tab in the background is shown to nobody. */
const AT_MOST_MS = 400;

/** Resolves as soon as something of the page stands on the screen. */
export function firstPaint(): Promise<void> {
  if (document.visibilityState === "hidden") return Promise.resolve();
  return new Promise((resolve) => {
    const observer = new PerformanceObserver((list) => {
      if (!list.getEntries().some(({ name }) => name === "first-contentful-paint")) return;
      observer.disconnect();
      resolve();
    });
    observer.observe({ type: "paint", buffered: true });
    setTimeout(resolve, AT_MOST_MS);
  });
}
