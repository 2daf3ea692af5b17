// One display, as it is looked after: whether there is a picture on it, of what, how it does, and
// what it can be told. The card stays while what it says changes, so that nobody loses their place.

import type { Health } from "../page/display-health.ts";
import type { Display, DisplayReport } from "../page/displays.ts";
import { h, setText } from "../ui/dom.ts";
import { STATE_BADGES, errorText, frameTimeText, framesText, memoryText, pictureText, screenText, stateNote, stateText, titleOf, upText } from "./display-words.ts";
import { actions, button, uniqueId } from "./parts.ts";
import { agoText, fullText } from "./words.ts";
import { words } from "../words/words.ts";

export const ACTS = ["reload", "identify", "message", "show", "dimming", "assign"] as const;
/** For those who let displays in. */
export const MORE_ACTS = ["change", "revoke"] as const;
export type Act = (typeof ACTS | typeof MORE_ACTS)[number];

/** What only a display can do that is there. */
const LIVE_ACTS = new Set<Act>(["reload", "identify", "message", "show"]);

/** What else is known of it: by name, in words. */
export type MoreFacts = readonly (readonly [label: string, value: Node | string])[];

export interface CardContent {
  display: Display;
  health: Health;
  nowMs: number;
  serverBuild: string;
  /** In the order in which they are shown. */
  sceneNames: readonly string[];
  more: MoreFacts;
}

export class DisplayCard {
  readonly element: HTMLElement;
  #name = h("h3", { class: "name", id: uniqueId("display") });
  #badge = h("span", { class: "badge" });
  #note = h("p", { class: "display-note" });
  #facts = h("dl", { class: "display-facts" });
  #moreFacts = h("dl", { class: "display-facts" });
  #more = h("details", { class: "display-more" }, h("summary", {}, words.displays.more), this.#moreFacts);
  #errors = h("details", { class: "display-errors", hidden: "" });
  #errorsTitle = h("summary");
  #errorList = h("ul");
  #buttons = new Map<Act, HTMLButtonElement>();

  constructor(acts: readonly Act[], onAct: (act: Act) => void) {
    for (const act of acts) this.#buttons.set(act, button(words.displays[act], act === "revoke" ? "danger" : "plain", () => onAct(act)));
    this.#errors.append(this.#errorsTitle, this.#errorList);
    this.element = h("li", { class: "display", "aria-labelledby": this.#name.id });
    this.element.append(h("div", { class: "display-head" }, this.#name, this.#badge, this.#note), this.#facts, this.#errors, this.#more, actions(...this.#buttons.values()));
  }

  show(content: CardContent): void {
    const { display, health, nowMs } = content;
    setText(this.#name, display.name);
    setText(this.#badge, stateText(health.state));
    this.#badge.className = `badge ${STATE_BADGES[health.state]}`;
    this.element.dataset["state"] = health.state;
    setText(this.#note, stateNote(display, health.state, health.troubles, nowMs));
    showFacts(this.#facts, factsOf(content));
    const more = moreFactsOf(content);
    showFacts(this.#moreFacts, more);
    this.#more.hidden = more.length === 0;
    this.#showErrors(display);
    for (const [act, element] of this.#buttons) {
      element.setAttribute("aria-label", titleOf(words.displays[act], display.name));
      const isHere = display.is_connected || !LIVE_ACTS.has(act);
      element.disabled = !isHere || (act === "show" && display.scenes.length < 2);
    }
  }

  #showErrors({ report }: Display): void {
    const errors = report?.errors ?? [];
    this.#errors.hidden = errors.length === 0;
    setText(this.#errorsTitle, words.displays.errors(errors.length));
    const lines = errors.map((error) => h("li", {}, h("code", {}, error.text), h("span", { class: "note" }, errorText(error))));
    if (this.#errorList.textContent !== lines.map((line) => line.textContent).join("")) this.#errorList.replaceChildren(...lines);
  }
}

/** What somebody selects to copy stays selected while it is the same. */
function showFacts(place: HTMLElement, facts: MoreFacts): void {
  const rows = facts.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value)));
  if (place.textContent !== rows.map((row) => row.textContent).join("")) place.replaceChildren(...rows);
}

/** What tells whether all is well; of one that is away only what it will show. */
function factsOf({ display, health, serverBuild, sceneNames }: CardContent): MoreFacts {
  const { report, dim_pct } = display;
  const scenes = sceneNames.length === 0 ? words.displays.byAddress : sceneNames.join(", ");
  const kept: MoreFacts = [[words.displays.scenes, scenes], ...(dim_pct > 0 ? [[words.displays.dim, `${dim_pct} %`] as const] : [])];
  if (report === undefined || isPast(health)) return kept;
  return [[words.displays.shows, shownText(report)], ...kept, ...doingFacts(report, serverBuild)];
}

function moreFactsOf({ display, health, nowMs, serverBuild, more }: CardContent): MoreFacts {
  const { report } = display;
  if (report === undefined) return more;
  const toldMs = nowMs - (health.reportAgeMs ?? 0);
  const told = h("time", { datetime: report.received_at, title: fullText(toldMs) }, agoText(toldMs, nowMs));
  const past: MoreFacts = isPast(health) ? [[words.displays.showed, shownText(report)], ...doingFacts(report, serverBuild)] : [];
  return [[words.displays.told, told], ...past, [words.displays.frameTime, frameTimeText(report)], [words.displays.screen, screenText(report)], ...more];
}

function doingFacts(report: DisplayReport, serverBuild: string): MoreFacts {
  const build = report.build === undefined ? words.displays.unknown : report.build === serverBuild ? words.displays.ownBuild : report.build;
  return [
    [words.displays.picture, pictureText(report)],
    [words.displays.frames, framesText(report)],
    [words.displays.memory, memoryText(report)],
    [words.displays.up, upText(report)],
    [words.displays.build, build],
  ];
}

/** What it told is of before: it may be so no more. */
function isPast({ state }: Health): boolean {
  return state === "away" || state === "never" || state === "silent";
}

function shownText({ scene }: DisplayReport): string {
  return scene === undefined || scene === "" ? words.displays.whole : scene;
}
