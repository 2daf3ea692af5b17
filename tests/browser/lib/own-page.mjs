// The page as it stands in static/, in front of a server that was built with an older one: so the
// page can be worked on, and tested, without building the server. Only with FLEETGLASS_PAGE=static, or
// another folder that has such a page;
// `node build.mjs` in static/ is what brings it up to date.

import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";

const REPOSITORY = path.resolve(import.meta.dirname, "../../..");
/** A folder with a built page, from the repository: `static`. */
const FOLDER = path.resolve(REPOSITORY, process.env.FLEETGLASS_PAGE ?? "static");
const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json" };
const PAGES = { "/": { template: "desk" }, "/wall": { template: "wall" } };
const TITLES = { login: "Sign in", invitation: "Welcome", account: "Account", users: "Users", displays: "Displays", tokens: "Tokens", webhooks: "Webhooks", audit: "Audit log" };
for (const [name, title] of Object.entries(TITLES)) PAGES[`/${name}`] = { template: "access", name, title };
const LOCAL = { name: "local", role: "administrator", kind: "local", sight: { groups: "all" } };

const EMPTY = { "/api/v1/places": { places: [], version: 0 }, "/api/v1/rules": { rules: [], version: 0 }, "/api/v1/out-of-service": { vehicles: [] }, "/api/v1/scenes": { scenes: [], version: 0 } };

export const isOwnPage = process.env.FLEETGLASS_PAGE !== undefined;

/** Answers a request for the page or a part of it; false where it is for something else. */
export async function answerOwnPage(serverUrl, request, response) {
  const { pathname } = new URL(request.url, serverUrl);
  if (Object.hasOwn(PAGES, pathname)) return answerShell(serverUrl, PAGES[pathname], request, response);
  if (pathname === "/api/v1/me") return answerFor(LOCAL, serverUrl, request, response);
  if (pathname === "/api/v1/views" && request.method === "GET") return answerFor({ views: [] }, serverUrl, request, response);
  if (pathname === "/api/v1/displays" && request.method === "GET") return answerDisplays(serverUrl, request, response);
  if (pathname === "/livez") return answerAlive(serverUrl, response);
  if (pathname === "/wall-sw.js") return answerWorker(response);
  if (Object.hasOwn(EMPTY, pathname) && request.method === "GET") return answerFor(EMPTY[pathname], serverUrl, request, response);
  if (!pathname.startsWith("/assets/")) return false;
  const file = path.join(FOLDER, "dist", path.normalize(pathname));
  if (!fs.existsSync(file)) return false;
  response.writeHead(200, { "content-type": TYPES[path.extname(file)] ?? "application/octet-stream" });
  response.end(fs.readFileSync(file));
  return true;
}

/** As `src/web/guard.rs` lets a kiosk's own page ask. */
async function answerAlive(serverUrl, response) {
  const status = await fetch(new URL("/livez", serverUrl)).then((answer) => answer.status, () => 502);
  response.writeHead(status, { "cross-origin-resource-policy": "cross-origin" });
  response.end();
  return true;
}

/** The wall's service worker, as `src/web/page.rs` answers it. */
function answerWorker(response) {
  const [, script] = /^wall-sw\.js (\S+)$/m.exec(fs.readFileSync(path.join(FOLDER, "manifest.txt"), "utf8"));
  response.writeHead(200, { "content-type": "text/javascript", "cache-control": "no-store", "cross-origin-resource-policy": "cross-origin" });
  response.end(`if (typeof importScripts === "function") importScripts("${script}");\n`);
  return true;
}

/** The template with the server's own policy and boot data, its build included; to the login as the server says. */
async function answerShell(serverUrl, page, request, response) {
  const served = await fetch(new URL(request.url, serverUrl), { headers: { cookie: request.headers.cookie ?? "" }, redirect: "manual" });
  if (served.headers.has("location")) {
    response.writeHead(served.status, { location: served.headers.get("location") }).end();
    return true;
  }
  const [, boot] = /data-boot="([^"]*)"/.exec(await served.text());
  const assets = Object.fromEntries(fs.readFileSync(path.join(FOLDER, "manifest.txt"), "utf8").trim().split("\n").map((line) => line.split(" ")));
  const name = page.template;
  const attribution = JSON.parse(boot.replaceAll("&#34;", '"').replaceAll("&#60;", "<").replaceAll("&#62;", ">").replaceAll("&#38;", "&")).map.builtinAttribution;
  const values = { ...page, boot, attribution, "assets.icon": assets["icon.svg"], "assets.web_manifest": assets["app.webmanifest"], "assets.style": assets[`${name}.css`], "assets.script": assets[`${name}.js`] };
  const template = fs.readFileSync(path.join(REPOSITORY, "templates", `${name}.html`), "utf8");
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": served.headers.get("content-security-policy") });
  response.end(template.replace(/\{\{ ([\w.]+)(?:\|safe)? \}\}/g, (_, value) => values[value]));
  return true;
}

/** For a server from before there was such a route: people to tell apart (one who may do all), saved views (none). */
async function answerFor(answer, serverUrl, request, response) {
  const { status } = await fetch(new URL(request.url, serverUrl), { headers: { cookie: request.headers.cookie ?? "" } });
  if (status !== 404) return false;
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(answer));
  return true;
}

/** Of a server from before there were displays to look after: their tokens are known, and no more of them. */
async function answerDisplays(serverUrl, request, response) {
  const headers = { cookie: request.headers.cookie ?? "" };
  const asked = await fetch(new URL(request.url, serverUrl), { headers });
  if (asked.status !== 404) return false;
  const { tokens = [] } = await (await fetch(new URL("/api/v1/tokens", serverUrl), { headers })).json();
  const displays = tokens.filter(({ kind }) => kind === "display").map(({ id, name, seen_at }) => ({ id, name, is_connected: false, last_seen_at: seen_at, scenes: [], dim_pct: 0 }));
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ displays }));
  return true;
}

/** A host that answers for a server but for its page. */
export async function inFrontOf(serverUrl, port = 0) {
  const host = http.createServer(async (request, response) => {
    if (!(await answerOwnPage(serverUrl, request, response))) forward(serverUrl, request, response);
  });
  host.on("upgrade", (request, socket, head) => {
    const { hostname, port } = new URL(serverUrl);
    const upstream = net.connect(Number(port), hostname, () => {
      const headers = { ...request.headers, host: `${hostname}:${port}`, origin: new URL(serverUrl).origin };
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      upstream.write(`GET ${request.url} HTTP/1.1\r\n${lines.join("")}\r\n`);
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
    for (const end of [socket, upstream]) end.on("error", () => [socket, upstream].forEach((other) => other.destroy()));
    for (const end of [socket, upstream]) end.on("close", () => [socket, upstream].forEach((other) => other.destroy()));
  });
  await new Promise((resolve) => host.listen(port, "127.0.0.1", resolve));
  host.unref();
  return { url: `http://127.0.0.1:${host.address().port}/`, close: () => (host.closeAllConnections(), host.close()) };
}

/** Hands a request on. */
export function forward(url, request, response) {
  // The server takes what comes from its own pages only.
  const { host, origin, ...headers } = request.headers;
  const own = origin === `http://${host}` ? { origin: new URL(url).origin } : {};
  const asked = http.request(new URL(request.url, url), { method: request.method, headers: { ...headers, ...own, host: new URL(url).host } }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  asked.on("error", () => response.destroy());
  request.pipe(asked);
}
