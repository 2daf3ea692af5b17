// The panel of the desk with the list in it: search, filters and order, and what answers them,
// wherever that comes from: the fleet that the page holds, the server, or a time of the past.

import { isSelective } from "./live/filter.ts";
import type { ListQuery } from "./live/messages.ts";
import { LIST_SORTS, NO_QUERY } from "./live/messages.ts";
import { AddressAsker } from "./page/address-asker.ts";
import { ColumnChoice } from "./page/column-choice.ts";
import { FarFleet } from "./page/far-fleet.ts";
import { filterParts } from "./page/filter-parts.ts";
import { SinceBook } from "./page/since-book.ts";
import type { Store } from "./page/store.ts";
import type { TimeTravel } from "./page/time-travel.ts";
import type { ViewPart } from "./page/view-url.ts";
import { ColumnMenu } from "./ui/column-menu.ts";
import { byId, h, setText } from "./ui/dom.ts";
import { Glance } from "./ui/glance.ts";
import { GroupTree } from "./ui/group-tree.ts";
import { LocalRows, PastRows } from "./ui/list-rows.ts";
import type { ListRows, ListedVehicle } from "./ui/list-rows.ts";
import { chooseAllText } from "./ui/list-words.ts";
import { REMOTE_SORTS, RemoteRows } from "./ui/remote-rows.ts";
import { SpokenAnswer } from "./ui/spoken-answer.ts";
import { SearchBox } from "./ui/search-box.ts";
import type { Filter } from "./ui/search-box.ts";
import { VehicleList } from "./ui/vehicle-list.ts";
import { foundText, onMapText } from "./ui/words.ts";

export interface PanelHost {
  store: Store;
  travel: TimeTravel;
  /** Now, or the time of the past that is shown. */
  fleetNowMs(): number;
  /** How many vehicles can be seen on the map. */
  countInSight(): number;
  /** A vehicle of the list is to be opened. */
  onSelect(vehicle: ListedVehicle): void;
  /** These are to be chosen too; `isToggle`: or no longer, where they are. */
  onChoose(ids: readonly string[], isToggle: boolean): void;
  /** How many can be chosen. */
  mostChosen: number;
  /** What is searched for changed by and by. */
  onDrift(): void;
}

export class FleetPanel {
  readonly field = byId<HTMLInputElement>("search");
  readonly list: VehicleList;
  #host: PanelHost;
  #columns = new ColumnChoice();
  #spokenCount = new SpokenAnswer();
  #chooseAll = h("button", { type: "button", class: "bar-button choose-all", hidden: "" });
  #query: ListQuery = NO_QUERY;
  #search: SearchBox;
  #localRows: LocalRows;
  #remoteRows: RemoteRows;
  #pastRows: PastRows;
  #glance: Glance;
  #groupTree: GroupTree;
  #farFleet: FarFleet;
  #addresses: AddressAsker;

