// A wall and a desk for a long time, before a real server with a fleet that reports far more often
// than fleets do, while things break: what they hold must not grow.
//
//   ./soak                     half an hour
//   ./soak --hours 24          a day
//   ./soak --minutes 2         only to see that it runs: too short to judge anything
//   ./soak --report FILE       where the report goes; target/soak.html by default
//
// Exit codes: 0 all is flat (or nothing could be judged, which it says), 1 something grew or did not
// come back, 2 wrong arguments.

import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { FAULTS, RESTARTS } from "./faults.mjs";
import { MEASURES } from "./measures.mjs";
import { reportOf } from "./report.mjs";
import { Stage } from "./stage.mjs";
import { verdictsOf } from "./verdicts.mjs";

const VEHICLES = 1_000;
const USUAL_RATE_MS = 20_000;
/** One sample each; a fault in every second one. */
const LONGEST_TURN_MS = 45_000;
const SHORTEST_TURN_MS = 8_000;
const FEWEST_TURNS = 40;
/** After a fault, before a sample: what was put off is done by then. */
const SETTLES_MS = 4_000;

const { minutes, file } = argumentsOf();
const lastsMs = minutes * 60_000;
const turnMs = Math.min(LONGEST_TURN_MS, Math.max(SHORTEST_TURN_MS, lastsMs / FEWEST_TURNS));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (text) => console.log(text);

const run = { startedAt: new Date().toISOString(), minutes, vehicles: VEHICLES, samples: [], faults: [], failures: [], rates: null };
const stage = await Stage.open({ vehicles: VEHICLES });
try {
  await stage.untilWell();
  await soak();
} catch (error) {
  run.failures.push(`${error}`);
} finally {
  await stage.close().catch((error) => run.failures.push(`${error}`));
}
finish();

function argumentsOf() {
  try {
    const { values } = parseArgs({ options: { hours: { type: "string" }, minutes: { type: "string" }, report: { type: "string", default: "target/soak.html" } } });
    const given = values.minutes === undefined ? Number(values.hours ?? 0.5) * 60 : Number(values.minutes);
    if (!(given > 0) || (values.hours !== undefined && values.minutes !== undefined)) throw new Error("--hours N or --minutes N, a number above 0");
    return { minutes: given, file: path.resolve(values.report) };
  } catch (error) {
    console.error(`soak: ${error.message}`);
    process.exit(2);
  }
}

async function soak() {
  const usual = await ratePerS(Math.min(USUAL_RATE_MS, lastsMs / 10));
  await stage.accelerate();
  const startMs = performance.now();
  const atS = () => (performance.now() - startMs) / 1_000;
  let rate = null;
  const restarts = [...RESTARTS];
  for (let turn = 0; atS() * 1_000 < lastsMs; turn++) {
    const endMs = performance.now() + turnMs;
    const isDue = restarts.length > 0 && atS() * 1_000 >= restarts[0].atShare * lastsMs;
    if (isDue) await suffer(restarts.shift(), atS);
    else if (turn % 2 === 1) await suffer(FAULTS[((turn - 1) / 2) % FAULTS.length], atS);
    else rate = await ratePerS(Math.min(SETTLES_MS, turnMs / 2));
    run.rates ??= rate === null ? null : { usual, soaked: rate };
    await stage.useDesk(turn);
    await pause(Math.max(SETTLES_MS, endMs - performance.now()));
    await stage.acknowledgeAll();
    run.samples.push({ atS: atS(), ...(await stage.sample()) });
  }
}

/** One fault, and how long it took until both pages were well again. */
async function suffer(fault, atS) {
  const fromS = atS();
  await fault.run(stage);
  const overS = atS();
  await stage.untilWell();
  run.faults.push({ name: fault.name, fromS, overS, wellS: atS() });
  say(`${clock(fromS)}  ${fault.name}; all well ${(atS() - overS).toFixed(1)} s after it was over`);
}

async function ratePerS(forMs) {
  const [before, startMs] = [await stage.eventCount(), performance.now()];
  await pause(forMs);
  return ((await stage.eventCount()) - before) / ((performance.now() - startMs) / 1_000);
}

function finish() {
  const { loads, starts } = stage;
  for (const [name, count] of Object.entries(loads)) if (count > 1) run.failures.push(`the ${name} loaded itself anew ${count - 1} times: what it held before cannot be judged`);
  for (const text of new Set(stage.complaints)) run.failures.push(text);
  const verdicts = verdictsOf(run.samples, MEASURES);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, reportOf(run, verdicts));
  const { rates } = run;
  say(`\n${run.samples.length} samples in ${minutes} minutes, ${run.faults.length} faults, the server was started ${starts} times`);
  if (rates !== null) say(`the streamed feed told of ${rates.soaked.toFixed(0)} events a second, ${(rates.soaked / rates.usual).toFixed(1)} times its usual rate`);
  say("ratio to the limit, growth over what was measured (limit), level");
  for (const verdict of verdicts) say(lineOf(verdict));
  for (const failure of run.failures) say(`FAILED: ${failure}`);
  const grown = verdicts.filter(({ isFlat }) => isFlat === false);
  if (verdicts.every(({ trend }) => trend === null)) say("too short to judge: nothing is said about growth");
  else say(grown.length === 0 ? "all of it is flat" : `GREW: ${grown.map(({ what }) => what).join("; ")}`);
  say(`report: ${path.relative(process.cwd(), file)}`);
  process.exitCode = grown.length + run.failures.length > 0 ? 1 : 0;
}

function lineOf({ what, unit, trend, limit }) {
  if (trend === null) return `    -  ${what}: too few samples`;
  const number = (value) => `${value.toFixed(unit === "MB" ? 2 : 1)}${unit && ` ${unit}`}`;
  return `${(trend.growth / limit).toFixed(2).padStart(5)}  ${what}: ${number(trend.growth)} (${number(limit)}), of ${number(trend.level)}`;
}

function clock(s) {
  return `${String(Math.floor(s / 60)).padStart(4)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
}
