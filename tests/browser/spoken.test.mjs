// What is read out to whoever does not see the page: what answers them, and not what changes by itself.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CirclingDesk, rowOf } from "./lib/circling-desk.mjs";
import { assertClean, until, untilDom } from "./lib/page.mjs";

const desk = new CirclingDesk();
before(() => desk.start());
after(() => desk.stop());

/** To be run in the page: keeps all that its live regions say from now on. */
function listen() {
  window.spoken = [];
  const regions = "[role=status], [role=alert], [aria-live]";
  const hear = (changes) => {
    for (const region of new Set(changes.map(({ target }) => (target.nodeType === Node.TEXT_NODE ? target.parentElement : target)?.closest(regions)))) {
      if (region && region.textContent.trim() !== "") window.spoken.push(region.textContent.trim());
    }
  };
  new MutationObserver(hear).observe(document.body, { subtree: true, childList: true, characterData: true });
}

test("a trail that grows is told once, and a filter's count when it is asked for", { timeout: 120_000 }, async () => {
  const watched = await desk.open("#map=13/-26.2/28.05");
  const { page } = watched;
  const sentence = () => document.querySelector("#detail-trail > p.muted").textContent;
  await page.evaluate(listen);
  await rowOf(page, "Truck 1").click();
  const first = await untilDom(page, sentence, (text) => /\d+ positions/.test(text));
  await untilDom(page, () => window.spoken.join("\n"), (said) => said.includes(first));
  // What changes with each fix and each vehicle stands where nobody reads it out of their own accord.
  const isRead = (selector) => page.evaluate((one) => document.querySelector(one).closest("[role=status], [role=alert], [aria-live]") !== null, selector);
  assert.deepEqual([await isRead("#detail-trail > p.muted"), await isRead("#list-summary")], [false, false]);
  await page.fill("#search", "truck");
  const { listed } = await until(page, (state) => state.listed < 11);
  const count = await page.textContent("#list-summary");
  assert.equal(count, `${listed} of 11 vehicles`);
  await untilDom(page, () => window.spoken.join("\n"), (said) => said.includes(" of 11 vehicles"));
  const spoken = await page.evaluate(() => window.spoken);
  assert.deepEqual(spoken.filter((text) => /positions/.test(text)), [first]);
  assert.ok(spoken.includes(count), spoken.join("; "));
  // It is gone by and by, so that a reader that goes through the page does not meet it twice.
  await untilDom(page, () => document.querySelector("#list-summary + [role=status]").textContent, (text) => text === "");
  assertClean(watched);
});
