// What the fleet costs the page, in a real Chromium, without a server:
//
//   npm ci --prefix static && npm ci --prefix tests/browser    once
//   node benches/browser/run.mjs [part of a name ...]
//
// Chromium is /usr/bin/chromium, or CHROMIUM. Figures are JavaScript on the page's thread; what the
// graphics card does is not in them. First stands the ratio to the limit, since it tells at a
// glance what is over; last how noisy the machine was, without which no figure means much.

import http from "node:http";
import { bundled } from "../../tests/browser/lib/bundle.mjs";
import { launch } from "../../tests/browser/lib/page.mjs";

const LIST = { text: "", standings: [], sort: "name" };
/** Name, limit of the median in ms (null: for comparison only), and what to measure. */
const BENCHES = [
  ["update of 10,000 vehicles", 1, "update", 10_000],
  ["update of 50,000 vehicles", 3, "update", 50_000],
  ["update of 100,000 vehicles", 6, "update", 100_000],
  ["update of 5 % of 100,000", null, "update", 100_000, 0.05],
  ["first message of 100,000", null, "first", 100_000, false],
  ["names of 100,000 from the worker", null, "first", 100_000, true],
  ["upload of 10,000", null, "upload", 10_000],
  ["upload of 100,000", null, "upload", 100_000],
  ["upload of 5 % of 100,000", null, "upload", 100_000, 0.05],
  ["upload of 0.05 % of 100,000", null, "upload", 100_000, 0.0005],
  ["frame at 10,000, map still", 0.5, "frames", 10_000],
  ["names chosen, 10,000 in view", 2, "labels", 10_000],
  ["names chosen, 100,000 in view", 2, "labels", 100_000],
  ["names chosen, 100,000, a town in view", 2, "labels", 100_000, 11],
  ["picking among 100,000", 0.5, "picking", 100_000],
  ["worker: reading 100,000 names", null, "list", 100_000, "first"],
  ["worker: a round of sorting names", 30, "list", 100_000, "sorting"],
  ["worker: list of 100,000 by name", 30, "list", 100_000, LIST],
  ["worker: list of 100,000, newest first", 30, "list", 100_000, { ...LIST, sort: "recent" }],
  ["worker: list of 100,000, overdue first", 30, "list", 100_000, { ...LIST, sort: "silence" }],
  ["worker: search among 100,000, a name", 30, "list", 100_000, { ...LIST, text: "lorry 77" }],
  ["worker: search among 100,000, in each vehicle", 30, "list", 100_000, { ...LIST, text: "region" }],
  ["worker: search among 100,000, a driver with a typo", 30, "list", 100_000, { ...LIST, text: "mahlangi" }],
  ["worker: search among 100,000, two words with a typo", 30, "list", 100_000, { ...LIST, text: "fatimma sithole" }],
  ["worker: search among 100,000, nothing", 30, "list", 100_000, { ...LIST, text: "xylophone" }],
  ["worker: groups and states of 100,000", 30, "list", 100_000, { ...LIST, standings: ["moving"], groups: ["Region 3"] }],
  ["tick of 10,000 as it comes", null, "packing", 10_000, false],
  ["tick of 10,000, deflated in the message", null, "packing", 10_000, true],
  ["tick of 10,000 from the worker, handed over", null, "handover", 10_000, true],
  ["tick of 10,000 from the worker, copied", null, "handover", 10_000, false],
];
const CHURN = { rounds: 4, updates: 2_000 };
const CHURN_LIMIT_KB = 500;

const wanted = process.argv.slice(2);
const isWanted = (name) => wanted.length === 0 || wanted.some((part) => name.includes(part));
const code = await bundled('import "../benches/browser/page.mjs";');
const server = await serve(code);
const browser = await launch();
try {
  const noiseBefore = await inFreshPage("noise");
  console.log("ratio to the limit, then milliseconds: best, median, 95th percentile");
  for (const [name, limitMs, measure, ...args] of BENCHES.filter(([name]) => isWanted(name))) {
    const { best, median, p95 } = summary(await inFreshPage(measure, ...args));
    const ratio = limitMs === null ? "     " : (median / limitMs).toFixed(2).padStart(5);
    console.log(`${ratio}  ${best.toFixed(2).padStart(7)} ${median.toFixed(2).padStart(7)} ${p95.toFixed(2).padStart(7)}  ${name}${limitMs === null ? "" : ` (limit ${limitMs})`}`);
  }
  if (isWanted("deflated")) await packing();
  if (isWanted("heap")) await heap();
  const noise = [...noiseBefore, ...(await inFreshPage("noise"))];
  const { median, p95 } = summary(noise);
  console.log(`noise: the same sum took ${median.toFixed(2)} ms, at the 95th percentile ${(p95 / median).toFixed(2)} times as long`);
} finally {
  await browser.close();
  server.close();
}

async function packing() {
  const [plain, packed] = await inFreshPage("packedBytes", 10_000);
  console.log(`a tick of 10,000 has ${plain} bytes, deflated ${packed} (${(packed / plain).toFixed(2)})`);
}

/**
 * What thousands of updates leave behind; the first rounds fill what is kept for good. In a browser of
 * its own: its frames are drawn faster than a processor can paint them, and what still waits to be
 * painted, minutes of it, would hold up the next page that the same browser opens.
 */
async function heap() {
  const own = await launch();
  try {
    await churn(await openPage(own));
  } finally {
    await own.close();
  }
}

async function churn(page) {
  const session = await page.context().newCDPSession(page);
  const used = [];
  for (let round = 0; round <= CHURN.rounds; round++) {
    await page.evaluate((updates) => globalThis.measure("churn", updates), CHURN.updates);
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize, backingStorageSize = 0 } = await session.send("Runtime.getHeapUsage");
    used.push((usedSize + backingStorageSize) / 1000);
  }
  const grownKb = used.at(-1) - used[1];
  const updates = (CHURN.rounds - 1) * CHURN.updates;
  console.log(`${(grownKb / CHURN_LIMIT_KB).toFixed(2).padStart(5)}  heap: ${grownKb.toFixed(0)} kB more after ${updates} updates (limit ${CHURN_LIMIT_KB}); ${used.map((kb) => kb.toFixed(0)).join(", ")} kB`);
}

async function inFreshPage(measure, ...args) {
  const page = await openPage();
  const timesMs = await page.evaluate(([name, rest]) => globalThis.measure(name, ...rest), [measure, args]);
  await page.close();
  return timesMs;
}

async function openPage(opener = browser) {
  const page = await opener.newPage({ viewport: { width: 1280, height: 800 } });
  page.on("pageerror", (error) => console.error(String(error)));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  return page;
}

/** Isolated, since only then the browser's clock is exact enough. */
function serve(script) {
  const host = http.createServer((request, response) => {
    response.setHeader("cross-origin-opener-policy", "same-origin");
    response.setHeader("cross-origin-embedder-policy", "require-corp");
    const isScript = request.url === "/bench.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : '<!doctype html><body><script type="module" src="/bench.js"></script>');
  });
  return new Promise((resolve) => host.listen(0, "127.0.0.1", () => resolve(host)));
}

function summary(timesMs) {
  const sorted = timesMs.toSorted((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return { best: sorted[0], median: at(0.5), p95: at(0.95) };
}
