// Of a large fleet not every vehicle is drawn by itself: an alarm of one that stands in a disc of
// many has a mark of its own, where it was raised.

import { Marker } from "maplibre-gl";
import type { Map as MapLibre } from "maplibre-gl";
import type { AlarmObject } from "../protocol.ts";
import { severityIcon } from "./alarm-icons.ts";
import { subjectText } from "./alarm-words.ts";
import { h } from "./dom.ts";
import { words } from "../words/words.ts";

const MOST_SPOTS = 50;

export class AlarmSpots {
  #map: MapLibre;
  #onShow: (alarm: AlarmObject) => void;
  #markers = new Map<string, Marker>();

  constructor(map: MapLibre, onShow: (alarm: AlarmObject) => void) {
    this.#map = map;
    this.#onShow = onShow;
  }

  /** Those without a marker of their vehicle, the worst first. */
  show(alarms: readonly AlarmObject[]): void {
    const wanted = new Map(alarms.filter(({ position }) => position !== undefined).slice(0, MOST_SPOTS).map((alarm) => [alarm.id, alarm]));
    for (const [id, marker] of this.#markers) {
      if (wanted.has(id)) continue;
      marker.remove();
      this.#markers.delete(id);
    }
    for (const [id, alarm] of wanted) {
      const { lng_deg, lat_deg } = alarm.position!;
      const marker = this.#markers.get(id) ?? this.#create(alarm);
      marker.setLngLat([lng_deg, lat_deg]).addTo(this.#map);
      this.#markers.set(id, marker);
    }
  }

  #create(alarm: AlarmObject): Marker {
    const text = `${words.severity[alarm.severity]}: ${alarm.rule.name}, ${subjectText(alarm)}`;
    const element = h("button", { type: "button", class: "alarm-spot", title: text, "aria-label": text }, severityIcon(alarm.severity));
    element.addEventListener("click", (event) => {
      event.stopPropagation();
      this.#onShow(alarm);
    });
    return new Marker({ element });
  }
}
