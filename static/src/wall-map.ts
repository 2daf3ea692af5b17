// The wall once it is let in: the same map without controls, large, framing the fleet by itself. It
// never needs a click and comes back by itself, whatever happens to the server. Loading this module
// begins it; `wall/stage.ts` is the map, this one is what stands around it.

import { WORLD_SIGHT } from "./live/sight.ts";
import { AccessWatch } from "./page/access-watch.ts";
import { readBoot } from "./page/boot.ts";
import { exposeDebug } from "./page/debug.ts";
import { Reloader, reloadAsLastResort, reloadOnceAnswered, RECENT_MS } from "./page/reload.ts";
import { Store } from "./page/store.ts";
import { Clock } from "./ui/clock.ts";
import { Counts } from "./ui/counts.ts";
import { byId, setText } from "./ui/dom.ts";
import { FeedStrip } from "./ui/feed-strip.ts";
import { ScreenSigns } from "./ui/screen-signs.ts";
import { shiftAgainstBurnIn } from "./ui/unattended.ts";
import type { AlarmStage } from "./wall/alarm-hook.ts";
import { WallAlarms } from "./wall/alarms.ts";
import { commandOf, LargeMessage } from "./wall/commands.ts";
import type { DisplayCommand } from "./wall/commands.ts";
import { countsOfArea } from "./wall/area.ts";
import { Beat } from "./wall/beat.ts";
import { hasWebGl } from "./wall/graphics.ts";
import { reloadNightly } from "./wall/nightly.ts";
import { Night } from "./wall/night.ts";
import { PlainList } from "./wall/plain-list.ts";
import { Reporter } from "./wall/report.ts";
import { Rotation } from "./wall/rotation.ts";
import { scenesOf } from "./wall/scene.ts";
import type { Scene } from "./wall/scene.ts";
import { setupOf } from "./wall/setup.ts";
import { applySizes, sizesOf } from "./wall/sizes.ts";
import { MapStage } from "./wall/stage.ts";
import { problemsText, sceneText } from "./wall/words.ts";
import { words } from "./words/words.ts";

/** After an upgrade of the server, so that a hundred displays do not come as one. */
const UPGRADE_WITHIN_MS = 5 * 60_000;

const setup = setupOf(location.hash);
const boot = readBoot();
const store = new Store(new Reloader(boot.build, UPGRADE_WITHIN_MS));
const night = new Night(setup.dimPct);
const rotation = new Rotation(setup.scenes, performance.now());
let scenesTold: string | null = null;
let shown = rotation.at(performance.now());
night.tick(ruleNow(), Date.now());
let sizes = sizesOf(setup, shown.scene.scales, innerWidth, innerHeight);
applySizes(sizes, setup);

const bar = byId("wall-bar");
const counts = new Counts(byId("counts"), words.wallStanding);
const feeds = new FeedStrip(byId("feeds"), byId("feed-alarms"), false);
const clock = new Clock(byId("clock-time"), byId("clock-zone"));
const beat = new Beat(byId("beat"));
const message = new LargeMessage(byId("message"));
const signs = new ScreenSigns(store, byId("screen-badge"), byId("veil"));
let list: PlainList | null = null;
let isOver = false;
let onEnd: (reason: string | null) => void = () => {};
const stage = hasWebGl() ? new MapStage({ boot: boot.map, store, sizes, scene: shown.scene, bar, onHopeless: giveUpMap }) : null;
const watch = new AccessWatch((end) => {
  // Rights that were changed are taken up; if that helps nothing, the display is paired anew.
  if (end === "changed" && reloadAsLastResort(Date.now())) return;
  store.stop();
  stage?.rest();
  isOver = true;
  onEnd(end === "signed_out" ? null : words.wall.ended);
});
const reporter = new Reporter({
  build: boot.build,
  screen: () => store.screen(),
  framesDrawn: () => stage?.framesDrawn ?? null,
  frameTimesMs: () => stage?.frameTimesMs ?? [],
  scene: () => shown.scene.name,
  graphicsLosses: () => stage?.lossCount ?? 0,
  shows: () => (list === null ? "map" : "list"),
});

const alarmStage: AlarmStage = {
  place: byId("wall-alarms"),
  onAlarm: ({ id, vehicles, scene }) => {
    stage?.alarm(id, vehicles);
    rotation.interrupt(id, scene ?? shown.scene, performance.now());
  },
  onAlarmEnd: (id) => {
    stage?.alarm(id, []);
    rotation.release(id, performance.now());
  },
};

let isSoundBlocked = false;
const alarms = new WallAlarms(alarmStage, () => shown.scene, (isBlocked) => {
  isSoundBlocked = isBlocked;
  showNotice();
});

