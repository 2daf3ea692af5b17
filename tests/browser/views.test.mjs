// Saved views: saved under a name, opened, renamed, shared, deleted; and not there for who may have
// none. A stand-in keeps them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertClean, launch, open, until, untilDom } from "./lib/page.mjs";
import { startDemo, stopAll } from "./lib/server.mjs";
import { SmallWorld } from "./lib/small-world.mjs";
import { standIn } from "./lib/stand-in.mjs";

let server;
let browser;

before(async () => {
  server = await startDemo("--vehicles", "5");
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await stopAll();
});

/** Keeps views as the server does: by id, with whose they are. */
class ViewKeeper {
  views = new Map([["v-other", { id: "v-other", name: "Night shift", fragment: "show=moving", shared: true, own: false }]]);
  refuses = false;

  answer = (response, request) => {
    const match = /^\/api\/v1\/views(?:\/([^/]+))?$/.exec(new URL(request.url, "http://host/").pathname);
    if (match === null) return false;
    const [, id] = match;
    let text = "";
    request.on("data", (data) => (text += data));
    request.on("end", () => {
      if (this.refuses && request.method !== "GET") return json(response, { error: { code: "too_many", message: "You have 100 views already." } }, 409);
      if (request.method === "PUT") this.views.set(id, { id, own: true, ...JSON.parse(text) });
      if (request.method === "DELETE") this.views.delete(id);
      json(response, { views: [...this.views.values()] });
    });
    return true;
  };
}

function json(response, body, status = 200) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function openDesk(answerViews) {
  const world = new SmallWorld();
  const host = await standIn(server, (viewer) => world.greet(viewer), (response, request) => answerViews(response, request) || world.answer(response, request));
  const watched = await open(browser, host.url, { viewport: { width: 1440, height: 900 } });
  await until(watched.page, (state) => state.listed === 11, 30_000);
  return { host, watched, page: watched.page };
}

test("a view is saved, opened again, renamed, shared and deleted", { timeout: 180_000 }, async () => {
  const keeper = new ViewKeeper();
  const { host, watched, page } = await openDesk(keeper.answer);
  await page.click("#counts [data-standing=parked] button");
  await until(page, (state) => state.listed === 1);
  await page.getByRole("button", { name: "Saved views" }).click();
  await page.getByRole("button", { name: "Open Night shift" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Delete: Night shift" }).count(), 0, "that of somebody else is only opened");
  await page.fill("#view-name", "Parked vans");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Open Parked vans" }).waitFor();
  const [saved] = [...keeper.views.values()].filter(({ own }) => own);
  assert.match(saved.id, /^[a-z0-9-]{1,64}$/);
  assert.match(saved.fragment, /^map=[\d./-]+&show=parked$/);
  await page.getByRole("button", { name: "Open Night shift" }).click();
  await until(page, (state) => state.listed === 5);
  assert.equal(await page.isVisible("#views-menu"), false);
  await page.getByRole("button", { name: "Saved views" }).click();
  await page.getByRole("button", { name: "Open Parked vans" }).click();
  await until(page, (state) => state.listed === 1);
  await page.goBack();
  await until(page, (state) => state.listed === 5);
  await page.getByRole("button", { name: "Saved views" }).click();
  await page.getByRole("button", { name: "For everybody: Parked vans" }).click();
  await untilDom(page, () => document.querySelector(".views").textContent, (text) => text.includes("Parked vansfor everybody"));
  assert.equal(keeper.views.get(saved.id).shared, true);
  await page.getByRole("button", { name: "Rename: Parked vans" }).click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("Yard");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Open Yard" }).waitFor();
  assert.deepEqual({ ...keeper.views.get(saved.id) }, { ...saved, name: "Yard", shared: true });
  await page.getByRole("button", { name: "Delete: Yard" }).click();
  await page.getByText("Delete it?").waitFor();
  await page.keyboard.press("Enter");
  await untilDom(page, () => document.querySelectorAll(".view").length, (count) => count === 1);
  assert.equal(keeper.views.has(saved.id), false);
  assertClean(watched);
  keeper.refuses = true;
  await page.fill("#view-name", "One more");
  await page.keyboard.press("Enter");
  await page.getByText("That did not work: You have 100 views already.").waitFor();
  await page.context().close();
  host.close();
});

for (const status of [403, 404]) {
  test(`who is answered ${status} has no button for saved views`, { timeout: 120_000 }, async () => {
    let isAsked = false;
    const { host, page } = await openDesk((response, request) => {
      if (!request.url.startsWith("/api/v1/views")) return false;
      isAsked = true;
      json(response, { error: { code: "not_allowed", message: "only a person has saved views" } }, status);
      return true;
    });
    assert.equal(isAsked, true);
    assert.equal(await page.getByRole("button", { name: "Saved views" }).count(), 0);
    await page.context().close();
    host.close();
  });
}
