// Everything known of the selected vehicle. It is built once and brought up to date in place, each
// second for the ages and at each change for the rest.

import { freshnessCode, motionCode } from "../codes.ts";
import type { Store } from "../page/store.ts";
import type { Vehicle } from "../protocol.ts";
import { displayName } from "../live/names.ts";
import { deviceFacts, flagText, headline, positionFacts, sinceLine, vehicleFacts } from "./detail-facts.ts";
import { byId, h, setText } from "./dom.ts";
import { FactList } from "./fact-list.ts";
import { stateIcon } from "./icons.ts";

export class DetailPanel {
  readonly root = byId("detail");
  #store: Store;
  #vehicle: Vehicle | null = null;
  #icon = byId("detail-icon");
  #name = byId("detail-name");
  #registration = byId("detail-registration");
  #headline = byId("detail-headline");
  #since = byId("detail-since");
  #flags = byId("detail-flags");
  #trail = byId("detail-trail");
  #trouble = h("p", { class: "muted", role: "status" });
  #facts = new FactList();
  #position = new FactList();
  #devices = new FactList();
  #iconKey = "";

  constructor(store: Store, onClose: () => void) {
    this.#store = store;
    byId("detail-facts").append(this.#facts.element);
    byId("detail-position").append(this.#position.element);
    byId("detail-devices").append(this.#devices.element);
    this.#since.after(this.#trouble);
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
    setText(this.#trail, "Loading the trail …");
    this.root.hidden = false;
    this.root.scrollTop = 0;
  }

  close(): void {
    this.#vehicle = null;
    this.root.hidden = true;
  }

  show(vehicle: Vehicle): void {
    this.#vehicle = vehicle;
    this.tick();
  }

  /** Says that what is shown may be old, as long as it is. */
  showTrouble(hasTrouble: boolean): void {
    setText(this.#trouble, hasTrouble ? "Details cannot be loaded at the moment; trying again." : "");
  }

  showTrail(sentence: string): void {
    setText(this.#trail, sentence);
  }

  tick(): void {
    const vehicle = this.#vehicle;
    if (vehicle === null || !this.isOpen) return;
    const nowMs = this.#store.serverNowMs();
    const name = displayName(vehicle);
    setText(this.#name, name);
    setText(this.#registration, vehicle.registration === name ? "" : (vehicle.registration ?? ""));
    setText(this.#headline, headline(vehicle));
    setText(this.#since, sinceLine(vehicle, nowMs));
    this.#showIcon(vehicle);
    this.#showFlags(vehicle.flags ?? []);
    this.#facts.show(vehicleFacts(vehicle, nowMs));
    this.#position.show(vehicle.position ? positionFacts(vehicle.position, nowMs) : new Map());
    this.#devices.show(deviceFacts(vehicle.devices ?? [], nowMs));
  }

  /** Leaves nothing of the vehicle that was shown before. */
  #clear(): void {
    for (const element of [this.#registration, this.#headline, this.#since, this.#trouble]) setText(element, "");
    this.#flags.replaceChildren();
    this.#icon.replaceChildren();
    this.#iconKey = "";
    for (const list of [this.#facts, this.#position, this.#devices]) list.show(new Map());
  }

  #showIcon(vehicle: Vehicle): void {
    const motion = motionCode(vehicle.motion?.state);
    const freshness = freshnessCode(vehicle.freshness?.state);
    if (this.#iconKey === `${motion}/${freshness}`) return;
    this.#iconKey = `${motion}/${freshness}`;
    this.#icon.replaceChildren(stateIcon(motion, freshness));
  }

  #showFlags(flags: readonly string[]): void {
    const texts = flags.map(flagText);
    if (texts.join() === [...this.#flags.children].map((item) => item.textContent).join()) return;
    this.#flags.replaceChildren(...texts.map((text) => h("li", {}, text)));
  }
}
