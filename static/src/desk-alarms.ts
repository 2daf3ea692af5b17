// The desk's alarms, places and rules put together: the bell and its panel, marks in the list, on the
// map and in the vehicle's panel, places on the map. The desk tells what happens; what these parts
// need of it is `AlarmsHost`.

import { fetchRights, NO_RIGHTS } from "./page/rights.ts";
import type { Rights } from "./page/rights.ts";
import type { FleetMap } from "./map/fleet-map.ts";
import { inOrder, isWaiting, severityByVehicle, weight } from "./page/alarm-order.ts";
import { PlaceBook } from "./page/places.ts";
import type { Point } from "./page/places.ts";
import { OutOfServiceBook, RuleBook } from "./page/rules.ts";
import type { Store } from "./page/store.ts";
import type { AlarmObject, Severity } from "./protocol.ts";
import { AlarmBell } from "./ui/alarm-bell.ts";
import { AlarmFeed } from "./ui/alarm-feed.ts";
import { AlarmLine } from "./ui/alarm-line.ts";
import { AlarmSound } from "./ui/alarm-sound.ts";
import { AlarmSpots } from "./ui/alarm-spots.ts";
import { byId, h } from "./ui/dom.ts";
import type { Pointed } from "./ui/edge-pointers.ts";
import type { NamedTable } from "./ui/list-rows.ts";
import { PlaceDrawing } from "./ui/place-drawing.ts";
import { PlacesTab } from "./ui/places-tab.ts";
import { RulesTab } from "./ui/rules-tab.ts";
import { ServiceList, ServicePart } from "./ui/service-panel.ts";
import { SidePanel } from "./ui/side-panel.ts";
import type { SideTab } from "./ui/side-panel.ts";
import { soundLine, soundSettings } from "./ui/sound-controls.ts";
import { words } from "./words/words.ts";

/** What others changed of places is looked up this often. */
const CATCH_UP_MS = 20_000;
/** And this often who is out of service, and all places: what there is to be seen may be other than
 * before without any place having changed. */
const REFRESH_MS = 300_000;
const NO_ALARMS: ReadonlyMap<string, Severity> = new Map();

export interface AlarmsHost {
  store: Store;
  fleetMap: FleetMap;
  /** A time of the past is shown, of which these alarms are not. */
  isPast(): boolean;
  selectedId(): string | undefined;
  /** Opens a vehicle, and flies to where it is, if that is known. */
  showVehicle(id: string, name: string, place: Point | null): void;
  /** Flies to a place, or to all of an area. */
  flyTo(place: Point): void;
  showArea(bounds: [Point, Point]): void;
  /** Marks vehicles in the list. */
  markList(severities: ReadonlyMap<string, Severity>): void;
  /** What the arrows at the map's edge point at changed. */
  onPointed(): void;
  /** Other tools of the map are to end. */
  onDraw(): void;
}

export class DeskAlarms {
  readonly sound = new AlarmSound();
  readonly settings = soundSettings(this.sound);
  readonly places = new PlaceBook();
  #host: AlarmsHost;
  #rights: Rights = NO_RIGHTS;
  #rules = new RuleBook();
  #service = new OutOfServiceBook();
  #side: SidePanel;
  #bell: AlarmBell;
  #feed: AlarmFeed;
  #placesTab: PlacesTab;
  #rulesTab: RulesTab;
  #spots: AlarmSpots;
  #drawing: PlaceDrawing;
  #servicePart: ServicePart;
  #serviceList: ServiceList;
  #detail = h("ul", { class: "alarm-lines detail-alarms", "aria-label": words.alarms.openAlarms, hidden: "" });
  #detailLines = new Map<string, AlarmLine>();
  #rowsKey = "";
  #cancels = [() => this.#placesTab.cancel(), () => this.#rulesTab.cancel()];