  constructor(host: PanelHost) {
    this.#host = host;
    const { store, travel } = host;
    const isReachable = () => store.status === "open" && document.visibilityState === "visible";
    const sinces = new SinceBook(() => store.vehicleCount, isReachable, () => this.list.render());
    this.#localRows = new LocalRows(store, sinces);
    this.#remoteRows = new RemoteRows(() => this.show());
    this.#pastRows = new PastRows(travel);
    this.list = new VehicleList(this.#localRows, () => host.fleetNowMs(), byId("vehicle-list"), this.field, {
      onSelect: (vehicle) => host.onSelect(vehicle),
      onChoose: (ids, isToggle) => host.onChoose(ids, isToggle),
      onChooseAll: () => this.#chooseListed(),
      onSort: (sort) => this.#search.sortBy(sort),
    });
    this.#search = new SearchBox(this.field, byId<HTMLSelectElement>("sort"), (query) => this.#takeQuery(query));
    byId("sort").after(this.#search.reverse, new ColumnMenu(this.#columns).button);
    byId("list-summary").after(this.#spokenCount.element, this.#chooseAll);
    this.#spokenCount.asked();
    this.#chooseAll.addEventListener("click", () => this.#chooseListed());
    this.#columns.onChange(() => {
      this.#showColumns();
      host.onDrift();
    });
    document.addEventListener("visibilitychange", () => this.#askForFacts());
    this.#glance = new Glance(byId("counts"), (standings, attention) => this.#search.setStates(standings, attention));
    this.#groupTree = new GroupTree(byId("groups"), (paths) => this.#search.setGroups(paths));
    this.#farFleet = new FarFleet(() => this.showCounts());
    this.#addresses = new AddressAsker({
      isOn: () => store.isWhole && !travel.isOn,
      row: (id) => store.table.row(id),
      onAddresses: (found) => store.setAddresses(found),
    });
    this.#showColumns();
  }

  get rows(): ListRows {
    if (this.#host.travel.isOn) return this.#pastRows;
    return this.#host.store.isWhole ? this.#localRows : this.#remoteRows;
  }

  /** The groups that the list is filtered by. */
  get groups(): readonly string[] {
    return this.#search.filter.groups ?? [];
  }

  /** What of the view in the address is the list's. */
  parts(): ViewPart[] {
    return [...filterParts(() => this.#search.filter, (part) => this.#takeFilter(part)), this.#columns.part()];
  }

  focusSearch(): void {
    this.field.focus();
    this.field.select();
  }

  clearSearch(): void {
    this.#search.clear();
  }

  /** Shows the rows that there are now. */
  show(): void {
    const { store, travel } = this.#host;
    this.#remoteRows.setActive(!store.isWhole && !travel.isOn);
    this.#farFleet.setActive(!store.isWhole);
    this.#search.setKnown(store.isWhole || travel.isOn ? LIST_SORTS : REMOTE_SORTS);
    this.#askForFacts();
    this.list.setRows(this.rows);
    this.list.update();
    this.showSummary();
  }

  showCounts(): void {
    const { store, travel } = this.#host;
    if (travel.isOn) this.#glance.show(travel.counts, travel.table.directory.attention());
    else this.#glance.show(store.counts, store.isWhole ? store.attention : { ...this.#farFleet.attention, overdue: store.counts.overdue });
    this.#groupTree.show(travel.isOn ? travel.groups : store.isWhole ? store.groups : this.#farFleet.groups);
  }

  showSummary(): void {
    const { store, travel } = this.#host;
    const isList = isSelective(this.#query) || store.isWhole || travel.isOn;
    const text = isList ? foundText(this.#foundCount(), this.list.length, this.#allCount()) : onMapText(this.#host.countInSight(), this.#allCount());
    setText(byId("list-summary"), text);
    this.#spokenCount.show(text);
    this.#chooseAll.hidden = !isSelective(this.#query) || this.list.length === 0;
    setText(this.#chooseAll, chooseAllText(this.list.length, this.#host.mostChosen));
  }

  /** Chooses all that the filter leaves, or as many as can be chosen. */
  #chooseListed(): void {
    const { rows } = this;
    const ids = Array.from({ length: Math.min(rows.length, this.#host.mostChosen) }, (_, place) => rows.at(place)?.id).filter((id) => id !== undefined);
    this.#host.onChoose(ids, false);
  }

  #showColumns(): void {
    const isTable = !this.#columns.isUsual;
    if (isTable) document.documentElement.dataset["list"] = "table";
    else delete document.documentElement.dataset["list"];
    this.list.setColumns(this.#columns.now, isTable);
    this.#showOrder();
    this.#askForFacts();
  }

  #showOrder(): void {
    this.list.setOrder({ ...this.#search.order, isKnown: (sort) => this.#search.isKnown(sort) });
  }

  /** Of a large fleet the list's own questions tell, of the past its answers. */
  #askForFacts(): void {
    const { store, travel } = this.#host;
    const isSeen = store.isWhole && !travel.isOn && document.visibilityState === "visible";
    store.wantFacts(isSeen && this.#columns.needsFacts(this.#query.sort));
  }

  tick(): void {
    this.list.render();
    if (!this.#host.store.isWhole) this.showSummary();
  }

  /** The rows that answer the query; null where there is none, or the page does not hold them. */
  filteredRows(): Uint32Array | null {
    const { store, travel } = this.#host;
    if (!isSelective(this.#query) || (!store.isWhole && !travel.isOn)) return null;
    return travel.isOn ? travel.order : store.order;
  }

  #takeQuery(query: ListQuery): void {
    this.#query = query;
    this.#spokenCount.asked();
    this.#showOrder();
    this.#askForFacts();
    this.list.clearMark();
    this.list.setTyped(query.text);
    this.#addresses.search(query.text);
    this.#host.store.setQuery(query);
    this.#remoteRows.setQuery(query);
    this.#host.travel.setQuery(query);
    if (this.#host.travel.isOn) this.show();
    this.#host.onDrift();
  }

  /** Takes a filter out of an address. */
  #takeFilter(part: Partial<Filter>): void {
    const { standings, attention = [], groups = [] } = { ...this.#search.filter, ...part };
    this.#glance.press(standings, attention);
    this.#groupTree.choose(groups);
    this.#search.take(part);
  }

  #allCount(): number {
    const { store, travel } = this.#host;
    if (!travel.isOn) return store.vehicleCount;
    // Of a large fleet's past there may be more than came.
    return Math.max(travel.inSight ?? 0, Object.values(travel.counts).reduce((sum, count) => sum + count, 0));
  }

  /** How many answer the query; null where that is not known. */
  #foundCount(): number | null {
    const { store, travel } = this.#host;
    if (travel.isOn || store.isWhole) return this.list.length;
    if (this.#remoteRows.total !== null) return this.#remoteRows.total;
    const { standings } = this.#query;
    // The server's own lists of a state hold those that are overdue too; the counts do not.
    return !isSelective({ ...this.#query, standings: [] }) ? standings.reduce((sum, standing) => sum + store.counts[standing as keyof typeof store.counts], 0) : null;
  }
}
