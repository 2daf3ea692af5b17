// One display, as it is looked after: whether there is a picture on it, of what, how it does, and
// what it can be told. The card stays while what it says changes, so that nobody loses their place.

import type { Health } from "../page/display-health.ts";
import type { Display } from "../page/displays.ts";
import { h, setText } from "../ui/dom.ts";
import {
  DISPLAY_WORDS,
  STATE_BADGES,
  errorText,
  errorsText,
  framesText,
  memoryText,
  pictureText,
  screenText,
  stateNote,
  stateText,
  titleOf,
  upText,
} from "./display-words.ts";
import { actions, button, uniqueId } from "./parts.ts";
import { agoText, fullText } from "./words.ts";

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
  #errors = h("details", { class: "display-errors", hidden: "" });
  #errorsTitle = h("summary");
  #errorList = h("ul");
  #buttons = new Map<Act, HTMLButtonElement>();
  #factsText = "";

  constructor(acts: readonly Act[], onAct: (act: Act) => void) {
    for (const act of acts) this.#buttons.set(act, button(DISPLAY_WORDS[act], act === "revoke" ? "danger" : "plain", () => onAct(act)));
    this.#errors.append(this.#errorsTitle, this.#errorList);
    this.element = h("li", { class: "display", "aria-labelledby": this.#name.id });
    this.element.append(h("div", { class: "display-head" }, this.#name, this.#badge, this.#note), this.#facts, this.#errors, actions(...this.#buttons.values()));
  }

  show(content: CardContent): void {
    const { display, health, nowMs } = content;
    setText(this.#name, display.name);
    setText(this.#badge, stateText(health.state));
    this.#badge.className = `badge ${STATE_BADGES[health.state]}`;
    this.element.dataset["state"] = health.state;
    setText(this.#note, stateNote(display, health.state, health.troubles, nowMs));
    this.#showFacts(factsOf(content));
    this.#showErrors(display);
    for (const [act, element] of this.#buttons) {
      element.setAttribute("aria-label", titleOf(DISPLAY_WORDS[act], display.name));
      const isHere = display.is_connected || !LIVE_ACTS.has(act);
      element.disabled = !isHere || (act === "show" && display.scenes.length < 2);
    }
  }

  #showFacts(facts: MoreFacts): void {
    // What somebody selects to copy stays selected.
    const text = facts.map(([label, value]) => `${label}\n${typeof value === "string" ? value : value.textContent}`).join("\n");
    if (text === this.#factsText) return;
    this.#factsText = text;
    this.#facts.replaceChildren(...facts.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))));
  }

  #showErrors({ report }: Display): void {
    const errors = report?.errors ?? [];
    this.#errors.hidden = errors.length === 0;
    setText(this.#errorsTitle, errorsText(errors.length));
    const lines = errors.map((error) => h("li", {}, h("code", {}, error.text), h("span", { class: "note" }, errorText(error))));
    if (this.#errorList.textContent !== lines.map((line) => line.textContent).join("")) this.#errorList.replaceChildren(...lines);
  }
}

function factsOf({ display, health, nowMs, serverBuild, sceneNames, more }: CardContent): MoreFacts {
  const { report, dim_pct } = display;
  const scenes = sceneNames.length === 0 ? DISPLAY_WORDS.byAddress : sceneNames.join(", ");
  const kept: [string, Node | string][] = [[DISPLAY_WORDS.scenes, scenes], ...(dim_pct > 0 ? [[DISPLAY_WORDS.dim, `${dim_pct} %`] as [string, string]] : [])];
  if (report === undefined) return [...kept, ...more];
  const isOwn = report.build === serverBuild;
  const build = report.build === undefined ? DISPLAY_WORDS.unknown : isOwn ? DISPLAY_WORDS.ownBuild : report.build;
  const toldMs = nowMs - (health.reportAgeMs ?? 0);
  return [
    [DISPLAY_WORDS.shows, report.scene === undefined || report.scene === "" ? DISPLAY_WORDS.whole : report.scene],
    [DISPLAY_WORDS.picture, pictureText(report)],
    [DISPLAY_WORDS.frames, framesText(report)],
    [DISPLAY_WORDS.memory, memoryText(report)],
    [DISPLAY_WORDS.up, upText(report)],
    [DISPLAY_WORDS.build, build],
    [DISPLAY_WORDS.screen, screenText(report)],
    [DISPLAY_WORDS.told, h("time", { datetime: report.received_at, title: fullText(toldMs) }, agoText(toldMs, nowMs))],
    ...kept,
    ...more,
  ];
}
