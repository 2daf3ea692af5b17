// What one does with the desk's map beyond looking at it: following, measuring, going somewhere,
// pointing at what is outside, the settings, and the view in the address. The desk tells what
// happens; what these parts need of it is `DeskHost`.
//
// Another part of the view (a filter, an order) is added with `url.add`, before `open`; whoever owns
// it calls `url.drift()` when it changes, or `url.jump()` where one should be able to go back.

import { Several } from "./desk-several.ts";
import type { FleetMap } from "./map/fleet-map.ts";
import { Follow } from "./map/follow.ts";
import type { Followed } from "./map/follow.ts";
import type { FreeBox } from "./map/free-box.ts";
import { frameOf, frameOfChosen, frameOfRows } from "./map/framing.ts";
import type { Frame } from "./map/framing.ts";
import { chooseTheme } from "./map/theme.ts";
import type { NamedPlace } from "./page/place-search.ts";
import type { Preferences } from "./page/preferences.ts";
import type { Store } from "./page/store.ts";
import { mapPart, timePart, vehiclePart } from "./page/view-parts.ts";
import { ViewUrl } from "./page/view-url.ts";
import type { TimeTravel } from "./page/time-travel.ts";
import type { Vehicle } from "./protocol.ts";
import { byId, h } from "./ui/dom.ts";
import { EdgePointers } from "./ui/edge-pointers.ts";
import type { Pointed } from "./ui/edge-pointers.ts";
import { FollowControls } from "./ui/follow-controls.ts";
import { GoTo } from "./ui/go-to.ts";
import type { NamedTable } from "./ui/list-rows.ts";
import { Measuring } from "./ui/measuring.ts";
import { PlaceActions } from "./ui/place-actions.ts";
import { Settings } from "./ui/settings.ts";
import { Share } from "./ui/share.ts";
import { toolIcon } from "./ui/tool-icons.ts";
import type { ToolIcon } from "./ui/tool-icons.ts";
import { readAs } from "./ui/units.ts";
import { words } from "./words/words.ts";

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

type Place = [lngDeg: number, latDeg: number];

export interface DeskHost {
  fleetMap: FleetMap;
  store: Store;
  travel: TimeTravel;
  preferences: Preferences;
  /** The fleet that is shown, live or of the past. */
  table(): NamedTable & { row(id: string): number | undefined };
  /** Now, or the time of the past that is shown. */
  fleetNowMs(): number;
  /** Marks in the list those that were chosen together. */
  showChosen(chosen: ReadonlySet<string>): void;
  selectedId(): string | undefined;
  /** Selects a vehicle by its id, wherever it is, or none. */
  selectId(id: string | null): void;
  /** The rows that the list shows, where it leaves some out; else null. */
  filteredRows(): Uint32Array | null;
  /** The part of the map that no panel covers, and what the panels take of it. */
  freeBox(): FreeBox;
  insets(): { leftPx: number; rightPx: number; bottomPx: number };
  /** Places by their name. */
  findPlaces(text: string): Promise<NamedPlace[]>;
  /** Everything is to be written anew, as in other units. */
  rewrite(): void;
}

export class DeskTools {
  readonly url = new ViewUrl();
  /** Whether the address says where the map is. */
  isPlaced = false;
  readonly #desk: DeskHost;
  readonly #follow: Follow;
  readonly #followControls: FollowControls;
  readonly #measuring: Measuring;
  readonly #goTo: GoTo;
  readonly #several: Several;
  readonly #pointers: EdgePointers;
  readonly #actions: PlaceActions;
  readonly #settings: Settings;
  readonly #share = new Share();
  readonly #buttons = new Map<ToolIcon, HTMLButtonElement>();
  readonly #bar = h("div", { class: "maplibregl-ctrl maplibregl-ctrl-group map-tools", role: "group", "aria-label": words.tools.tools });
  /** The selected vehicle as the server told of it last, for where the map does not hold it. */
  #told: { id: string; name: string; place: Place } | null = null;
  /** Named by an address that does not say where the map is: it is flown to once its place is known. */
  #linkedId: string | undefined;
  #isOpen = false;

