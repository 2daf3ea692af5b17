// The wall once it is let in: the same map without controls, large, framing the fleet by itself. It
// never needs a click and comes back by itself, whatever happens to the server. Loading this module
// begins it.

import { AutoFrame } from "./map/auto-frame.ts";
import { FleetMap } from "./map/fleet-map.ts";
import { frameOf } from "./map/framing.ts";
import { AccessWatch } from "./page/access-watch.ts";
import { readBoot } from "./page/boot.ts";
import { exposeDebug } from "./page/debug.ts";
import { Reloader, reloadAsLastResort } from "./page/reload.ts";
import { Store } from "./page/store.ts";
import { Clock } from "./ui/clock.ts";
import { Counts } from "./ui/counts.ts";
import { byId, setText } from "./ui/dom.ts";
import { FeedStrip } from "./ui/feed-strip.ts";
import { ScreenSigns } from "./ui/screen-signs.ts";
import { shiftAgainstBurnIn } from "./ui/unattended.ts";

/** The height of screen that sizes are given for. */
const DESIGN_HEIGHT_PX = 1080;
const LABEL_PX = 26;
const MARKER_SCALE = 2;

const sizeFactor = Math.max(0.5, Math.min(innerHeight, innerWidth) / DESIGN_HEIGHT_PX);
const boot = readBoot();
const store = new Store(new Reloader(boot.build));
const bar = byId("wall-bar");
const fleetMap = new FleetMap({
  container: byId("map"),
  boot: boot.map,
  table: store.table,
  cells: store.cells,
  isInteractive: false,
  markerScale: MARKER_SCALE * sizeFactor,
  labelFontPx: Math.round(LABEL_PX * sizeFactor),
  fleetNowMs: () => store.serverNowMs(),
  onPick: () => {},
  onNotice: (notice) => setText(byId("map-notice"), notice),
});
const isReduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
const framing = new AutoFrame(fleetMap.map, () => frameOf(store), padding, !isReduced && fleetMap.overlay.framesPerSecondLimit === 0);
const counts = new Counts(byId("counts"));
const feeds = new FeedStrip(byId("feeds"), byId("feed-alarms"), false);
const clock = new Clock(byId("clock-time"), byId("clock-zone"));
const signs = new ScreenSigns(store, byId("screen-badge"), byId("veil"));
let isOver = false;
let onEnd: (reason: string | null) => void = () => {};
const watch = new AccessWatch((end) => {
  // Rights that were changed are taken up; if that helps nothing, the display is paired anew.
  if (end === "changed" && reloadAsLastResort(Date.now())) return;
  store.stop();
  fleetMap.rest();
  isOver = true;
  onEnd(end === "signed_out" ? null : "Access for this display has ended.");
});

store.connectViews({
  onRows: (changes) => fleetMap.apply(changes),
  onFirst: () => framing.tick(performance.now()),
  onCells: () => fleetMap.overlay.invalidate(),
  onCounts: () => counts.show(store.counts),
  onSources: () => feeds.show(store.sources, store.serverNowMs()),
  onStatus: (status) => watch.observe(status),
});
fleetMap.watchSight((sight) => store.setSight(sight));
shiftAgainstBurnIn(bar);
exposeDebug(store, fleetMap);
tick();

/** Says what is to happen when this display may no longer look; the reason is for people. */
export function whenEnded(act: (reason: string | null) => void): void {
  onEnd = act;
}

/** Ticks on the second, so that the clock never skips one. */
function tick(): void {
  if (isOver) return;
  const nowMs = store.serverNowMs();
  clock.tick(nowMs);
  signs.tick();
  feeds.tick(nowMs);
  framing.tick(performance.now());
  setTimeout(tick, 1_000 - (nowMs % 1_000));
}

function padding(): { top: number; bottom: number; left: number; right: number } {
  const side = Math.min(innerHeight, innerWidth) * 0.06;
  return { top: side + byId("feed-alarms").offsetHeight, bottom: bar.offsetHeight + side, left: side, right: side };
}