store.connectViews({
  onRows: (changes) => stage?.apply(changes),
  onFirst: () => stage?.tick(performance.now()),
  onCells: () => stage?.invalidate(),
  onCounts: () => counts.show(countsOfArea(shown.scene.area, store)),
  onAlarms: () => alarms.show(store.alarms, store.serverNowMs()),
  onSources: () => feeds.show(store.sources, store.serverNowMs()),
  onTold: (told) => {
    const command = commandOf(told);
    if (command !== null) obey(command);
  },
  onStatus: (status) => watch.observe(status),
});
if (stage === null) {
  showList();
  store.setSight(WORLD_SIGHT);
} else {
  stage.begin();
  exposeDebug(store, stage.fleetMap, () => ({ scene: shown.scene.name, fontPx: sizes.fontPx, glyphPx: sizes.needed.glyphPx, report: reporter.make(performance.now()), alarms: store.alarms.map(({ id }) => id), ...alarms.heard }));
}
shiftAgainstBurnIn(bar, byId("wall-top"), ...document.querySelectorAll<HTMLElement>(".maplibregl-ctrl-bottom-right"));
addEventListener("resize", resize);
if (setup.reloadAtMin !== null) reloadNightly(setup.reloadAtMin, () => store.serverNowMs());
reporter.start();
showScene();
tick();

/** Says what is to happen when this display may no longer look; the reason is for people. */
export function whenEnded(act: (reason: string | null) => void): void {
  onEnd = act;
}

/** Does what it is told from a desk; false where that cannot be done. */
function obey(command: DisplayCommand): boolean {
  const nowMs = performance.now();
  switch (command.do) {
    case "scenes": {
      // Who comes back is told again: what is the same goes on where it is.
      const told = JSON.stringify(command.scenes);
      if (told === scenesTold) return true;
      scenesTold = told;
      const isNone = Array.isArray(command.scenes) && command.scenes.length === 0;
      rotation.replace(isNone ? setup.scenes : scenesOf(command.scenes, { scales: setup.scales }, (problem) => setup.problems.push(problem)), nowMs);
      break;
    }
    case "scene":
      if (!rotation.goTo(command.name, nowMs)) return false;
      break;
    case "dim":
      night.dimPct = command.pct;
      return true;
    case "message":
      message.show(command.text, nowMs + command.forS * 1_000);
      return true;
    case "reload":
      void reloadOnceAnswered();
      return true;
  }
  rotate(nowMs);
  return true;
}

/** Ticks on the second, so that the clock never skips one. */
function tick(): void {
  if (isOver) return;
  const nowMs = performance.now();
  const serverNowMs = store.serverNowMs();
  if (store.lastFrameServerMs === null) clock.unset(words.wall.noClock);
  else clock.tick(serverNowMs);
  beat.tick(serverNowMs);
  signs.tick();
  feeds.tick(serverNowMs);
  if (store.lastFrameServerMs !== null) alarms.show(store.alarms, serverNowMs);
  message.tick(nowMs);
  // Whoever touched the map looks at it.
  if (stage?.isTouched(nowMs) !== true) rotate(nowMs);
  if (stage?.place != null) night.place = stage.place;
  night.tick(ruleNow(), serverNowMs);
  stage?.tick(nowMs);
  list?.tick(nowMs, serverNowMs, { bar, fontPx: sizes.fontPx });
  setTimeout(tick, 1_000 - (serverNowMs % 1_000));
}

function rotate(nowMs: number): void {
  const before = shown;
  shown = rotation.at(nowMs);
  if (shown.scene !== before.scene) showScene();
}

function showScene(): void {
  const { scene, number, of } = shown;
  for (const [name, isShown] of Object.entries(scene.panels)) byId(`panel-${name}`).hidden = !isShown;
  setText(byId("scene"), sceneText(scene.name, number, of));
  counts.show(countsOfArea(scene.area, store));
  night.tick(ruleNow(), store.serverNowMs());
  resize();
  stage?.show(scene);
}

function resize(): void {
  sizes = sizesOf(setup, shown.scene.scales, innerWidth, innerHeight);
  applySizes(sizes, setup);
  stage?.resize(sizes);
  showNotice();
}

/** What is wrong with this display itself. */
function showNotice(): void {
  const problems = sizes.needed.isReached ? setup.problems : [...setup.problems, words.wall.tooFar];
  setText(byId("setup-notice"), [problemsText(problems), isSoundBlocked ? words.wall.soundBlocked : ""].filter((text) => text !== "").join(" · "));
}

function ruleNow(): Exclude<Scene["theme"], null> {
  return shown.scene.theme ?? setup.theme;
}

/** The graphics card fails again and again: the page begins anew, and where that helps nothing, without it. */
function giveUpMap(): void {
  if (list !== null || reloadAsLastResort(Date.now())) return;
  showList();
  // By then it may draw again.
  setTimeout(() => void reloadOnceAnswered(), RECENT_MS);
}

function showList(): void {
  byId("map").hidden = true;
  list = new PlainList(byId("plain-list"), store.table);
}
