// The report of a soak: one file without anything from elsewhere, a plot for each measure.

import { judged } from "./trend.mjs";

const WIDTH = 560;
const HEIGHT = 150;
const PAD = { left: 62, right: 12, top: 10, bottom: 22 };

const STYLE = `
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1200px; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark; color: light-dark(#1b1f24, #e6e8eb); background: light-dark(#fff, #14171a); }
table { border-collapse: collapse; } th, td { text-align: left; padding: .2rem 1rem .2rem 0; border-bottom: 1px solid light-dark(#d5d9de, #33383e); } td.number { text-align: right; font-variant-numeric: tabular-nums; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(${WIDTH}px, 1fr)); gap: 1.2rem; } figure { margin: 0; } figcaption { font-weight: 600; }
svg { width: 100%; height: auto; } text { font: 11px system-ui, sans-serif; fill: currentColor; } .axis { stroke: currentColor; opacity: .35; } .fault { stroke: light-dark(#b26a00, #e0a040); opacity: .5; stroke-dasharray: 2 3; }
.warm { fill: currentColor; opacity: .25; } .judged { fill: light-dark(#0b63c5, #6cb0ff); } .grew { color: light-dark(#b00020, #ff8a80); font-weight: 600; }`;

export function reportOf(run, verdicts) {
  const endS = run.samples.at(-1)?.atS ?? 1;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Fleetglass soak</title><style>${STYLE}</style></head><body>
<h1>Soak of ${escape(`${run.minutes}`)} minutes</h1>
<p>Began ${escape(run.startedAt)}; ${run.vehicles} vehicles, ${ratesText(run.rates)}${run.samples.length} samples. Pale points are warm-up, which is not judged; dashed lines are faults. Growth is the middle of all slopes over the time that was judged; no two lives of a page or a process are compared.</p>
${run.failures.map((text) => `<p class="grew">${escape(text)}</p>`).join("\n")}
<h2>Flat or not</h2>
<table><thead><tr><th>Measure</th><th>Level</th><th>Growth</th><th>Limit</th><th>Flat</th></tr></thead><tbody>
${verdicts.map(rowOf).join("\n")}
</tbody></table>
<h2>Plots</h2>
<div class="plots">${verdicts.map((verdict) => plotOf(verdict, run.faults, endS)).join("\n")}</div>
<h2>Faults</h2>
<table><thead><tr><th>At</th><th>What</th><th>Lasted</th><th>All well after</th></tr></thead><tbody>
${run.faults.map(({ name, fromS, overS, wellS }) => `<tr><td>${minutesText(fromS)}</td><td>${escape(name)}</td><td class="number">${(overS - fromS).toFixed(1)} s</td><td class="number">${(wellS - overS).toFixed(1)} s</td></tr>`).join("\n")}
</tbody></table>
</body></html>
`;
}

function ratesText(rates) {
  return rates === null ? "" : `the streamed feed at ${rates.soaked.toFixed(0)} events a second (${(rates.soaked / rates.usual).toFixed(1)} times its usual rate), `;
}

function rowOf({ what, unit, trend, limit, isFlat }) {
  if (trend === null) return `<tr><td>${escape(what)}</td><td colspan="3">too few samples</td><td></td></tr>`;
  const cells = [trend.level, trend.growth, limit].map((value) => `<td class="number">${valueText(value, unit)}</td>`);
  return `<tr><td>${escape(what)}</td>${cells.join("")}<td${isFlat ? "" : ' class="grew"'}>${isFlat ? "yes" : "NO"}</td></tr>`;
}

function plotOf({ what, unit, series }, faults, endS) {
  const known = series.filter(({ value }) => value !== null);
  if (known.length === 0) return `<figure><figcaption>${escape(what)}</figcaption><p>nothing was read</p></figure>`;
  const isJudged = new Set(judged(series).flat());
  const [least, most] = range(known.map(({ value }) => value));
  const x = (atS) => PAD.left + (atS / endS) * (WIDTH - PAD.left - PAD.right);
  const y = (value) => HEIGHT - PAD.bottom - ((value - least) / (most - least)) * (HEIGHT - PAD.top - PAD.bottom);
  const line = (x1, y1, x2, y2, kind) => `<line class="${kind}" x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}"/>`;
  const parts = [
    line(PAD.left, HEIGHT - PAD.bottom, WIDTH - PAD.right, HEIGHT - PAD.bottom, "axis"),
    line(PAD.left, PAD.top, PAD.left, HEIGHT - PAD.bottom, "axis"),
    ...faults.map(({ fromS }) => line(x(fromS), PAD.top, x(fromS), HEIGHT - PAD.bottom, "fault")),
    ...[least, most].map((value) => `<text x="${PAD.left - 6}" y="${y(value) + 4}" text-anchor="end">${valueText(value, unit)}</text>`),
    ...[0, endS].map((atS, i) => `<text x="${x(atS)}" y="${HEIGHT - 6}" text-anchor="${i === 0 ? "start" : "end"}">${minutesText(atS)}</text>`),
    ...known.map((sample) => `<circle class="${isJudged.has(sample) ? "judged" : "warm"}" cx="${x(sample.atS).toFixed(1)}" cy="${y(sample.value).toFixed(1)}" r="2.2"/>`),
  ];
  return `<figure><figcaption>${escape(what)}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(what)}">${parts.join("")}</svg></figure>`;
}

/** From zero, so that noise does not look like a mountain. */
function range(values) {
  const most = Math.max(...values);
  return [0, most === 0 ? 1 : most * 1.1];
}

function valueText(value, unit) {
  const digits = unit === "MB" || Math.abs(value) < 10 ? 1 : 0;
  return `${value.toFixed(digits)}${unit && ` ${unit}`}`;
}

function minutesText(s) {
  return `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
}

function escape(text) {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
