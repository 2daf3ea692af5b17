// One pill a source: how well its feed is and how old its last word. What the vendor said last, and
// how long positions are on their way, is one press away. A feed that is down is one alarm, however
// many vehicles it carries.

import type { Percentiles, Source } from "../protocol.ts";
import { h, setText } from "./dom.ts";
import { healthIcon } from "./icons.ts";
import { agoText, feedAlarmText, feedText, fullTimeText, numberText, percentilesText } from "./words.ts";
import { words } from "../words/words.ts";

interface Pill {
  item: HTMLLIElement;
  button: HTMLElement;
  age: HTMLElement;
  /** Its health where only form and colour tell it: an age alone says nothing to an ear. */
  word: HTMLElement;
  popover: HTMLElement | null;
  health: string;
  source: Source;
}

export class FeedStrip {
  #list: HTMLElement;
  #alarms: HTMLElement;
  #withDetails: boolean;
  #pills = new Map<string, Pill>();
  #nowMs = 0;

  /** `withDetails` makes each pill a button that tells more; a wall has nobody to press it. */
  constructor(list: HTMLElement, alarms: HTMLElement, withDetails: boolean) {
    this.#list = list;
    this.#alarms = alarms;
    this.#withDetails = withDetails;
  }

  show(sources: readonly Source[], nowMs: number): void {
    const ids = new Set(sources.map((source) => source.id));
    for (const [id, pill] of this.#pills) {
      if (ids.has(id)) continue;
      pill.item.remove();
      pill.popover?.remove();
      this.#pills.delete(id);
    }
    for (const source of sources) this.#put(source);
    this.tick(nowMs);
  }

  /** Brings the ages up to date. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#alarm();
    for (const pill of this.#pills.values()) {
      setText(pill.age, feedText(pill.source, nowMs));
      if (pill.popover?.matches(":popover-open")) fillPopover(pill.popover, pill.source, nowMs);
    }
  }

  /** One line for each feed that delivers nothing; untouched where nothing changed, as it is read out. */
  #alarm(): void {
    const texts = [...this.#pills.values()].flatMap(({ source }) => feedAlarmText(source, this.#nowMs) ?? []);
    if (texts.join("\n") === [...this.#alarms.children].map((line) => line.textContent).join("\n")) return;
    this.#alarms.replaceChildren(...texts.map((text) => h("p", { class: "feed-alarm" }, healthIcon("down"), text)));
  }

  #put(source: Source): void {
    let pill = this.#pills.get(source.id);
    if (pill === undefined) {
      pill = this.#create(source);
      this.#pills.set(source.id, pill);
      this.#list.append(pill.item);
    }
    pill.source = source;
    setText(pill.word, source.health === "up" && source.last_success_at !== undefined ? words.health.up : "");
    pill.item.dataset["health"] = source.health;
    if (pill.health === source.health) return;
    pill.health = source.health;
    pill.button.querySelector("svg")?.replaceWith(healthIcon(source.health));
  }

  #create(source: Source): Pill {
    const age = h("span", { class: "feed-age" });
    const word = h("span", { class: "visually-hidden" });
    const children = [healthIcon(source.health), h("span", { class: "feed-name" }, source.id), ...(this.#withDetails ? [word] : []), age];
    const button = this.#withDetails
      ? h("button", { type: "button", class: "feed-pill" }, ...children)
      : h("span", { class: "feed-pill" }, ...children);
    const popover = this.#withDetails ? h("div", { class: "feed-popover card", popover: "auto" }) : null;
    const pill: Pill = { item: h("li", {}, button), button, age, word, popover, health: source.health, source };
    if (popover !== null) {
      document.body.append(popover);
      button.setAttribute("aria-haspopup", "dialog");
      button.addEventListener("click", () => togglePopover(popover, button, pill.source, this.#nowMs));
    }
    return pill;
  }
}

function togglePopover(popover: HTMLElement, button: HTMLElement, source: Source, nowMs: number): void {
  if (popover.matches(":popover-open")) {
    popover.hidePopover();
    return;
  }
  fillPopover(popover, source, nowMs);
  popover.showPopover();
  const at = button.getBoundingClientRect();
  const widthPx = popover.offsetWidth;
  popover.style.left = `${Math.max(8, Math.min(at.left, innerWidth - widthPx - 8))}px`;
  popover.style.top = `${at.bottom + 8}px`;
}

function percentiles(told: Percentiles | undefined): string | null {
  return told === undefined ? null : percentilesText(told);
}

function fillPopover(popover: HTMLElement, source: Source, nowMs: number): void {
  const time = (text: string | undefined) => {
    const ms = Date.parse(text ?? "");
    return Number.isNaN(ms) ? null : h("time", { title: fullTimeText(ms) }, agoText(nowMs - ms));
  };
  const facts: [string, Node | string | null][] = [
    [words.feed.state, words.health[source.health] ?? source.health],
    [words.feed.since, time(source.since)],
    [words.feed.by, source.mode === undefined ? null : words.feed.modes[source.mode]],
    [words.feed.success, time(source.last_success_at)],
    [words.feed.vehicles, source.vehicles === undefined ? null : numberText(source.vehicles)],
    [words.feed.trackerToUs, percentiles(source.latency?.fix_to_receipt_ms)],
    [words.feed.usToYou, percentiles(source.latency?.receipt_to_send_ms)],
    [words.feed.error, source.last_error ?? words.feed.noError],
    [words.feed.errorSeen, time(source.last_error_at)],
  ];
  const rows = facts.flatMap(([name, value]) => (value === null ? [] : [h("dt", {}, name), h("dd", {}, value)]));
  const kind = [source.kind, source.sandbox ? words.feed.sandbox : null].filter((part) => part).join(", ");
  popover.replaceChildren(h("h2", {}, source.id), h("p", { class: "muted" }, kind), h("dl", { class: "facts" }, ...rows));
}
