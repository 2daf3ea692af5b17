// The kiosk's set-up: run in a clean folder, looked at, and its waiting page tried before a server
// that is not there yet.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { launch, until } from "./lib/page.mjs";
import { startServer, stopAll } from "./lib/server.mjs";

const KIOSK = path.resolve(import.meta.dirname, "../../kiosk");
const ADDRESS = "/etc/fleetglass-kiosk/address.js";
const PAGE = "/usr/local/share/fleetglass-kiosk/waiting.html";

let root;
let browser;

before(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "fleetglass-kiosk-"));
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stopAll();
  fs.rmSync(root, { recursive: true, force: true });
});

function install(...args) {
  return spawnSync("sh", [path.join(KIOSK, "install.sh"), ...args], { encoding: "utf8" });
}

test("it sets a clean folder up, and again with other words", () => {
  const token = path.join(root, "token");
  fs.writeFileSync(token, "fg_display_abc-1\n", { mode: 0o600 });
  const target = path.join(root, "machine");
  const more = ["--panel", "65", "--distance", "6", "--options", "theme=21:00-06:00&overscan=2", "--timezone", "Africa/Johannesburg", "--token-file", token];
  const { status, stdout, stderr } = install("--server", "https://fleet.example/", ...more, "--root", target);
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stdout + stderr, /fg_display/, "no token in what it says");
  assert.equal(fs.readFileSync(target + ADDRESS, "utf8"), 'window.FLEETGLASS_WALL = "https://fleet.example/wall#panel=65&distance=6&theme=21:00-06:00&overscan=2&token=fg_display_abc-1";\n');
  assert.equal(fs.statSync(target + ADDRESS).mode & 0o777, 0o640);
  assert.equal(fs.statSync(`${target}/usr/local/lib/fleetglass-kiosk/run`).mode & 0o777, 0o755);
  for (const [where, what] of Object.entries({
    "/etc/systemd/system/sleep.target": "/dev/null",
    "/etc/systemd/system/graphical.target.wants/fleetglass-kiosk.service": "/etc/systemd/system/fleetglass-kiosk.service",
    "/etc/localtime": "/usr/share/zoneinfo/Africa/Johannesburg",
  })) assert.equal(fs.readlinkSync(target + where), what);
  const all = fs.readdirSync(target, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name } of all.filter(({ name: one }) => one !== "address.js")) assert.doesNotMatch(fs.readFileSync(path.join(parentPath, name), "utf8"), /fg_display/, name);
  assert.equal(all.some(({ name }) => name.endsWith(".new")), false, "nothing is left half done");
  assert.equal(install("--server", "http://10.0.0.5:8080", "--root", target).status, 0);
  assert.match(fs.readFileSync(target + ADDRESS, "utf8"), /"http:\/\/10\.0\.0\.5:8080\/wall#panel=55&distance=3";/);
});

test("a dry run writes nothing, and what makes no sense is refused with what to do", () => {
  const target = path.join(root, "dry");
  const { status, stdout } = install("--server", "http://a", "--root", target, "--dry-run");
  assert.deepEqual([status, fs.existsSync(target)], [0, false]);
  assert.match(stdout, /would write: .*waiting\.html/);
  for (const bad of [[], ["--server", "ftp://a"], ["--server", 'http://a";alert(1)//'], ["--server", "http://a/path"], ["--server", "http://a", "--panel", "big"], ["--server", "http://a", "--options", 'x";'], ["--server", "http://a\nb"], ["--server", "http://a", "--options", "a\n"], ["--server"], ["--odd"]]) {
    const refused = install(...bad, "--root", target);
    assert.equal(refused.status, 2, bad.join(" "));
    assert.match(refused.stderr, /^install\.sh: /);
  }
  assert.equal(fs.existsSync(target), false);
});

test("scripts are sound for a plain shell, and the unit for systemd", (context) => {
  for (const name of ["install.sh", "run"]) execFileSync("sh", ["-n", path.join(KIOSK, name)]);
  const verify = spawnSync("systemd-analyze", ["verify", path.join(KIOSK, "fleetglass-kiosk.service")], { encoding: "utf8" });
  if (verify.error !== undefined) return context.diagnostic("no systemd-analyze here");
  const complaints = verify.stderr.split("\n").filter((line) => line.includes("fleetglass-kiosk") && !line.includes("is not executable"));
  assert.deepEqual(complaints, []);
});

test("from the disk: it waits for an absent server, is not fooled by a proxy, and hands the address on", { timeout: 90_000 }, async () => {
  // A port that is free.
  const proxy = http.createServer((request, response) => response.writeHead(502, { "content-type": "text/html" }).end("Bad gateway"));
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address();
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));

  const target = path.join(root, "waiting");
  assert.equal(install("--server", `http://127.0.0.1:${port}`, "--panel", "43", "--options", "theme=dark", "--root", target).status, 0);
  // The installed link leads to /etc of the machine; here that lies below the folder.
  const beside = path.join(target, path.dirname(PAGE), "address.js");
  fs.rmSync(beside);
  fs.copyFileSync(target + ADDRESS, beside);
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 720 } })).newPage();
  await page.goto(pathToFileURL(target + PAGE).href);
  await page.getByText("Waiting for the server", { exact: true }).waitFor();
  await page.getByText(`127.0.0.1:${port}`).waitFor();
  await new Promise((resolve) => proxy.listen(port, "127.0.0.1", resolve));
  await page.getByText("Waiting for the server behind its proxy").waitFor();
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
  const server = await startServer(["demo", "--listen", `127.0.0.1:${port}`, "--seed", "7"]);
  await page.waitForURL(`http://127.0.0.1:${port}/wall#panel=43&distance=3&theme=dark`, { timeout: 30_000 });
  await until(page, (state) => state.screen === "live" && state.vehicles > 0);
  await server.stop();
});

test("without an address it says so", async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(pathToFileURL(path.join(KIOSK, "waiting.html")).href);
  await page.getByText("This kiosk has no address of a server").waitFor();
  const german = await (await browser.newContext({ locale: "de-AT" })).newPage();
  await german.goto(pathToFileURL(path.join(KIOSK, "waiting.html")).href);
  await german.getByText("Dieser Kiosk kennt keinen Server").waitFor();
  await german.goto(`${pathToFileURL(path.join(KIOSK, "waiting.html")).href}#http://127.0.0.1:9/wall#lang=en`);
  await german.reload();
  await german.getByText("Waiting for the server", { exact: true }).waitFor();
});
