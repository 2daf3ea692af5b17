// What a wall shows where no map can be drawn: who needs a look, in large letters, page by page. It
// says less than the map, but it says it.

import { NEVER, OFFLINE, OFF_DUTY, STALE } from "../codes.ts";
import type { FleetTable } from "../page/fleet-table.ts";
import { h, setText } from "../ui/dom.ts";
import { stateIcon } from "../ui/icons.ts";
import { ageText, stateWords } from "../ui/words.ts";
import { listPartText } from "./words.ts";
import { words } from "../words/words.ts";

const PAGE_EVERY_MS = 10_000;
/** A line, in fonts. */
const LINE = 1.6;
const collator = new Intl.Collator(undefined, { numeric: true });

export class PlainList {
  #table: FleetTable;
  #place: HTMLElement;
  #lines = h("ol", { class: "plain-lines" });
  #part = h("p", { class: "plain-part" });
  #first = 0;
  #turnedMs = -Infinity;

  constructor(place: HTMLElement, table: FleetTable) {
    this.#table = table;
    this.#place = place;
    place.replaceChildren(h("p", { class: "plain-why" }, words.wall.list), this.#lines, this.#part);
    place.hidden = false;
  }

  /** `fontPx` is what a letter must have; `fleetNowMs` by the fleet's clock. It stays clear of the bar. */
  tick(nowMs: number, fleetNowMs: number, { bar, fontPx }: { bar: HTMLElement; fontPx: number }): void {
    const { left, top, right, width, height } = bar.getBoundingClientRect();
    const isAside = height > width;
    const outer = this.#place.getBoundingClientRect();
    this.#place.style.paddingBottom = isAside ? "" : `${outer.bottom - top + fontPx / 2}px`;
    const gapPx = Math.min(left, innerWidth - right);
    this.#place.style.paddingInlineStart = isAside ? `${width + 2 * gapPx}px` : "";
    const rows = orderOf(this.#table);
    const room = Math.max(1, Math.floor(this.#lines.clientHeight / (fontPx * LINE)));
    if (nowMs - this.#turnedMs >= PAGE_EVERY_MS) {
      this.#first = this.#turnedMs === -Infinity || this.#first + room >= rows.length ? 0 : this.#first + room;
      this.#turnedMs = nowMs;
    }
    const shown = rows.slice(this.#first, this.#first + room);
    this.#lines.replaceChildren(...shown.map((row) => this.#line(row, fleetNowMs)));
    setText(this.#part, listPartText(this.#first + 1, this.#first + shown.length, rows.length));
    this.#place.dataset["rows"] = String(rows.length);
  }

  #line(row: number, fleetNowMs: number): HTMLElement {
    const table = this.#table;
    const [motion, freshness] = [table.motion(row), table.freshness(row)];
    const ageMs = fleetNowMs - table.fixedAtMs(row);
    const words = stateWords(motion, freshness, table.isFeedDown(row));
    return h(
      "li",
      {},
      stateIcon(motion, freshness, table.isFeedDown(row)),
      h("span", { class: "plain-name" }, table.names[row] ?? ""),
      h("span", { class: "plain-state" }, words),
      h("span", { class: "plain-age" }, Number.isNaN(ageMs) ? "" : ageText(ageMs)),
    );
  }
}

/** Overdue first, of these the longest silent; then by name. */
function orderOf(table: FleetTable): number[] {
  const rows: number[] = [];
  for (let row = 0; row < table.rowCount; row++) if (table.isInUse(row)) rows.push(row);
  const rank = (row: number) => {
    const freshness = table.freshness(row);
    return freshness === STALE || freshness === OFFLINE ? 0 : freshness === NEVER || freshness === OFF_DUTY ? 2 : 1;
  };
  const within = (a: number, b: number) => (rank(a) === 0 ? table.fixedAtS[a]! - table.fixedAtS[b]! : collator.compare(table.names[a] ?? "", table.names[b] ?? ""));
  return rows.sort((a, b) => rank(a) - rank(b) || within(a, b));
}
