// The network between a browser and a server, and what becomes of it on somebody else's premises: a
// cable that is pulled (nothing comes, nothing closes, in either direction), a router that forgets
// the connections it carried (they hang for ever, new ones pass), and a peer that resets. Bytes can
// be rewritten on their way, as long as their number stays.

import net from "node:net";

export class CutProxy {
  #host = net.createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  #links = new Set();
  #isCut = false;
  #port;
  /** Called with each piece and its way, "up" or "down"; answers what goes on. */
  rewrite = (bytes) => bytes;
  /** Connections so far. */
  accepted = 0;

  /** In front of the server at `url`; `url` of the proxy ends in a slash, too. */
  static async inFrontOf(url) {
    const proxy = new CutProxy();
    proxy.leadTo(url);
    await new Promise((resolve) => proxy.#host.listen(0, "127.0.0.1", resolve));
    proxy.#host.unref();
    proxy.url = `http://127.0.0.1:${proxy.#host.address().port}/`;
    return proxy;
  }

  /** New connections lead there from now on. */
  leadTo(url) {
    this.#port = Number(new URL(url).port);
  }

  /** Nothing passes, nothing is closed; who connects hears nothing. */
  cut() {
    this.#isCut = true;
    for (const link of this.#links) link.hold();
  }

  /** What waited goes on, closings included. */
  mend() {
    this.#isCut = false;
    for (const link of this.#links) link.release();
  }

  /** All present connections hang for ever, without a word to either end; new ones pass. */
  strand() {
    for (const link of this.#links) link.strand();
  }

  /** Connections of the browser's that stand now, those included that hang. */
  get present() {
    return [...this.#links].filter(({ client }) => !client.destroyed).length;
  }

  /** Those of them that hang for ever. */
  get stranded() {
    return [...this.#links].filter(({ isStranded, client }) => isStranded && !client.destroyed).length;
  }

  /** Resets all present connections. */
  reset() {
    for (const link of this.#links) link.end();
  }

  close() {
    this.reset();
    this.#host.close();
  }

  #accept(client) {
    this.accepted += 1;
    const link = new Link(client, this.#port, (bytes, way) => this.rewrite(bytes, way));
    this.#links.add(link);
    link.onOver = () => this.#links.delete(link);
    if (this.#isCut) link.hold();
  }
}

class Link {
  onOver = () => {};
  isStranded = false;
  #isHeld = false;
  /** Of an end that closed while nothing passed the other is told later. */
  #isOver = false;

  constructor(client, port, rewrite) {
    this.client = client;
    this.upstream = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    for (const [from, to, way] of [[client, this.upstream, "up"], [this.upstream, client, "down"]]) {
      from.on("data", (bytes) => this.isStranded || to.write(rewrite(bytes, way)));
      from.on("end", () => (this.isStranded ? from.destroy() : to.end()));
      from.on("error", () => {});
      from.on("close", () => this.#closed());
    }
  }

  hold() {
    this.#isHeld = true;
    for (const socket of [this.client, this.upstream]) socket.pause();
  }

  release() {
    if (this.isStranded) return;
    this.#isHeld = false;
    if (this.#isOver) return this.end();
    for (const socket of [this.client, this.upstream]) socket.resume();
  }

  /** What the browser says is swallowed, to learn when it lets go; what the server says waits. */
  strand() {
    this.isStranded = true;
    this.upstream.pause();
    this.client.resume();
  }

  end() {
    for (const socket of [this.client, this.upstream]) socket.destroy();
    this.onOver();
  }

  #closed() {
    this.#isOver = true;
    if (this.isStranded ? this.client.destroyed && this.upstream.destroyed : !this.#isHeld) this.end();
  }
}