  constructor(desk: DeskHost) {
    this.#desk = desk;
    const { fleetMap, preferences } = desk;
    this.#follow = new Follow({
      map: fleetMap.map,
      placeOf: (id) => this.#placeOf(id),
      frameOf: (followed) => this.#frameOf(followed),
      freeBox: () => desk.freeBox(),
      movesSmoothly: () => !reducedMotion.matches,
      onChange: () => this.#changed(),
    });
    this.#followControls = new FollowControls(this.#follow, {
      nameOf: (id) => this.#nameOf(id),
      selectedId: () => desk.selectedId(),
      listedCount: () => desk.filteredRows()?.length ?? null,
      onChange: () => this.#changed(),
      onCompare: () => this.compare(),
    });
    this.#several = new Several({
      ...desk,
      chosen: () => this.#followControls.chosen,
      nameOf: (id) => this.#nameOf(id),
      placeOf: (id) => this.#placeOf(id),
      onChange: () => this.#showButtons(),
    });
    this.#measuring = new Measuring(fleetMap, () => this.#showButtons());
    this.#goTo = new GoTo(fleetMap, () => desk.insets(), (isJump) => this.#went(isJump), (text) => desk.findPlaces(text));
    this.#pointers = new EdgePointers(fleetMap.map, byId("edge-pointers"), () => desk.freeBox(), ({ lngLatDeg }) => this.#goToPointed(lngLatDeg));
    this.#pointers.add(() => this.#wanted());
    this.#actions = new PlaceActions(() => this.#followSelected(), () => this.#nearestToSelected());
    this.#settings = new Settings(byId("settings-place"), preferences, () => this.#beginAnew());
    byId("map-bars").prepend(this.#several.compare.element, this.#several.nearest.element, this.#share.element, this.#measuring.element, this.#followControls.element);
    byId("detail-position").after(this.#actions.element);
    fleetMap.addTools(this.#toolbar());
    preferences.onChange(() => this.#applyPreferences());
    this.#applyPreferences();
    this.#addParts();
    fleetMap.map.on("moveend", () => this.url.drift());
  }

  /** In another language: what is seen is kept by the address. */
  #beginAnew(): void {
    this.url.drift();
    this.url.flush();
    location.reload();
  }

  /** Takes what the address says; to be called before the server is told what the map shows. */
  read(): void {
    this.url.read();
    if (!this.isPlaced) this.#linkedId = this.#desk.selectedId();
  }

  /** The fleet is there. */
  open(): void {
    this.#isOpen = true;
    this.url.open();
    this.tick();
    this.#flyToLinked();
  }

  /** Another vehicle was selected, or none; `isGone` if there is none of that id. */
  selected(id: string | undefined, isGone = false): void {
    if (this.#told?.id !== id) this.#told = null;
    this.#followControls.selected(id);
    this.#showPlace(null);
    this.#pointers.update();
    if (isGone) this.url.drift();
    else this.url.jump();
  }

  /** What the server says of the selected vehicle, or said of it then. */
  told(vehicle: Vehicle | null): void {
    const at = vehicle === null ? undefined : (vehicle.drawn ?? vehicle.position);
    this.#told = vehicle === null || at === undefined ? null : { id: vehicle.id, name: vehicle.name ?? vehicle.registration ?? vehicle.id, place: [at.lng_deg, at.lat_deg] };
    this.#showPlace(vehicle);
    this.#pointers.update();
    this.#flyToLinked();
  }

  /** Adds vehicles to those that are chosen together; `isToggle`: or takes them out. */
  choose(ids: readonly string[], isToggle: boolean): void {
    this.#followControls.choose(ids, isToggle);
  }

  /** Adds something to the settings. */
  addSettings(...elements: HTMLElement[]): void {
    this.#settings.add(...elements);
  }

  /** Adds vehicles to point at from the map's edge. */
  addPointed(wanted: () => readonly Pointed[]): void {
    this.#pointers.add(wanted);
  }

  /** What is pointed at changed. */
  pointAgain(): void {
    this.#pointers.update();
  }

  /** Ends whatever takes clicks on the map. */
  endMapTools(): void {
    if (this.#measuring.isOn) this.#measuring.stop();
    this.#several.nearest.stop();
  }

  /** Adds a button to the map's tools. */
  addTool(icon: ToolIcon, text: string, act: () => void, key?: string): HTMLButtonElement {
    const element = h("button", { type: "button", title: text, "aria-label": text, ...(key === undefined ? {} : { "aria-keyshortcuts": key }) }, toolIcon(icon));
    element.addEventListener("click", act);
    this.#buttons.set(icon, element);
    this.#bar.append(element);
    return element;
  }

  compare(): void {
    this.#several.toggleCompare();
  }

  /** To the vehicle that is open, if its place is known, else to a place that is clicked. */
  nearest(): void {
    if (this.#measuring.isOn) this.#measuring.stop();
    const id = this.#desk.selectedId();
    if (this.#several.nearest.isOn) this.#several.nearest.stop();
    else this.#several.nearest.start(id !== undefined && this.#placeOf(id) !== null ? id : undefined);
  }

  /** Vehicles moved. */
  moved(): void {
    this.#pointers.update();
    this.#several.moved();
    if (this.#follow.followed?.kind === "vehicle") this.#follow.tick(performance.now());
  }

  tick(): void {
    this.#follow.tick(performance.now());
    this.#followControls.show();
    this.#several.tick();
    this.#pointers.update();
  }

  /** Another time is shown. */
  timeChanged(isJump: boolean): void {
    if (isJump) this.url.jump();
    else this.url.drift();
    this.#several.show();
    this.#pointers.update();
  }

  follow(): void {
    this.#followControls.act();
  }

  measure(): void {
    this.#several.nearest.stop();
    this.#measuring.toggle();
  }

  goTo(): void {
    this.#goTo.open();
  }

  /** Whether there was something to end here. */
  escape(): boolean {
    if (this.#several.escape()) return true;
    if (!this.#measuring.isOn) return false;
    this.#measuring.stop();
    return true;
  }

  /** For tests and for who looks after the page from afar. */
  get debug(): object {
    const { followed, isPaused } = this.#follow;
    return { follow: followed, isFollowPaused: isPaused, chosen: [...this.#followControls.chosen], pointers: this.#pointers.count, measuredM: this.#measuring.totalM, measurePoints: this.#measuring.points };
  }

  #flyToLinked(): void {
    if (!this.#isOpen || this.#told === null || this.#told.id !== this.#linkedId) return;
    this.#linkedId = undefined;
    this.#desk.fleetMap.flyTo(this.#told.place, this.#desk.insets());
  }

  #addParts(): void {
    const { fleetMap, preferences, travel, selectedId, selectId } = this.#desk;
    this.url.add(mapPart(fleetMap.map, () => (this.isPlaced = true)));
    for (const part of preferences.parts()) this.url.add(part);
    this.url.add(timePart(travel));
    this.url.add(vehiclePart(selectedId, selectId));
    for (const part of this.#followControls.parts()) this.url.add(part);
    this.url.add(this.#goTo.part());
  }

  #applyPreferences(): void {
    const { fleetMap, preferences } = this.#desk;
    const { theme, units, hours, names, trail, places, keys } = preferences.now;
    chooseTheme(theme);
    readAs({ units, hours });
    fleetMap.setScale(units === "mi" ? "imperial" : "metric");
    fleetMap.overlay.showsNames = names === "on";
    fleetMap.trail.isShown = trail === "on";
    fleetMap.places.isShown = places === "on";
    document.documentElement.dataset["keys"] = keys;
    this.#settings.show();
    this.#measuring.show();
    this.#several.show();
    this.#several.nearest.show();
    this.#pointers.update();
    this.url.drift();
    this.#desk.rewrite();
  }

  #toolbar(): HTMLElement {
    this.addTool("follow", words.tools.follow, () => this.follow(), "f");
    this.addTool("measure", words.tools.measure, () => this.measure(), "m");
    this.addTool("nearest", words.tools.nearest, () => this.nearest(), "v");
    this.addTool("goTo", words.tools.goTo, () => {}, "g");
    // So that a second press closes it.
    this.#buttons.get("goTo")!.popoverTargetElement = this.#goTo.popover;
    this.addTool("share", words.tools.share, () => void this.#share.share(this.url.href));
    return this.#bar;
  }

  #showButtons(): void {
    const isOn = (icon: ToolIcon, on: boolean) => this.#buttons.get(icon)?.setAttribute("aria-pressed", String(on));
    isOn("follow", this.#follow.followed !== null && !this.#follow.isPaused);
    isOn("measure", this.#measuring.isOn);
    isOn("nearest", this.#several.nearest.isOn);
  }

  /** Follows, or no longer; or pauses, or goes on; or others are followed. */
  #changed(): void {
    this.#followControls.show();
    this.#showButtons();
    this.#showFollowing();
    this.#several.show();
    this.url.drift();
    this.#pointers.update();
  }

  #followSelected(): void {
    const id = this.#desk.selectedId();
    if (id !== undefined) this.#followControls.actOnSelected(id);
  }

  #nearestToSelected(): void {
    const id = this.#desk.selectedId();
    if (this.#measuring.isOn) this.#measuring.stop();
    if (id !== undefined) this.#several.nearest.start(id);
  }

  #showPlace(vehicle: Vehicle | null): void {
    const at = vehicle?.drawn ?? vehicle?.position ?? null;
    this.#actions.show(at, this.#isFollowingSelected());
  }

  #showFollowing(): void {
    this.#actions.showFollowing(this.#isFollowingSelected());
  }

  #isFollowingSelected(): boolean {
    const id = this.#desk.selectedId();
    return id !== undefined && this.#followControls.isFollowing(id) && !this.#follow.isPaused;
  }

  #went(isJump: boolean): void {
    if (!isJump) return this.url.drift();
    this.#follow.pause();
    this.url.jump();
  }

  #goToPointed(place: Pointed["lngLatDeg"]): void {
    this.#follow.pause();
    this.url.jump();
    this.#desk.fleetMap.flyTo([...place], this.#desk.insets());
  }

  /** The selected vehicle, and those that were chosen. */
  #wanted(): Pointed[] {
    const selectedId = this.#desk.selectedId();
    const ids = new Set([...(selectedId === undefined ? [] : [selectedId]), ...this.#followControls.chosen]);
    return [...ids].flatMap((id) => {
      const lngLatDeg = this.#placeOf(id);
      return lngLatDeg === null ? [] : [{ id, name: this.#nameOf(id), lngLatDeg, kind: "selected" as const }];
    });
  }

  #placeOf(id: string): Place | null {
    const row = this.#desk.table().row(id);
    if (row !== undefined) return this.#desk.fleetMap.placeOf(row);
    return this.#told?.id === id ? this.#told.place : null;
  }

  #nameOf(id: string): string {
    const table = this.#desk.table();
    const row = table.row(id);
    if (row !== undefined) return table.names[row] ?? id;
    return this.#told?.id === id ? this.#told.name : id;
  }

  #frameOf(followed: Followed): Frame | null {
    const table = this.#desk.table();
    if (followed.kind === "vehicle") return null;
    if (followed.kind === "several") return frameOfChosen(table, followed.ids.flatMap((id) => table.row(id) ?? []));
    const rows = this.#desk.filteredRows();
    if (rows !== null) return frameOfChosen(table, rows);
    return this.#desk.travel.isOn ? frameOfRows(table) : frameOf(this.#desk.store);
  }
}
