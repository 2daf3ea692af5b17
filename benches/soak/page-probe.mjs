// What a page holds, seen from outside: its heap and its worker's after a collection, nodes,
// listeners, and what lies on the graphics card.

const ANSWERS_WITHIN_MS = 20_000;
const MB = 2 ** 20;

export class PageProbe {
  #page;
  #session;
  #workers = new Map();
  #waiting = new Map();
  #lastId = 0;
  /** How often the page was loaded: what it holds begins anew with each. */
  loads = 1;

  static async of(page) {
    const probe = new PageProbe();
    probe.#page = page;
    probe.#session = await page.context().newCDPSession(page);
    const session = probe.#session;
    page.on("load", () => (probe.loads += 1));
    session.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => probe.#workers.set(sessionId, targetInfo));
    session.on("Target.detachedFromTarget", ({ sessionId }) => probe.#workers.delete(sessionId));
    session.on("Target.receivedMessageFromTarget", ({ message }) => probe.#heard(JSON.parse(message)));
    await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
    await session.send("Performance.enable");
    return probe;
  }

  async read() {
    await this.#session.send("HeapProfiler.collectGarbage");
    const { metrics } = await this.#session.send("Performance.getMetrics");
    const metric = (name) => metrics.find((one) => one.name === name)?.value ?? null;
    const own = await this.#session.send("Runtime.getHeapUsage");
    const { graphics, mapSources } = await this.#page.evaluate(() => ({ graphics: window.countGraphics(), mapSources: window.fleetglass.read().mapSources }));
    return {
      heap: heldMb(own),
      workerHeap: await this.#workersMb(),
      nodes: metric("Nodes"),
      listeners: metric("JSEventListeners"),
      gpuObjects: graphics.objects,
      contexts: graphics.contexts,
      mapSources: mapSources ?? null,
    };
  }

  /** Of the live worker, and of those that make the map; null where one does not answer. */
  async #workersMb() {
    let sum = 0;
    for (const [sessionId, { type }] of this.#workers) {
      if (type !== "worker") continue;
      await this.#ask(sessionId, "HeapProfiler.collectGarbage");
      const usage = await this.#ask(sessionId, "Runtime.getHeapUsage");
      if (usage === null) return null;
      sum += heldMb(usage);
    }
    return sum;
  }

  #ask(sessionId, method) {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#heard({ id }), ANSWERS_WITHIN_MS);
      this.#waiting.set(id, (result) => (clearTimeout(timer), resolve(result)));
      this.#session.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method }) }).catch(() => this.#heard({ id }));
    });
  }

  #heard({ id, result = null }) {
    this.#waiting.get(id)?.(result);
    this.#waiting.delete(id);
  }
}

/** All that is alive: scripts' own, what the browser holds for them, and what lies in buffers. */
function heldMb({ usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 }) {
  return (usedSize + embedderHeapUsedSize + backingStorageSize) / MB;
}
