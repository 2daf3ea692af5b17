// The service worker of the wall. A screen that starts, or reloads, while its server is away would
// end at the browser's own error page, and stay there: this answers in the server's place with a
// page that waits, and goes on by itself. It keeps nothing, so it can never show anything old.

import { WAITING_PAGE } from "./wall/waiting-page.ts";

/** The little of a service worker's world that is used here. */
interface InstallEvent extends Event {
  /** What need not wake the worker at all; browsers from 2024 on. */
  addRoutes?(routes: object): Promise<unknown>;
}
interface NavigationEvent extends InstallEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
  waitUntil(work: Promise<unknown>): void;
}
const world = self as unknown as {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(kind: string, listener: (event: NavigationEvent) => void): void;
};

const ANSWERS_WITHIN_MS = 8_000;
/** What a proxy says while the server behind it is away. */
const AWAY = new Set([502, 503, 504]);
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

world.addEventListener("install", (event) => {
  // All but the page itself goes to the network straight: a small machine has better things to do.
  const direct = event.addRoutes?.({ condition: { not: { requestMode: "navigate" } }, source: "network" });
  event.waitUntil(Promise.allSettled([world.skipWaiting(), direct]));
});
world.addEventListener("activate", (event) => event.waitUntil(world.clients.claim()));
world.addEventListener("fetch", (event) => {
  const isWall = event.request.mode === "navigate" && new URL(event.request.url).pathname === "/wall";
  if (isWall) event.respondWith(answer(event.request));
});

async function answer(request: Request): Promise<Response> {
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), ANSWERS_WITHIN_MS));
  const response = await Promise.race([fetch(request).catch(() => null), late]);
  return response === null || AWAY.has(response.status) ? waiting() : response;
}

function waiting(): Response {
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", "content-security-policy": POLICY };
  return new Response(WAITING_PAGE, { headers });
}
