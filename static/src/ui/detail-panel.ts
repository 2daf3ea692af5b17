// Everything known of the selected vehicle. It is built once and brought up to date in place, each
// second for the ages and at each change for the rest.

import { freshnessCode, motionCode } from "../codes.ts";
import type { Vehicle } from "../protocol.ts";
import { displayName } from "../live/names.ts";
import { headline, positionFacts, sinceLine, vehicleFacts } from "./detail-facts.ts";
import { byId, h, setText } from "./dom.ts";
import { FactList } from "./fact-list.ts";
import { stateIcon } from "./icons.ts";
import type { WhyPanel } from "./why-panel.ts";
import { flagText, freshnessText } from "./words.ts";
import { words } from "../words/words.ts";

export class DetailPanel {
  readonly root = byId("detail");
  #nowMs: () => number;
  #why: WhyPanel;
  #vehicle: Vehicle | null = null;
  #icon = byId("detail-icon");
  #name = byId("detail-name");
  #registration = byId("detail-registration");
  #headline = byId("detail-headline");
  #since = byId("detail-since");
  #flags = byId("detail-flags");
  #freshness = byId("detail-freshness");
  #trouble = h("p", { class: "muted", role: "status" });
  /** Said once for each vehicle that is opened, as nothing else tells who cannot see the panel appear. */
  #spoken = h("p", { class: "visually-hidden", role: "status" });
  #isSpoken = false;
  #facts = new FactList();
  #position = new FactList();
  #iconKey = "";
  /** How long the line from the server to here takes; null where unknown. */
  toYouMs: number | null = null;

  /** `nowMs` is the time that is shown, the server's or one of the past. */
  constructor(nowMs: () => number, why: WhyPanel, onClose: () => void) {
    this.#nowMs = nowMs;
    this.#why = why;
    byId("detail-facts").append(this.#facts.element);
    byId("detail-position").append(this.#position.element);
    this.#since.after(this.#trouble);
    this.root.before(this.#spoken);
    byId("detail-close").addEventListener("click", onClose);
  }

  get isOpen(): boolean {
    return !this.root.hidden;
  }

  /** Opens on a vehicle whose facts follow; the name is known from the list already. */
  open(name: string): void {
    this.#vehicle = null;
    this.#clear();
    setText(this.#name, name);
    this.#isSpoken = false;
    this.root.hidden = false;
    this.root.scrollTop = 0;
  }

  close(): void {
    this.#vehicle = null;
    this.#why.show(null, 0);
    setText(this.#spoken, "");
    this.root.hidden = true;
  }

  /** Null where nothing is known of it at the time that is shown. */
  show(vehicle: Vehicle | null): void {
    this.#vehicle = vehicle;
    if (vehicle === null) {
      this.#clear();
      setText(this.#headline, words.detail.notKnownThen);
    }
    this.tick();
    if (vehicle === null || this.#isSpoken) return;
    this.#isSpoken = true;
    setText(this.#spoken, words.detail.opened(displayName(vehicle), headline(vehicle)));
  }

  /** Says that what is shown may be old, as long as it is. */
  showTrouble(hasTrouble: boolean): void {
    setText(this.#trouble, hasTrouble ? words.detail.trouble : "");
  }

  tick(): void {
    const vehicle = this.#vehicle;
    if (vehicle === null || !this.isOpen) return;
    const nowMs = this.#nowMs();
    const name = displayName(vehicle);
    setText(this.#name, name);
    setText(this.#registration, vehicle.registration === name ? "" : (vehicle.registration ?? ""));
    setText(this.#headline, headline(vehicle));
    setText(this.#since, sinceLine(vehicle, nowMs));
    this.#showIcon(vehicle);
    this.#showFlags(vehicle.flags ?? []);
    this.#facts.show(vehicleFacts(vehicle, nowMs));
    const { position } = vehicle;
    setText(this.#freshness, freshnessText(vehicle.freshness, nowMs - Date.parse(position?.fixed_at ?? "")));
    this.#position.show(position ? positionFacts(vehicle, position, nowMs, this.toYouMs) : new Map());
    this.#why.show(vehicle, nowMs);
  }

  /** Leaves nothing of the vehicle that was shown before. */
  #clear(): void {
    for (const element of [this.#registration, this.#headline, this.#since, this.#freshness, this.#trouble]) setText(element, "");
    this.#flags.replaceChildren();
    this.#icon.replaceChildren();
    this.#iconKey = "";
    for (const list of [this.#facts, this.#position]) list.show(new Map());
    this.#why.show(null, 0);
  }

  #showIcon(vehicle: Vehicle): void {
    const motion = motionCode(vehicle.motion?.state);
    const freshness = freshnessCode(vehicle);
    const isFeedDown = vehicle.flags?.includes("feed_down") === true;
    const key = `${motion}/${freshness}/${isFeedDown}`;
    if (this.#iconKey === key) return;
    this.#iconKey = key;
    this.#icon.replaceChildren(stateIcon(motion, freshness, isFeedDown));
  }

  #showFlags(flags: readonly string[]): void {
    const texts = flags.map(flagText);
    if (texts.join() === [...this.#flags.children].map((item) => item.textContent).join()) return;
    this.#flags.replaceChildren(...texts.map((text) => h("li", {}, text)));
  }
}
