// The parts of the view that the map and the selection are, as they stand in an address.

import type { Map as MapLibre } from "maplibre-gl";
import type { TimeTravel } from "./time-travel.ts";
import type { ViewPart } from "./view-url.ts";

const ZOOM_DIGITS = 2;
const PLACE_DIGITS = 5;
const MOST_ZOOM = 20;
const MOST_LAT_DEG = 85.06;
const MAP = /^(\d{1,2}(?:\.\d{1,6})?)\/(-?\d{1,2}(?:\.\d{1,9})?)\/(-?\d{1,3}(?:\.\d{1,9})?)$/;
const MOST_ID_LENGTH = 200;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/;

/** `map`: zoom, latitude and longitude of the middle. */
export function mapPart(map: MapLibre, onPlaced: () => void): ViewPart {
  return {
    name: "map",
    encode: () => {
      const { lng, lat } = map.getCenter().wrap();
      return `${map.getZoom().toFixed(ZOOM_DIGITS)}/${lat.toFixed(PLACE_DIGITS)}/${lng.toFixed(PLACE_DIGITS)}`;
    },
    decode: (text) => {
      const [zoom, latDeg, lngDeg] = (MAP.exec(text ?? "") ?? []).slice(1).map(Number);
      if (zoom === undefined || latDeg === undefined || lngDeg === undefined) return;
      if (zoom > MOST_ZOOM || Math.abs(latDeg) > MOST_LAT_DEG || Math.abs(lngDeg) > 180) return;
      onPlaced();
      map.jumpTo({ center: [lngDeg, latDeg], zoom });
    },
  };
}

/** `vehicle`: the id of the selected one. */
export function vehiclePart(selectedId: () => string | undefined, select: (id: string | null) => void): ViewPart {
  return {
    name: "vehicle",
    encode: () => selectedId() ?? null,
    decode: (text) => {
      if (text === null) return select(null);
      const id = idOf(text);
      if (id !== null) select(id);
    },
  };
}

/** `at`: the time of the past that is shown, in UTC. */
export function timePart(travel: TimeTravel): ViewPart {
  return {
    name: "at",
    encode: () => (travel.isOn ? new Date(Math.floor(travel.wantedMs / 1_000) * 1_000).toISOString().replace(".000Z", "Z") : null),
    decode: (text) => {
      if (text === null) return travel.stop();
      const atMs = TIME.test(text) ? Date.parse(text) : NaN;
      if (Number.isNaN(atMs)) return;
      if (travel.isOn) travel.go(atMs);
      else travel.start(atMs);
    },
  };
}

/** An id out of an address; null where it can be none. */
export function idOf(text: string): string | null {
  return text === "" || text.length > MOST_ID_LENGTH || /[\u0000-\u001f\u007f]/.test(text) ? null : text;
}
