// The desk: map, list and detail panel put together. Each part knows only the store; what ties a
// click to a flight to an open panel stands here.

import { FleetMap } from "./map/fleet-map.ts";
import { frameOf } from "./map/framing.ts";
import { readBoot } from "./page/boot.ts";
import { exposeDebug } from "./page/debug.ts";
import { Reloader } from "./page/reload.ts";
import { Selection } from "./page/selection.ts";
import { Store } from "./page/store.ts";
import type { Standing } from "./codes.ts";
import type { ListQuery } from "./live/messages.ts";
import { NO_QUERY } from "./live/messages.ts";
import type { Vehicle } from "./protocol.ts";
import { Counts } from "./ui/counts.ts";
import { DetailPanel } from "./ui/detail-panel.ts";
import { byId, setText } from "./ui/dom.ts";
import { FeedStrip } from "./ui/feed-strip.ts";
import { LocalRows, listedRow } from "./ui/list-rows.ts";
import type { ListedVehicle } from "./ui/list-rows.ts";
import { RemoteRows } from "./ui/remote-rows.ts";
import { ScreenSigns } from "./ui/screen-signs.ts";
import { SearchBox } from "./ui/search-box.ts";
import { TrailLoader } from "./ui/trail-loader.ts";
import { VehicleList } from "./ui/vehicle-list.ts";
import { numberText } from "./ui/words.ts";

const TICK_MS = 1_000;

const boot = readBoot();
const store = new Store(new Reloader(boot.build));
const fleetMap = new FleetMap({
  container: byId("map"),
  boot: boot.map,
  table: store.table,
  cells: store.cells,
  isInteractive: true,
  markerScale: 1,
  labelFontPx: 12,
  onPick: (row) => pick(listedRow(store, row)),
  onNotice: (notice) => setText(byId("map-notice"), notice),
});
const field = byId<HTMLInputElement>("search");
let query: ListQuery = NO_QUERY;
const search = new SearchBox(field, byId<HTMLSelectElement>("sort"), (changed) => {
  query = changed;
  list.clearMark();
  isQuerying = query.text.trim() !== "" || query.standings.length > 0;
  store.setQuery(query);
  remoteRows.setQuery(query);
});
const localRows = new LocalRows(store);
const remoteRows = new RemoteRows(showList);
const list = new VehicleList(localRows, () => store.serverNowMs(), byId("vehicle-list"), field, { onSelect: (vehicle) => select(vehicle, true) });
const counts = new Counts(byId("counts"), (standings) => search.setStandings(standings));
const feeds = new FeedStrip(byId("feeds"), true);
const detail = new DetailPanel(store, deselect);
const trail = new TrailLoader(fleetMap.trail, (sentence) => detail.showTrail(sentence));
const signs = new ScreenSigns(store, byId("screen-badge"), byId("veil"));
const selection = new Selection({ onVehicle: showVehicle, onTrouble: (hasTrouble) => detail.showTrouble(hasTrouble) });
let selectedId: string | undefined;
let isQuerying = false;
/** Its row as it was last seen. */
let selectedRow = { row: -1, fingerprint: "" };

store.connectViews({
  onRows: (changes) => {
    fleetMap.apply(changes);
    followSelected();
  },
  onFirst: showWholeFleet,
  onCells: () => {
    fleetMap.overlay.invalidate();
    showList();
  },
  onList: showList,
  onCounts: () => counts.show(store.counts),
  onSources: () => feeds.show(store.sources, store.serverNowMs()),
});
fleetMap.watchSight((sight) => store.setSight(sight));
fleetMap.map.on("moveend", showSummary);
setInterval(tick, TICK_MS);
document.addEventListener("keydown", shortcuts);
exposeDebug(store, fleetMap, () => ({ selectedId, listed: list.length }));

function tick(): void {
  signs.tick();
  feeds.tick(store.serverNowMs());
  list.render();
  detail.tick();
  if (!store.isWhole) showSummary();
}

/** Takes what was clicked on the map, if anything. */
function pick(vehicle: ListedVehicle | null): void {
  if (vehicle === null) deselect();
  else select(vehicle, false);
}

