// When a graphics context can be had at once. A page that asks for its first one stands still until it
// is there, a tenth of a second with a graphics card, half a second and more without; a worker that
// asks before it waits in its place.

/** No later, since a map that comes late is worse than a page that stands still. */
const AT_MOST_MS = 2_000;

export function graphicsReady(): Promise<void> {
  return new Promise((resolve) => {
    const worker = new Worker(GRAPHICS_WORKER_URL, { name: "graphics" });
    const settle = () => {
      worker.terminate();
      resolve();
    };
    worker.addEventListener("message", settle);
    worker.addEventListener("error", settle);
    setTimeout(settle, AT_MOST_MS);
  });
}
