// The desk: map, list and detail panel put together. Each part knows only what it is given; what
// ties a click to a flight to an open panel, and the present to the past, stands here.

import { DeskAlarms } from "./desk-alarms.ts";
import { DeskTools } from "./desk-tools.ts";
import { DeskWall } from "./desk-wall.ts";
import { FleetPanel } from "./fleet-panel.ts";
import { WORLD_SIGHT } from "./live/sight.ts";
import { FleetMap } from "./map/fleet-map.ts";
import { frameOf } from "./map/framing.ts";
import { chooseTheme } from "./map/theme.ts";
import { AccessWatch } from "./page/access-watch.ts";
import { absoluteUrl, readBoot } from "./page/boot.ts";
import { exposeDebug } from "./page/debug.ts";
import { firstPaint } from "./page/first-paint.ts";
import { graphicsReady } from "./page/graphics-ready.ts";
import { PlaceSearch, fixedOf } from "./page/place-search.ts";
import { Preferences } from "./page/preferences.ts";
import { Reloader } from "./page/reload.ts";
import { Selection } from "./page/selection.ts";
import { Store } from "./page/store.ts";
import { TimeTravel } from "./page/time-travel.ts";
import type { Vehicle } from "./protocol.ts";
import { accessEnded, showAccountMenu } from "./ui/account-menu.ts";
import { DetailPanel } from "./ui/detail-panel.ts";
import { byId, setText } from "./ui/dom.ts";
import { FeedStrip } from "./ui/feed-strip.ts";
import { MOST_CHOSEN } from "./ui/follow-controls.ts";
import { freeBox, freePadding, openPanels, openingPadding, panelInsets } from "./ui/layout.ts";
import { listedRow } from "./ui/list-rows.ts";
import type { ListedVehicle } from "./ui/list-rows.ts";
import { KeysHelp } from "./ui/keys-help.ts";
import { ScreenSigns } from "./ui/screen-signs.ts";
import { listenToKeys } from "./ui/shortcuts.ts";
import { TimeBar } from "./ui/time-bar.ts";
import { TrailPanel } from "./ui/trail-panel.ts";
import { ViewsMenu } from "./ui/views-menu.ts";
import { WhyPanel } from "./ui/why-panel.ts";
import { speakChosen } from "./words/speak.ts";

const TICK_MS = 1_000;
const TRAIL_FOLLOWS_MS = 400;
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

const canDraw = graphicsReady();
await speakChosen();
const boot = readBoot();
const preferences = new Preferences();
chooseTheme(preferences.now.theme);
const store = new Store(new Reloader(boot.build));
store.setSight(WORLD_SIGHT); // what comes before there is a map waits in the store
const travel = new TimeTravel({
  nowMs: () => store.serverNowMs(),
  sight: () => (store.isWhole ? null : fleetMap.sight),
  isGliding: () => !reducedMotion.matches,
  onShown: showTime,
  onControls: () => timeBar.show(),
});
/** Writes the view into the address, once there is somebody to do it: one can type before the map is made. */
let drift = (): void => {};
const panel = new FleetPanel({
  store,
  travel,
  fleetNowMs,
  countInSight: () => fleetMap.countInSight(openPanels()),
  onSelect: (vehicle) => select(vehicle, true),
  onChoose: (ids, isToggle) => tools.choose(ids, isToggle),
  mostChosen: MOST_CHOSEN,
  onDrift: () => drift(),
});
const feeds = new FeedStrip(byId("feeds"), byId("feed-alarms"), true);
await Promise.all([firstPaint(), canDraw]);
const fleetMap = new FleetMap({
  container: byId("map"),
  boot: boot.map,
  table: store.table,
  cells: store.cells,
  isInteractive: true,
  markerScale: 1,
  labelFontPx: 12,
  fleetNowMs,
  onPick: (row, isMore) => pick(listedRow(shownTable(), row), isMore),
  onNotice: (notice) => setText(byId("map-notice"), notice),
});
const why = new WhyPanel((origin, ghosts) => fleetMap.ghosts.show(origin, ghosts));
const detail = new DetailPanel(fleetNowMs, why, () => deselect());
const trail = new TrailPanel(fleetMap.trail, fleetNowMs);
const signs = new ScreenSigns(store, byId("screen-badge"), byId("veil"));
const timeBar = new TimeBar(travel);
const selection = new Selection({ onVehicle: showVehicle, onTrouble: (hasTrouble) => detail.showTrouble(hasTrouble) });
const watch = new AccessWatch((end) => {
  store.stop();
  accessEnded(end);
});
const placeNames = new PlaceSearch(absoluteUrl(boot.map.builtinTiles));
let selectedId: string | undefined;
/** Its row as it was last seen. */
let selectedRow = { row: -1, fingerprint: "" };
let showsPast = false;
let trailTimer: ReturnType<typeof setTimeout> | undefined;