  constructor(host: AlarmsHost) {
    this.#host = host;
    const { store, fleetMap } = host;
    const mayChange = () => this.#rights.mayChange;
    const nowMs = () => store.serverNowMs();
    this.#side = new SidePanel(byId("side"), () => this.#panelChanged());
    this.#bell = new AlarmBell(byId("alarms"), () => this.#side.toggle("alarms"));
    this.#feed = new AlarmFeed({ nowMs, mayAcknowledge: mayChange, onNotAllowed: () => this.#mayNot(), onShow: (alarm) => this.#jump(alarm) }, soundLine(this.sound));
    this.#drawing = new PlaceDrawing(fleetMap, () => this.#placesTab.drawn());
    this.#placesTab = new PlacesTab({
      book: this.places,
      mayChange,
      drawing: this.#drawing,
      onShow: (bounds) => host.showArea(bounds),
      onEdit: (id) => {
        if (id !== "") host.onDraw();
        fleetMap.places.hide(id);
      },
    });
    const service = { book: this.#service, mayChange, nowMs, nameOf: (id: string) => this.#nameOf(id), onShow: (id: string) => host.showVehicle(id, this.#nameOf(id), this.#placeOf(id)) };
    this.#servicePart = new ServicePart(service);
    this.#serviceList = new ServiceList(service);
    this.#rulesTab = new RulesTab({ rules: this.#rules, places: this.places, mayChange, isAdministrator: () => this.#rights.isAdministrator, nameOf: service.nameOf });
    const rules = h("section", { class: "side-tab" }, this.#rulesTab.element, this.#serviceList.element);
    this.#side.add({ id: "alarms", title: words.alarms.title, element: this.#feed.element, onShow: () => this.#feed.show(store.alarms) });
    this.#side.add({ id: "places", title: words.places.title, element: this.#placesTab.element, onShow: () => void this.#placesTab.load(), onHide: () => void this.#placesTab.cancel() });
    this.#side.add({ id: "rules", title: words.rules.title, element: rules, onShow: () => void Promise.all([this.#rulesTab.load(), this.#service.load()]), onHide: () => void this.#rulesTab.cancel() });
    this.#spots = new AlarmSpots(fleetMap.map, (alarm) => this.#jump(alarm));
    byId("detail-flags").after(this.#detail);
    byId("detail-facts").after(this.#servicePart.element);
    this.#servicePart.select(undefined);
    this.places.onChange(() => fleetMap.places.show(this.places.items));
    setInterval(() => void this.#catchUp(), CATCH_UP_MS);
    setInterval(() => void this.#refresh(), REFRESH_MS);
    document.addEventListener("visibilitychange", () => void this.#catchUp());
  }

  /** The page's parts are there: asks what may be done, and what there is. */
  async begin(): Promise<void> {
    this.#rights = await fetchRights();
    await this.#refresh();
    this.show();
  }

  open(tab: "alarms" | "places" | "rules"): void {
    this.#side.toggle(tab);
  }

  /** Adds a tab of somebody else's to the panel; `cancel` ends a form in it, if there is one. */
  addTab(tab: SideTab, cancel: () => boolean): void {
    this.#side.add(tab);
    this.#cancels.push(cancel);
  }

  openTab(id: string): void {
    this.#side.open(id);
  }

  /** Whether there was something to end here; a form before the panel around it. */
  escape(): boolean {
    if (this.#side.openId === null) return false;
    if (this.#cancels.some((cancel) => cancel())) return true;
    if (document.documentElement.dataset["front"] === "detail" && this.#host.selectedId() !== undefined) return false;
    this.#side.close();
    return true;
  }

  /** Another vehicle was opened, or none. */
  selected(id: string | undefined): void {
    this.#servicePart.select(id);
    if (id === undefined) this.#side.toFront();
    else this.#side.toBack();
    this.#showDetail();
  }

  /** Alarms changed, or the time that is shown. */
  show(): void {
    const { alarms } = this.#host.store;
    this.#bell.show(alarms);
    if (this.#side.openId === "alarms") this.#feed.show(alarms);
    this.#sound();
    this.#host.markList(this.#host.isPast() ? NO_ALARMS : severityByVehicle(alarms));
    this.moved(true);
    this.#showDetail();
    this.#host.onPointed();
  }

  tick(): void {
    this.#sound();
    this.#feed.tick();
    this.#showDetail();
  }

  /** In other units. */
  rewrite(): void {
    this.#feed.tick();
    this.#placesTab.show();
    this.#rulesTab.show();
  }

  /** Rows may belong to others now. */
  moved(isChanged = false): void {
    const { store, fleetMap } = this.#host;
    if (!isChanged && store.alarms.length === 0) return;
    const rows = new Map([...severityByVehicle(store.alarms)].flatMap(([id, severity]) => {
      const row = store.table.row(id);
      return row === undefined ? [] : [[row, weight(severity) + 1] as const];
    }));
    const key = [...rows].join();
    if (key === this.#rowsKey && !isChanged) return;
    this.#rowsKey = key;
    fleetMap.alarm(rows);
    this.#spots.show(this.#host.isPast() ? [] : inOrder(store.alarms).filter(({ vehicle }) => vehicle !== undefined && store.table.row(vehicle.id) === undefined));
  }

  /** For the arrows at the map's edge: vehicles whose alarm nobody took note of, the worst first. */
  pointed(): Pointed[] {
    if (this.#host.isPast()) return [];
    return inOrder(this.#host.store.alarms).filter(isWaiting).flatMap((alarm) => {
      const { vehicle } = alarm;
      const lngLatDeg = vehicle === undefined ? null : this.#placeOf(vehicle.id, alarm);
      return vehicle === undefined || lngLatDeg === null ? [] : [{ id: vehicle.id, name: vehicle.name, lngLatDeg, kind: "alarmed" as const }];
    });
  }

  get debug(): object {
    const { alarms } = this.#host.store;
    return { alarms: alarms.map(({ id }) => id), side: this.#side.openId, sound: this.sound.state, played: [...this.sound.played], places: this.#host.fleetMap.places.count, sketch: this.#drawing.sketch };
  }

  /** Only once the server's clock is known. */
  #sound(): void {
    const { store } = this.#host;
    if (store.lastFrameServerMs !== null) this.sound.tick(store.alarms, store.serverNowMs());
  }

  async #catchUp(): Promise<void> {
    if (this.#rights.mayAsk && document.visibilityState !== "hidden") await this.places.catchUp().catch(() => {});
  }

  async #refresh(): Promise<void> {
    if (!this.#rights.mayAsk || (document.visibilityState === "hidden" && this.places.isThere)) return;
    await Promise.all([this.places.load().catch(() => {}), this.#service.load()]);
  }

  #mayNot(): void {
    this.#rights = { ...this.#rights, mayChange: false };
    this.show();
  }

  #panelChanged(): void {
    this.#bell.button.setAttribute("aria-pressed", String(this.#side.openId === "alarms"));
    this.#host.onPointed();
  }

  #jump(alarm: AlarmObject): void {
    const { vehicle, position } = alarm;
    if (vehicle !== undefined) this.#host.showVehicle(vehicle.id, vehicle.name, this.#placeOf(vehicle.id, alarm));
    else if (position !== undefined) this.#host.flyTo([position.lng_deg, position.lat_deg]);
  }

  #placeOf(id: string, alarm?: AlarmObject): Point | null {
    const { store, fleetMap } = this.#host;
    const row = store.table.row(id);
    const held = row === undefined || this.#host.isPast() ? null : fleetMap.placeOf(row);
    const { position } = alarm ?? {};
    return held ?? (position === undefined ? null : [position.lng_deg, position.lat_deg]);
  }

  #nameOf(id: string): string {
    const table: NamedTable & { row(id: string): number | undefined } = this.#host.store.table;
    const row = table.row(id);
    return (row === undefined ? undefined : table.names[row]) ?? this.#host.store.alarms.find(({ vehicle }) => vehicle?.id === id)?.vehicle?.name ?? id;
  }

  /** Those of the vehicle that is open. */
  #showDetail(): void {
    const id = this.#host.selectedId();
    const { store } = this.#host;
    const own = id === undefined || this.#host.isPast() ? [] : inOrder(store.alarms).filter(({ vehicle }) => vehicle?.id === id);
    this.#detail.hidden = own.length === 0;
    const ids = new Set(own.map((alarm) => alarm.id));
    for (const [one, line] of this.#detailLines) {
      if (ids.has(one)) continue;
      line.element.remove();
      this.#detailLines.delete(one);
    }
    for (const alarm of own) {
      const line = this.#detailLines.get(alarm.id) ?? new AlarmLine(alarm, { mayAcknowledge: () => this.#rights.mayChange, onAcknowledge: (one) => this.#feed.acknowledgeOne(one), onShow: (one) => this.#jump(one) });
      line.show(alarm, store.serverNowMs());
      if (!this.#detailLines.has(alarm.id)) this.#detail.append(line.element);
      this.#detailLines.set(alarm.id, line);
    }
  }
}
