// Starts the binary under test and stops it again. Nothing here waits by time: a server is up when
// it has printed its line.

import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { inFrontOf, isOwnPage } from "./own-page.mjs";

const REPOSITORY = path.resolve(import.meta.dirname, "../../..");
export const BINARY = process.env.FLEETGLASS_BIN ?? path.join(REPOSITORY, "target/release/fleetglass");
const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 20_000;

const running = new Set();
// A test that fails midway must not leave a server behind, nor wait for it.
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** Ends whatever still runs; for `after`. */
export async function stopAll() {
  await Promise.all([...running].map((child) => endOf(child, "SIGKILL")));
}

function endOf(child, signal) {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    child.once("exit", resolve);
    child.kill(signal);
  });
}

/** A started process with the lines it prints. */
export class Server {
  #child;
  log = "";
  lines = [];
  /** What serves the page in its place, where that is not the server's own. */
  front = null;

  constructor(args, env = {}) {
    this.#child = spawn(BINARY, args, { env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    running.add(this.#child);
    this.#child.once("exit", () => running.delete(this.#child));
    this.#child.stderr.on("data", (data) => (this.log += data));
  }

  get pid() {
    return this.#child.pid;
  }

  /** Waits until `isEnough(lines)`; answers all lines so far. */
  async printed(isEnough) {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), START_TIMEOUT_MS);
    for await (const line of createInterface({ input: this.#child.stdout })) {
      this.lines.push(line);
      if (isEnough(this.lines)) break;
    }
    clearTimeout(timer);
    if (!isEnough(this.lines)) throw new Error(`the server did not start:\n${this.log}`);
    return this.lines;
  }

  /** Ends it at once, as a power cut would. */
  async kill() {
    this.front?.close();
    await endOf(this.#child, "SIGKILL");
  }

  async stop() {
    this.front?.close();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await endOf(this.#child, "SIGTERM");
    clearTimeout(timer);
  }
}

/** Starts `serve` or `demo`; `url` ends in a slash. */
export async function startServer(args, env) {
  const own = isOwnPage ? frontedBy(args) : { args, port: 0 };
  const server = new Server(own.args, env);
  const [url] = await server.printed((lines) => lines.length > 0);
  server.front = isOwnPage ? await inFrontOf(url, own.port) : null;
  server.url = server.front?.url ?? url;
  return server;
}

/** A port that was asked for is that of what stands in front. */
function frontedBy(args) {
  const at = args.indexOf("--listen") + 1;
  const port = Number(args[at]?.split(":")[1] ?? 0);
  return { args: at === 0 ? args : args.with(at, "127.0.0.1:0"), port };
}

export function startDemo(...more) {
  return startServer(["demo", "--listen", "127.0.0.1:0", "--seed", "7", ...more]);
}

/** Starts the vendor simulator; `env` is what makes `serve` use it, `control` its own address. */
export async function startSimulator(...more) {
  const server = new Server(["sim", "--listen", "127.0.0.1:0", "--seed", "7", ...more]);
  const lines = await server.printed((all) => all.some((line) => line.startsWith("MYCARTRACKS_TOKEN_URL=")));
  server.env = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
  server.control = new URL("/control/", server.env.MYCARTRACKS_TOKEN_URL);
  return server;
}

export async function setFault(simulator, fault) {
  const response = await fetch(new URL("faults", simulator.control), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fault),
  });
  if (!response.ok) throw new Error(`the simulator refused ${JSON.stringify(fault)}: ${await response.text()}`);
}

export async function clearFaults(simulator) {
  await fetch(new URL("faults", simulator.control), { method: "DELETE" });
}