const alarms = new DeskAlarms({
  store,
  fleetMap,
  isPast: () => travel.isOn,
  selectedId: () => selectedId,
  showVehicle: (id, name, place) => {
    openDetail(id, name);
    if (place !== null) fleetMap.flyTo(place, panelInsets());
  },
  flyTo: (place) => fleetMap.flyTo(place, panelInsets()),
  showArea: (bounds) => fleetMap.map.fitBounds(bounds, { padding: freePadding(), maxZoom: 16, animate: !reducedMotion.matches }),
  markList: (severities) => panel.list.showAlarms(severities),
  onPointed: () => tools.pointAgain(),
  onDraw: () => tools.endMapTools(),
});

const tools = new DeskTools({
  fleetMap,
  store,
  travel,
  preferences,
  table: shownTable,
  selectedId: () => selectedId,
  selectId,
  fleetNowMs,
  showChosen: (chosen) => panel.list.showChosen(chosen),
  filteredRows: () => panel.filteredRows(),
  freeBox,
  insets: panelInsets,
  findPlaces: (text) => placeNames.find(text, wherePlacesAreWanted()),
  rewrite,
});
drift = () => tools.url.drift();
const wall = new DeskWall({
  fleetMap,
  preferences,
  fleet: store,
  groups: () => panel.groups,
  freeBox,
  movesSmoothly: () => !reducedMotion.matches,
  addTab: (tab, cancel) => alarms.addTab(tab, cancel),
  openTab: (id) => alarms.openTab(id),
  addTool: (icon, text, act, key) => tools.addTool(icon, text, act, key),
});
const keys = new KeysHelp();
tools.addPointed(() => alarms.pointed());
tools.addSettings(alarms.settings, keys.button);
for (const part of [...panel.parts(), wall.part()]) tools.url.add(part);
store.connectViews({
  onRows: (changes) => {
    fleetMap.apply(changes);
    askForSelected();
    alarms.moved();
    tools.moved();
  },
  onFirst: () => {
    if (!tools.isPlaced) showWholeFleet();
    tools.open();
    wall.open();
  },
  onCells: () => {
    fleetMap.invalidate();
    panel.show();
  },
  onList: () => panel.show(),
  onCounts: () => panel.showCounts(),
  onSources: () => feeds.show(store.sources, store.serverNowMs()),
  onAlarms: () => alarms.show(),
  onStatus: (status) => watch.observe(status),
});
tools.read();
fleetMap.watchSight((sight) => store.setSight(sight));
fleetMap.map.on("moveend", () => panel.showSummary());
void fleetMap.map.once("idle", () => byId("first-credits").remove()); // the map says it by itself now
fleetMap.map.on("moveend", () => {
  // Of a large fleet only what is in sight was asked for.
  if (travel.isOn && !store.isWhole) travel.go(travel.wantedMs);
});
setInterval(tick, TICK_MS);
listenToKeys({
  search: () => panel.focusSearch(),
  past: () => timeBar.enter(),
  now: () => timeBar.leave(),
  follow: () => tools.follow(),
  measure: () => tools.measure(),
  goTo: () => tools.goTo(),
  compare: () => tools.compare(),
  nearest: () => tools.nearest(),
  alarms: () => alarms.open("alarms"),
  places: () => alarms.open("places"),
  rules: () => alarms.open("rules"),
  wall: () => wall.put(),
  help: () => keys.open(),
  escape,
}, () => preferences.now.keys === "on");
exposeDebug(store, fleetMap, () => ({
  selectedId,
  listed: panel.list.length,
  ghosts: fleetMap.ghosts.count,
  ...tools.debug,
  ...alarms.debug,
  past: { isOn: travel.isOn, isPlaying: travel.isPlaying, shownMs: travel.shownMs, wantedMs: travel.wantedMs, trouble: travel.trouble, counts: travel.counts },
}), shownTable);
timeBar.show();
void alarms.begin();
void wall.begin();
void showAccountMenu(byId("account"));
void new ViewsMenu(byId("views"), () => tools.url.fragment, (fragment) => tools.url.visit(fragment)).begin();

/** Now, or the time of the past that is shown. */
function fleetNowMs(): number {
  return travel.isOn ? travel.shownMs : store.serverNowMs();
}

function shownTable() {
  return travel.isOn ? travel.table : store.table;
}

function tick(): void {
  signs.tick();
  feeds.tick(store.serverNowMs());
  panel.tick();
  detail.tick();
  timeBar.show();
  tools.tick();
  alarms.tick();
  wall.tick();
}

/** Everything that is written in units or times of day. */
function rewrite(): void {
  signs.tick();
  feeds.tick(store.serverNowMs());
  panel.tick();
  detail.tick();
  trail.showUnits();
  alarms.rewrite();
  timeBar.showHours();
  timeBar.show();
}

