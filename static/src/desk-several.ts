// What the desk does with several vehicles: rings round those that were chosen, comparing them, and
// the nearest to a place. The desk's tools tell what happens.

import type { DeskHost } from "./desk-tools.ts";
import { filterOf } from "./live/filter.ts";
import { NO_QUERY } from "./live/messages.ts";
import { nearestRows } from "./live/nearest.ts";
import type { NearRow } from "./live/nearest.ts";
import { farNearest } from "./page/far-nearest.ts";
import type { NearVehicle } from "./page/far-nearest.ts";
import { ToldBook } from "./page/told-book.ts";
import { CompareTable, MOST_COMPARED } from "./ui/compare-table.ts";
import { listedRow } from "./ui/list-rows.ts";
import type { ListedVehicle } from "./ui/list-rows.ts";
import { NearestPanel } from "./ui/nearest-panel.ts";

const NEAREST_EVERY_TICKS = 3;

type Place = [lngDeg: number, latDeg: number];

export interface SeveralHost extends DeskHost {
  chosen(): ReadonlySet<string>;
  nameOf(id: string): string;
  /** A vehicle's place as it is drawn. */
  placeOf(id: string): Place | null;
  onChange(): void;
}

export class Several {
  readonly compare: CompareTable;
  readonly nearest: NearestPanel;
  isComparing = false;
  #host: SeveralHost;
  #told: ToldBook;
  #ticks = 0;
  #ringed = "";
  #asked: AbortController | null = null;

  constructor(host: SeveralHost) {
    this.#host = host;
    this.#told = new ToldBook(() => this.show());
    this.compare = new CompareTable((id) => host.selectId(id), () => this.#endComparing());
    this.nearest = new NearestPanel({
      fleetMap: host.fleetMap,
      nowMs: () => host.fleetNowMs(),
      placeOf: (id) => host.placeOf(id),
      nameOf: (id) => host.nameOf(id),
      ask: (place, standings, most, except, onAnswer) => this.#askNearest(place, standings, most, except, onAnswer),
      onOpen: (id) => host.selectId(id),
      onChange: () => host.onChange(),
    });
  }

  toggleCompare(): void {
    this.isComparing = !this.isComparing && this.#host.chosen().size > 1;
    this.show();
  }

  /** Whether there was something to end here. */
  escape(): boolean {
    if (this.nearest.isOn) this.nearest.stop();
    else if (this.isComparing) this.#endComparing();
    else return false;
    return true;
  }

  tick(): void {
    this.show();
    this.nearest.show();
    if (this.nearest.isOn && this.#ticks++ % NEAREST_EVERY_TICKS === 0) this.nearest.refresh();
  }

  /** Brings rings and the comparison up to date. */
  show(): void {
    const chosen = [...this.#host.chosen()];
    this.moved();
    this.#host.showChosen(this.#host.chosen());
    this.isComparing &&= chosen.length > 1;
    this.compare.element.hidden = !this.isComparing;
    const compared = this.isComparing ? chosen.slice(0, MOST_COMPARED) : [];
    this.#told.want(compared.filter((id) => this.#held(id) === null));
    if (this.isComparing) this.compare.show(chosen, (id) => this.#host.nameOf(id), (id) => this.#held(id) ?? this.#told.of(id), this.#host.fleetNowMs());
  }

  /** Rows may belong to others now. */
  moved(): void {
    const rows = [...this.#host.chosen()].flatMap((id) => this.#host.table().row(id) ?? []);
    const key = `${this.#host.travel.isOn}/${rows.join()}`;
    if (key === this.#ringed) return;
    this.#ringed = key;
    this.#host.fleetMap.choose(rows);
  }

  #endComparing(): void {
    this.isComparing = false;
    this.show();
  }

  #held(id: string): ListedVehicle | null {
    const table = this.#host.table();
    const row = table.row(id);
    return row === undefined ? null : listedRow(table, row);
  }

  #askNearest(lngLatDeg: Place, standings: readonly string[], most: number, except: string | undefined, onAnswer: (near: NearVehicle[] | null) => void): void {
    const { store, travel } = this.#host;
    this.#asked?.abort();
    this.#asked = null;
    const row = except === undefined ? undefined : this.#host.table().row(except);
    const question = { lngLatDeg, standings: [...standings], most, ...(row !== undefined && { except: row }) };
    if (travel.isOn) return onAnswer(this.#vehiclesOf(nearestRows(travel.table, lngLatDeg, filterOf({ ...NO_QUERY, standings: question.standings }), most, row)));
    if (store.isWhole) return store.askNearest(question, (rows) => onAnswer(this.#vehiclesOf(rows)));
    const asked = new AbortController();
    this.#asked = asked;
    const answer = (near: NearVehicle[] | null) => {
      if (this.#asked === asked) onAnswer(near);
    };
    farNearest(lngLatDeg, standings, most, except, asked.signal).then(answer, () => answer(null));
  }

  #vehiclesOf(rows: readonly NearRow[]): NearVehicle[] {
    return rows.flatMap(({ row, metres }) => {
      const vehicle = listedRow(this.#host.table(), row);
      return vehicle === null ? [] : [{ vehicle, metres }];
    });
  }
}