/** Of a part of the fleet the vehicle may not be held yet: flying there brings it. */
function select({ id, name, lngLatDeg }: ListedVehicle, flies: boolean): void {
  const row = store.table.row(id) ?? -1;
  const isSame = id === selectedId;
  selectedId = id;
  list.select(id);
  selectedRow = { row, fingerprint: store.table.fingerprint(row) };
  fleetMap.select(row);
  document.documentElement.dataset["detail"] = "open";
  if (!isSame) {
    detail.open(name);
    selection.watch(id);
    void trail.load(id);
  }
  if ((flies || !isSame) && lngLatDeg !== null) fleetMap.flyTo(lngLatDeg, panelInsets());
}

function deselect(): void {
  if (selectedId === undefined) return;
  selectedId = undefined;
  delete document.documentElement.dataset["detail"];
  list.select(undefined);
  fleetMap.select(-1);
  detail.close();
  trail.clear();
  selection.watch(null);
}

/** Asks for the selected vehicle when its row changed; in a new state it may have another one. */
function followSelected(): void {
  if (selectedId === undefined) return;
  const row = store.table.row(selectedId) ?? -1;
  const fingerprint = store.table.fingerprint(row);
  if (row === selectedRow.row && fingerprint === selectedRow.fingerprint) return;
  if (row !== selectedRow.row) fleetMap.select(row);
  selectedRow = { row, fingerprint };
  selection.changed();
}

function showVehicle(id: string, vehicle: Vehicle | null): void {
  if (id !== selectedId) return;
  if (vehicle === null) {
    deselect();
    return;
  }
  detail.show(vehicle);
  if (vehicle.position) trail.extend(vehicle.position);
}

function shortcuts(event: KeyboardEvent): void {
  const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "Escape") {
    if (document.querySelector(":popover-open")) return;
    if (detail.isOpen) deselect();
    else search.clear();
  }
}

function showList(): void {
  remoteRows.setActive(!store.isWhole);
  list.setRows(store.isWhole ? localRows : remoteRows);
  list.update();
  showSummary();
}

function showSummary(): void {
  setText(byId("list-summary"), summary());
}

/** What covers parts of the map. */
function openPanels(): DOMRect[] {
  return ["fleet", "detail"].map(byId).filter((panel) => panel.offsetWidth > 0).map((panel) => panel.getBoundingClientRect());
}

/** The server's own lists of a state hold those that are overdue too; the counts do not. */
function countedOf(standings: readonly string[]): number | null {
  return query.text.trim() === "" ? standings.reduce((sum, standing) => sum + store.counts[standing as Standing], 0) : null;
}

function summary(): string {
  const all = numberText(store.vehicleCount);
  if (!store.isWhole && !isQuerying) return `${numberText(fleetMap.countInSight(openPanels()))} of ${all} on the map`;
  const found = store.isWhole ? store.order.length : (remoteRows.total ?? countedOf(query.standings));
  // Only so many are known to be there yet.
  if (found === null) return `${numberText(remoteRows.length)} or more of ${all}`;
  return found === store.vehicleCount ? `${all} vehicles` : `${numberText(found)} of ${all} vehicles`;
}

/** What the panels cover of the map, so that a flight ends in the free part. */
function panelInsets(): { leftPx: number; rightPx: number; bottomPx: number } {
  const isNarrow = matchMedia("(max-width: 760px)").matches;
  if (isNarrow) return { leftPx: 0, rightPx: 0, bottomPx: byId("detail").offsetHeight - byId("fleet").offsetHeight };
  return { leftPx: byId("fleet").getBoundingClientRect().right, rightPx: innerWidth - byId("detail").getBoundingClientRect().left, bottomPx: 0 };
}

function showWholeFleet(): void {
  const frame = frameOf(store);
  if (frame === null) return;
  const isNarrow = matchMedia("(max-width: 760px)").matches;
  const left = isNarrow ? 32 : byId("fleet").getBoundingClientRect().right + 64;
  const padding = { left, right: isNarrow ? 32 : 64, top: isNarrow ? 72 : 96, bottom: 64 };
  fleetMap.map.fitBounds(frame.bounds, { padding, maxZoom: 14, animate: false });
}