/** Takes what was clicked on the map, if anything; `isMore` adds it to what is kept in view. */
function pick(vehicle: ListedVehicle | null, isMore: boolean): void {
  if (vehicle !== null && isMore) tools.choose([vehicle.id], true);
  else if (vehicle === null) deselect();
  else select(vehicle, false);
}

/** Selects a vehicle of which only the id may be known yet. */
function selectId(id: string | null): void {
  if (id === null) return deselect();
  const row = shownTable().row(id);
  const known = row === undefined ? null : listedRow(shownTable(), row);
  openDetail(id, known?.name ?? "");
}

/** Of a part of the fleet the vehicle may not be held yet: flying there brings it. */
function select({ id, name, lngLatDeg }: ListedVehicle, flies: boolean): void {
  const isSame = id === selectedId;
  openDetail(id, name);
  if ((flies || !isSame) && lngLatDeg !== null) fleetMap.flyTo(lngLatDeg, panelInsets());
}

function openDetail(id: string, name: string): void {
  const isSame = id === selectedId;
  selectedId = id;
  panel.list.select(id);
  selectRow();
  document.documentElement.dataset["detail"] = "open";
  alarms.selected(id);
  if (isSame) return;
  detail.open(name);
  trail.open(id);
  tools.selected(id);
  if (travel.isOn) showThen(id);
  else selection.watch(id);
}

/** Shows what is known of a vehicle at the time of the past that is shown. */
function showThen(id: string): void {
  const vehicle = travel.vehicle(id) ?? null;
  detail.show(vehicle);
  tools.told(vehicle);
}

/** `isGone`: not because somebody wished it, so nobody wants to go back to it. */
function deselect(isGone = false): void {
  if (selectedId === undefined) return;
  selectedId = undefined;
  delete document.documentElement.dataset["detail"];
  panel.list.select(undefined);
  fleetMap.select(-1);
  detail.close();
  trail.close();
  selection.watch(null);
  alarms.selected(undefined);
  tools.selected(undefined, isGone);
}

/** Marks the selected vehicle in the fleet that is shown. */
function selectRow(): void {
  const table = shownTable();
  const row = selectedId === undefined ? -1 : (table.row(selectedId) ?? -1);
  selectedRow = { row, fingerprint: store.table.fingerprint(row) };
  fleetMap.select(row);
}

/** Asks for the selected vehicle when its row changed; in a new state it may have another one. */
function askForSelected(): void {
  if (selectedId === undefined || travel.isOn) return;
  const row = store.table.row(selectedId) ?? -1;
  const fingerprint = store.table.fingerprint(row);
  if (row === selectedRow.row && fingerprint === selectedRow.fingerprint) return;
  selectRow();
  selection.changed();
}

function showVehicle(id: string, vehicle: Vehicle | null, roundTripMs: number): void {
  if (id !== selectedId || travel.isOn) return;
  if (vehicle === null) return deselect(true);
  detail.toYouMs = roundTripMs / 2;
  detail.show(vehicle);
  tools.told(vehicle);
  if (vehicle.position) trail.extend(vehicle.position, vehicle.freshness?.expected_s);
}

/** Shows the fleet of the time that is chosen, be it now. */
function showTime(): void {
  const isOther = showsPast !== travel.isOn;
  if (isOther) {
    showsPast = travel.isOn;
    fleetMap.showFleet(travel.isOn ? travel : null);
    selection.watch(travel.isOn ? null : (selectedId ?? null));
  }
  selectRow();
  fleetMap.invalidate();
  panel.show();
  panel.showCounts();
  signs.tick();
  timeBar.show();
  tools.timeChanged(isOther);
  if (isOther) alarms.show();
  if (selectedId === undefined) return;
  if (travel.isOn) showThen(selectedId);
  clearTimeout(trailTimer);
  if (!travel.isPlaying) trailTimer = setTimeout(() => trail.reload(), TRAIL_FOLLOWS_MS);
}

function escape(): void {
  if (tools.escape() || alarms.escape()) return;
  if (travel.isOn) timeBar.leave();
  else if (detail.isOpen) deselect();
  else panel.clearSearch();
}

/** Where the fleet is, and where the map looks. */
function* wherePlacesAreWanted() {
  const { table, cells } = store;
  yield fixedOf(fleetMap.map.getCenter().wrap().toArray());
  for (const cell of cells.cells) yield { x: cell.mercatorX, y: cell.mercatorY };
  for (let row = 0; row < table.rowCount; row++) if (table.hasPosition(row)) yield { x: table.mercatorX[row]!, y: table.mercatorY[row]! };
}

function showWholeFleet(): void {
  const frame = frameOf(store);
  if (frame !== null) fleetMap.map.fitBounds(frame.bounds, { padding: openingPadding(), maxZoom: 14, animate: false });
}
