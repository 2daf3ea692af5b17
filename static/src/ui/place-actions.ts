// What one can do with one vehicle's place: follow it, copy its coordinates, open it in another
// map. That leaves this page, and says so; nothing is asked of the other map before.

import { h, setText } from "./dom.ts";
import { copyText } from "./copy.ts";
import { coordinatesText } from "./words.ts";
import { words } from "../words/words.ts";

const COPIED_FOR_MS = 2_000;
const DIGITS = 6;
const OSM_ZOOM = 16;

interface At {
  lat_deg: number;
  lng_deg: number;
}

export class PlaceActions {
  readonly element: HTMLElement;
  #follow = h("button", { type: "button", class: "bar-button", "aria-pressed": "false" }, words.follow.vehicle);
  #nearest = h("button", { type: "button", class: "bar-button" }, words.nearest.toVehicle);
  #copy = h("button", { type: "button", class: "bar-button" }, words.position.copy);
  #app = foreignLink(words.position.app);
  #osm = foreignLink(words.position.osm);
  #at: At | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onFollow: () => void, onNearest: () => void) {
    this.#osm.target = "_blank";
    const others = h("p", { class: "other-maps" }, `${words.position.other} `, this.#app, " · ", this.#osm);
    this.element = h("div", { class: "place-actions", hidden: "" }, h("div", { class: "place-buttons" }, this.#follow, this.#nearest, this.#copy), others);
    this.#nearest.addEventListener("click", onNearest);
    this.#follow.addEventListener("click", onFollow);
    this.#copy.addEventListener("click", () => void this.#copyPlace());
  }

  /** Shows a vehicle's place, or none. */
  show(at: At | null, isFollowing: boolean): void {
    this.#at = at;
    this.element.hidden = at === null;
    this.showFollowing(isFollowing);
    if (at === null) return;
    const [lat, lng] = [at.lat_deg.toFixed(DIGITS), at.lng_deg.toFixed(DIGITS)];
    setAddress(this.#app, `geo:${lat},${lng}`);
    setAddress(this.#osm, `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lng}#map=${OSM_ZOOM}/${lat}/${lng}`);
  }

  showFollowing(isFollowing: boolean): void {
    this.#follow.setAttribute("aria-pressed", String(isFollowing));
  }

  async #copyPlace(): Promise<void> {
    if (this.#at === null) return;
    const text = coordinatesText(this.#at.lat_deg, this.#at.lng_deg);
    const isCopied = await copyText(text);
    // Where nothing can be copied it is at least there to be read and taken.
    setText(this.#copy, isCopied ? words.position.copied : text);
    clearTimeout(this.#timer);
    if (isCopied) this.#timer = setTimeout(() => setText(this.#copy, words.position.copy), COPIED_FOR_MS);
  }
}

function foreignLink(text: string): HTMLAnchorElement {
  return h("a", { rel: "noopener noreferrer", title: words.position.leaves }, text, h("span", { class: "visually-hidden" }, ` (${words.position.leaves})`));
}

function setAddress(link: HTMLAnchorElement, address: string): void {
  if (link.getAttribute("href") !== address) link.setAttribute("href", address);
}
