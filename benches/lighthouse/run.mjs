// What Lighthouse says of the desk, with its desktop preset, on the demo's own fleet:
//
//   ./bench lighthouse
//   FLEETGLASS_BIN=target/release/fleetglass node benches/lighthouse/run.mjs [runs]
//
// First stand the medians of all runs, then what kept a category from a hundred. A processor draws the
// map here, and on the page's main thread's own cores: a machine with a graphics card does better.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { launch as launchChrome } from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";
import { FLAGS, chromiumPath } from "../../tests/browser/lib/page.mjs";
import { startDemo, stopAll } from "../../tests/browser/lib/server.mjs";

const CATEGORIES = ["performance", "accessibility", "best-practices"];
const METRICS = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "speed-index"];

const runs = Number(process.argv[2] ?? 5);
const server = await startDemo();
const profile = await mkdtemp(path.join(tmpdir(), "fleetglass-lighthouse-"));
const reports = [];
let chrome;
try {
  chrome = await launchChrome({ chromePath: chromiumPath, userDataDir: profile, chromeFlags: ["--headless=new", ...FLAGS] });
  for (let run = 1; run <= runs; run++) {
    const { lhr } = await lighthouse(new URL("/", server.url).href, { port: chrome.port, onlyCategories: CATEGORIES, logLevel: "error" }, desktopConfig);
    reports.push(lhr);
    console.log(`run ${run} of ${runs}: ${CATEGORIES.map((name) => `${name} ${points(lhr, name)}`).join(", ")}`);
  }
} finally {
  chrome?.kill();
  await stopAll();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}

console.log("\nmedian, of 100 (wanted: performance and accessibility 95)");
for (const name of CATEGORIES) console.log(`${String(median(reports.map((lhr) => points(lhr, name)))).padStart(5)}  ${name}`);
for (const id of METRICS) console.log(`${median(reports.map(({ audits }) => audits[id].numericValue)).toFixed(id.startsWith("cumul") ? 3 : 0).padStart(7)}  ${id}`);
console.log("\nwhat was found wanting");
for (const line of new Set(reports.flatMap(findings))) console.log(`  ${line}`);

function points({ categories }, name) {
  return Math.round(100 * categories[name].score);
}

function findings({ audits, categories }) {
  const counted = CATEGORIES.flatMap((name) => categories[name].auditRefs.filter(({ weight }) => weight > 0).map(({ id }) => id));
  return counted.filter((id) => audits[id].score !== null && audits[id].score < 0.9).map((id) => `${id}: ${audits[id].title}${audits[id].displayValue ? ` (${audits[id].displayValue})` : ""}`);
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
