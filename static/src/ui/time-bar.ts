// The controls of time travel, and the sign that what is seen is not live: a striped frame around
// the whole map and the time in large letters. The scrubber covers one day, which a finger can
// aim at; another day is chosen beside it.

import { PACES } from "../page/time-travel.ts";
import type { TimeTravel } from "../page/time-travel.ts";
import { byId, h, setText } from "./dom.ts";
import { historyText, hourText, partText, pastTimeText, zonedClockText } from "./words.ts";
import { words } from "../words/words.ts";

const MINUTE_MS = 60_000;
const HOURS_OF_DAY = 24;
/** What keys on the scrubber do, in minutes. */
const KEY_STEPS: Record<string, number> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -60, PageUp: 60 };

export class TimeBar {
  #travel: TimeTravel;
  #bar = byId("time-bar");
  #plateTime = byId("past-time");
  #note = byId("past-note");
  #play = byId<HTMLButtonElement>("past-play");
  #scrubber = byId<HTMLInputElement>("past-scrubber");
  #day = byId<HTMLInputElement>("past-day");
  #open = byId("past-open");
  #paces = new Map<number, HTMLInputElement>();

  constructor(travel: TimeTravel) {
    this.#travel = travel;
    this.#open.addEventListener("click", () => this.toggle());
    byId("past-back").addEventListener("click", () => this.leave());
    this.#play.addEventListener("click", () => (travel.isPlaying ? travel.pause() : travel.play()));
    this.#scrubber.addEventListener("input", () => this.#goTo(Number(this.#scrubber.value)));
    this.#scrubber.addEventListener("keydown", (event) => this.#key(event));
    this.#day.addEventListener("change", () => this.#chooseDay());
    this.showHours();
    byId("past-paces").append(...PACES.flatMap((pace) => this.#paceChoice(pace)));
  }

  toggle(): void {
    if (this.#travel.isOn) this.leave();
    else this.enter();
  }

  enter(): void {
    // A minute ago rather than now: something is there to be seen of it.
    this.#travel.start(Math.floor(this.#travel.toMs / MINUTE_MS - 1) * MINUTE_MS);
    this.#scrubber.focus();
  }

  leave(): void {
    const hadFocus = this.#bar.contains(document.activeElement);
    this.#travel.stop();
    if (hadFocus) this.#open.focus();
  }

  /** Writes the hours of the scale as they are read now. */
  showHours(): void {
    const hours = byId("past-hours");
    for (const [i, mark] of [...hours.children].entries()) setText(mark, hourText((i * HOURS_OF_DAY) / (hours.children.length - 1)));
  }

  /** Brings all of it up to date. */
  show(): void {
    const travel = this.#travel;
    document.documentElement.dataset["time"] = travel.isOn ? "past" : "now";
    this.#bar.hidden = byId("past-frame").hidden = !travel.isOn;
    this.#open.setAttribute("aria-pressed", String(travel.isOn));
    if (!travel.isOn) return;
    // What was asked for is told by the scrubber, what is seen by the large letters.
    setText(this.#plateTime, pastTimeText(travel.shownMs));
    setText(this.#note, this.#noteText());
    this.#play.setAttribute("aria-pressed", String(travel.isPlaying));
    const [startMs, endMs] = dayOf(travel.wantedMs);
    this.#scrubber.min = String(startMs);
    this.#scrubber.max = String(endMs);
    this.#scrubber.value = String(travel.wantedMs);
    this.#scrubber.setAttribute("aria-valuetext", zonedClockText(travel.wantedMs));
    this.#day.min = dayValue(travel.fromMs);
    this.#day.max = dayValue(travel.toMs);
    if (document.activeElement !== this.#day) this.#day.value = dayValue(travel.wantedMs);
    this.#paces.get(travel.pace)!.checked = true;
  }

  #noteText(): string {
    const { trouble, history, inSight, table } = this.#travel;
    if (trouble === "beforeMemory") return words.past.beforeMemory;
    if (trouble === "failed") return words.past.failed;
    const parts = [history === null ? "" : historyText(history), inSight === null ? "" : partText(table.size, inSight)];
    return parts.filter((part) => part !== "").join(" ");
  }

  #goTo(atMs: number): void {
    this.#travel.pause();
    this.#travel.go(atMs);
  }

  #key(event: KeyboardEvent): void {
    const minutes = KEY_STEPS[event.key];
    if (minutes === undefined) return;
    event.preventDefault();
    this.#goTo(this.#travel.wantedMs + minutes * MINUTE_MS * (event.shiftKey ? 10 : 1));
  }

  /** The same time of another day. */
  #chooseDay(): void {
    const [year, month, day] = this.#day.value.split("-").map(Number);
    if (year === undefined || month === undefined || day === undefined) return;
    const at = new Date(this.#travel.wantedMs);
    at.setFullYear(year, month - 1, day);
    this.#goTo(at.getTime());
  }

  #paceChoice(pace: number): HTMLElement[] {
    const input = h("input", { type: "radio", name: "pace", value: String(pace), id: `pace-${pace}` });
    input.addEventListener("change", () => this.#travel.setPace(pace));
    this.#paces.set(pace, input);
    return [input, h("label", { for: `pace-${pace}` }, `${pace}×`)];
  }
}

/** The first and the last moment of a time's day, in the viewer's own zone. */
function dayOf(ms: number): [startMs: number, endMs: number] {
  const start = new Date(ms).setHours(0, 0, 0, 0);
  return [start, new Date(ms).setHours(23, 59, 59, 0)];
}

function dayValue(ms: number): string {
  const date = new Date(ms);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
