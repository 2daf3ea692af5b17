// The page that a wall shows while its server is away, whole in one text: there is nobody to fetch
// anything from. It asks every few seconds, jittered, whether the server answers, and then loads the
// same address again, what stands behind its "#" included, its language too. `kiosk/waiting.html` is
// its brother for a browser that has not been here before.

import { STORAGE_KEY } from "../page/preferences.ts";
import { waiting as de } from "../words/de.ts";
import { waiting as en } from "../words/en.ts";

/** Words have no markup in them; "<" is written so that it could end no script. */
const WORDS = JSON.stringify({ en, de }).replaceAll("<", "\\u003c");

export const WAITING_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark">
<title>${en.title}</title>
<style>
html { color-scheme: dark; background: #0b121c; color: #e8edf4; cursor: none; font: 600 7vmin/1.2 "Noto Sans", system-ui, sans-serif; }
body { margin: 0; height: 100vh; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 3vmin; text-align: center; overflow: hidden; }
p { margin: 0; }
#since { color: #9dabbd; font-size: 5vmin; font-weight: 400; font-variant-numeric: tabular-nums; }
</style>
</head>
<body>
<p id="what" role="status">${en.waiting}</p>
<p id="since"></p>
<script>
"use strict";
const all = ${WORDS};
const asked = ((/[#&]lang=([a-z]+)/i.exec(location.hash) || [])[1] || "").toLowerCase();
let kept = "";
try {
  kept = JSON.parse(localStorage.getItem("${STORAGE_KEY}")).lang;
} catch (error) {}
const language = [asked, kept, ...navigator.languages.map((tag) => tag.split("-")[0]), "en"].find((one) => Object.hasOwn(all, one));
const words = all[language];
document.documentElement.lang = language;
document.title = words.title;
document.getElementById("what").textContent = words.waiting;
const startedMs = performance.now();
const since = document.getElementById("since");
function tick() {
  const seconds = Math.floor((performance.now() - startedMs) / 1000);
  since.textContent = words.since.replace("{time}", Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0"));
  document.body.style.translate = (Math.floor(seconds / 300) % 5) - 2 + "px " + ((Math.floor(seconds / 420) % 5) - 2) + "px";
}
tick();
setInterval(tick, 1000);
async function ask() {
  try {
    const response = await fetch("/livez", { cache: "no-store", signal: AbortSignal.timeout(5000) });
    if (response.ok) return location.reload();
  } catch (error) {}
  setTimeout(ask, 1000 + Math.random() * 3000);
}
setTimeout(ask, 500 + Math.random() * 1500);
</script>
</body>
</html>
`;
