// The tab with the alarms: those that are open, the worst and newest first, and those of the past,
// page by page. Taking note is for those who may.

import { ApiFailure } from "../access/api.ts";
import { acknowledge, fetchHistory } from "../page/alarm-api.ts";
import { SEVERITIES, inOrder, isWaiting } from "../page/alarm-order.ts";
import type { AlarmObject, Severity } from "../protocol.ts";
import { AlarmLine } from "./alarm-line.ts";
import { shownText } from "./alarm-words.ts";
import { h, setText } from "./dom.ts";
import { words } from "../words/words.ts";
import { troubleText } from "./form-parts.ts";

const PAGE = 50;
/** A line each for more than this helps nobody; the worst come first. */
const MOST_LINES = 200;

export interface FeedHost {
  nowMs(): number;
  mayAcknowledge(): boolean;
  /** The server says otherwise. */
  onNotAllowed(): void;
  onShow(alarm: AlarmObject): void;
}

export class AlarmFeed {
  readonly element = h("section", { class: "side-tab alarm-feed" });
  #host: FeedHost;
  #alarms: readonly AlarmObject[] = [];
  #lines = new Map<string, AlarmLine>();
  #list = h("ul", { class: "alarm-lines" });
  #summary = h("p", { class: "muted", role: "status" });
  #note = h("p", { class: "side-note", role: "status" });
  #all = h("button", { type: "button", class: "bar-button" }, words.alarms.acknowledgeShown);
  #filter = h("select", { class: "sort", id: "alarm-filter" }, h("option", { value: "" }, words.alarms.all), ...SEVERITIES.toReversed().map((severity) => h("option", { value: severity }, words.severity[severity])));
  #states: { open: HTMLInputElement; all: HTMLInputElement };
  #more = h("button", { type: "button", class: "bar-button", hidden: "" }, words.alarms.more);
  /** Of the past, where that is shown. */
  #history: { alarms: AlarmObject[]; next: string | undefined } | null = null;
  #asked = 0;

  constructor(host: FeedHost, sound: HTMLElement) {
    this.#host = host;
    const radio = (value: string) => h("input", { type: "radio", name: "alarm-state", id: `alarm-state-${value}`, value });
    this.#states = { open: radio("open"), all: radio("all") };
    this.#states.open.checked = true;
    for (const input of Object.values(this.#states)) input.addEventListener("change", () => this.#choose());
    const segments = h("fieldset", { class: "segments" }, h("legend", { class: "visually-hidden" }, words.alarms.title), this.#states.open, h("label", { for: "alarm-state-open" }, words.alarms.open), this.#states.all, h("label", { for: "alarm-state-all" }, words.alarms.history));
    const filter = h("div", { class: "side-row" }, h("label", { for: "alarm-filter", class: "muted" }, words.alarms.filter), this.#filter, this.#all);
    this.element.append(segments, filter, this.#summary, this.#note, this.#list, this.#more, sound);
    this.#filter.addEventListener("change", () => this.#draw());
    this.#all.addEventListener("click", () => void this.#acknowledge(this.#waiting().map(({ id }) => id)));
    this.#more.addEventListener("click", () => void this.#load());
  }

  show(alarms: readonly AlarmObject[]): void {
    this.#alarms = alarms;
    // What is open is known better here than by a page that was fetched before.
    const byId = new Map(alarms.map((alarm) => [alarm.id, alarm]));
    if (this.#history !== null) this.#history.alarms = this.#history.alarms.map((alarm) => byId.get(alarm.id) ?? alarm);
    this.#draw();
  }

  /** From elsewhere on the page. */
  acknowledgeOne(id: string): void {
    void this.#acknowledge([id]);
  }

  /** Brings the ages up to date. */
  tick(): void {
    if (!this.element.hidden) this.#draw();
  }

  #shown(): AlarmObject[] {
    const fits = (alarm: AlarmObject) => this.#filter.value === "" || alarm.severity === (this.#filter.value as Severity);
    return (this.#history === null ? inOrder(this.#alarms) : this.#history.alarms).filter(fits);
  }

  #waiting(): AlarmObject[] {
    return this.#shown().slice(0, this.#history === null ? MOST_LINES : undefined).filter(isWaiting);
  }

  #draw(): void {
    const shown = this.#shown();
    const drawn = this.#history === null ? shown.slice(0, MOST_LINES) : shown;
    const nowMs = this.#host.nowMs();
    const wanted = new Set(drawn.map(({ id }) => id));
    const focusedId = this.#list.contains(document.activeElement) ? (document.activeElement!.closest<HTMLElement>("li")?.dataset["id"] ?? "") : null;
    const lostAt = focusedId !== null && !wanted.has(focusedId) ? [...this.#lines.keys()].indexOf(focusedId) : -1;
    for (const [id, line] of this.#lines) {
      if (wanted.has(id)) continue;
      line.element.remove();
      this.#lines.delete(id);
    }
    const lines = drawn.map((alarm) => {
      const line = this.#lines.get(alarm.id) ?? new AlarmLine(alarm, { mayAcknowledge: () => this.#host.mayAcknowledge(), onAcknowledge: (id) => void this.#acknowledge([id]), onShow: (one) => this.#host.onShow(one) });
      line.show(alarm, nowMs);
      return [alarm.id, line] as const;
    });
    this.#lines = new Map(lines);
    lines.forEach(([, { element }], i) => {
      const there = this.#list.children[i];
      if (there !== element) this.#list.insertBefore(element, there ?? null);
    });
    // Whose line went has the next one.
    if (lostAt >= 0) (this.#list.children[Math.min(lostAt, lines.length - 1)]?.querySelector<HTMLElement>(".several-name") ?? this.#states.open).focus();
    this.#all.hidden = !this.#host.mayAcknowledge() || this.#waiting().length === 0;
    this.#more.hidden = this.#history?.next === undefined;
    const empty = this.#history === null ? words.alarms.none : words.alarms.noneYet;
    setText(this.#summary, shown.length === 0 && this.#alarms.length === 0 ? empty : this.#history === null ? shownText(drawn.length, this.#alarms.length) : "");
  }

  #choose(): void {
    this.#history = this.#states.all.checked ? { alarms: [], next: undefined } : null;
    setText(this.#note, "");
    this.#draw();
    if (this.#history !== null) void this.#load();
  }

  async #load(): Promise<void> {
    const history = this.#history;
    const asked = ++this.#asked;
    setText(this.#note, words.alarms.loading);
    try {
      const { alarms, next } = await fetchHistory(history?.next, PAGE);
      if (this.#history !== history || history === null || asked !== this.#asked) return;
      history.alarms = [...history.alarms, ...alarms];
      history.next = next;
      setText(this.#note, "");
    } catch (error) {
      setText(this.#note, troubleText(words.alarms.failed, error));
    }
    this.#draw();
  }

  /** The others hear of it by the live connection, and so does this page. */
  async #acknowledge(ids: readonly string[]): Promise<void> {
    try {
      await acknowledge(ids);
      setText(this.#note, "");
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 403) {
        this.#host.onNotAllowed();
        setText(this.#note, words.alarms.notAllowed);
      } else setText(this.#note, troubleText(words.alarms.failed, error));
    }
    if (this.#history !== null) {
      this.#history = { alarms: [], next: undefined };
      await this.#load();
    }
    this.#draw();
  }
}
