// A demo server behind a stand-in with people and displays, and pages opened on it as one of them.

import { AccessWorld } from "./access-world.mjs";
import { assertClean, launch, open } from "./page.mjs";
import { startDemo } from "./server.mjs";
import { standIn } from "./stand-in.mjs";

export class AccessHost {
  #server;
  #browser;
  #host;
  #opened = [];
  #timers = [];
  /** The viewers of the live socket, oldest first. */
  viewers = [];

  static async start() {
    const host = new AccessHost();
    host.#server = await startDemo();
    host.#browser = await launch();
    return host;
  }

  /** A new world; to be ended after each test. */
  async begin() {
    const world = new AccessWorld();
    this.viewers = [];
    this.#host = await standIn(this.#server, (viewer) => this.#greet(viewer), world.answer, world.admits);
    return world;
  }

  async end() {
    for (const { page } of this.#opened) await page.context().close();
    this.#timers.forEach(clearInterval);
    this.#opened = [];
    this.#host?.close();
  }

  async stop() {
    await this.#browser?.close();
  }

  url(path) {
    return new URL(path, this.#host.url).href;
  }

  get connections() {
    return this.#host.connections;
  }

  get refusals() {
    return this.#host.refusals;
  }

  /** Opens a page, as somebody who is signed in where `who` is given: "ada" or "vic". */
  async open(path, who, options = {}) {
    const cookies = who === undefined ? [] : [{ name: "session", value: who, domain: "127.0.0.1", path: "/", expires: -1, httpOnly: true, secure: false, sameSite: "Lax" }];
    const watched = await open(this.#browser, this.url(path), { storageState: { cookies, origins: [] }, ...options });
    this.#opened.push(watched);
    return watched;
  }

  /** No page complained, but for answers of these states, which a browser always notes. */
  assertClean(statuses = []) {
    const isExpected = (text) => statuses.some((status) => text.includes(`status of ${status}`) || text.includes(`response code: ${status}`));
    for (const { errors, violations } of this.#opened) assertClean({ violations, errors: errors.filter((text) => !isExpected(text)) });
  }

  #greet(viewer) {
    viewer.hello();
    viewer.view();
    viewer.keyframe([{ id: "a", name: "Truck 1", devices: [] }, { id: "b", name: "Truck 2", devices: [] }]);
    viewer.json({ type: "sources", all: true, base: 1, seq: 1, sources: [] });
    this.#timers.push(setInterval(() => viewer.json({ type: "heartbeat", seq: 1 }), 1_000));
    this.viewers.push(viewer);
  }
}
