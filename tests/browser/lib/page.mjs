// Opens pages in a real Chromium and watches them: whatever a page complains about, and each thing
// its policy stops, fails the test that opened it.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

export const chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const FLAGS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
];

/** `more` are further flags, such as a kiosk's. */
export async function launch(more = []) {
  return chromium.launch({ executablePath: chromiumPath, args: [...FLAGS, ...more] });
}

/** Of a region that has kilometres and 24 hours. */
const LOCALE = "en-IE";
/** Others may be busy on this machine. */
const LOADS_WITHIN_MS = 90_000;

/** A page with its complaints; `errors` and `violations` stay empty on a good one. `prepare` is run in it
 * before its own scripts. */
export async function open(browser, url, options = {}, prepare = undefined) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: LOCALE, ...options });
  const page = await context.newPage();
  const watched = { page, errors: [], violations: [] };
  page.on("console", (message) => {
    // A wall asks to be heard at once; that a browser without a kiosk's flags refuses is shown on it.
    if (message.text().startsWith("The AudioContext was not allowed to start")) return;
    if (message.type() === "error" || message.type() === "warning") watched.errors.push(message.text());
  });
  page.on("pageerror", (error) => watched.errors.push(String(error)));
  await page.exposeFunction("reportViolation", (text) => watched.violations.push(text));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      window.reportViolation(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  if (prepare !== undefined) await page.addInitScript(prepare);
  await page.goto(url, { timeout: LOADS_WITHIN_MS });
  return watched;
}

/** The page's own account of itself; undefined until its script runs. */
export function read(page) {
  return page.evaluate(() => window.fleetglass?.read());
}

/** Waits until the page's account passes the test; answers that account. */
export function until(page, test, timeoutMs = 30_000) {
  return poll(() => read(page), (state) => state !== undefined && test(state), `${test}`, timeoutMs);
}

/** Waits until what `look` finds in the page passes the test. */
export function untilDom(page, look, test, timeoutMs = 30_000) {
  return poll(() => page.evaluate(look), test, `${look} -> ${test}`, timeoutMs);
}

/** The page went elsewhere, or loaded itself anew, while it was asked: the next one is asked then. */
const LEFT = /Execution context was destroyed|Cannot find context with specified id/;

/**
 * Asks from outside. Playwright's own `waitForFunction` evaluates text within the page, which the
 * page's policy rightly stops.
 */
async function poll(get, test, what, timeoutMs) {
  const endMs = Date.now() + timeoutMs;
  let last;
  for (;;) {
    try {
      last = await get();
      if (test(last)) return last;
    } catch (error) {
      if (!LEFT.test(String(error))) throw error;
    }
    if (Date.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}; last: ${JSON.stringify(last)?.slice(0, 6_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function untilMarkers(page) {
  await until(page, (state) => state.markers > 0 && state.framesDrawn > 0);
}

export function assertClean({ errors, violations }) {
  assert.deepEqual(violations, [], "violations of the content security policy");
  assert.deepEqual(errors, [], "complaints on the console");
}
