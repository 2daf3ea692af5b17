// Runs the browser tests against a built server:
//
//   FLEETGLASS_BIN=target/release/fleetglass node tests/browser/run.mjs [name ...]
//   ... --screenshot          writes docs/screenshot.png instead
//   ... --situations          pictures of the desk in ten situations in target/situations instead
//
//   ... with FLEETGLASS_PAGE=static   the page as it stands in static/ (after `node build.mjs` there),
//                                     before a server that may have been built with an older one
//
// A name chooses files: `desk` is desk.test.mjs. Chromium is /usr/bin/chromium, or CHROMIUM.

import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { BINARY } from "./lib/server.mjs";

const here = import.meta.dirname;
const args = process.argv.slice(2);

if (!fs.existsSync(BINARY)) {
  console.error(`there is no server at ${BINARY}; build it, or name another in FLEETGLASS_BIN`);
  process.exit(2);
}
if (args.includes("--screenshot")) {
  const { takeScreenshot } = await import("./screenshot.mjs");
  await takeScreenshot(path.resolve(here, "../../docs/screenshot.png"));
} else if (args.includes("--situations")) {
  const { takeSituations } = await import("./situations.mjs");
  await takeSituations(path.resolve(here, "../../target/situations"), args.filter((arg) => arg !== "--situations"));
} else {
  const chosen = fs
    .readdirSync(here)
    .filter((name) => name.endsWith(".test.mjs"))
    .filter((name) => args.length === 0 || args.includes(name.replace(".test.mjs", "")))
    .map((name) => path.join(here, name));
  // One file at a time: each starts a server and a browser, and outages are timed. `spec` says once more at
  // its end what failed, which is all that is read of a long log; a file that hangs costs ten minutes at most.
  const how = ["--test", "--test-concurrency=1", "--test-reporter=spec", "--test-timeout=600000"];
  const child = spawn(process.execPath, [...how, ...chosen], { stdio: "inherit" });
  child.on("exit", (code) => process.exit(code ?? 1));
}
