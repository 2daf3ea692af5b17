// MapLibre (6.17) takes the map's style away with a lost graphics context and makes a new one, but
// goes on holding the old: it is still on the list of who is told of letters that run from right to
// left. That is half a megabyte for each loss, on a screen that may see many; so the rest of its own
// tidying is done here.

import type { Map as MapLibre } from "maplibre-gl";

/** Private to the library: where a later one has no such thing, nothing is done. */
interface Tidied {
  _remove?(isMapRemoved: boolean): void;
}

/** Lets go of styles that were lost; to be called once for a map. */
export function forgetLostStyles(map: MapLibre): void {
  let lost: Tidied | null = null;
  // Before the map's own handler, which forgets which one it was.
  map.getCanvas().addEventListener("webglcontextlost", () => (lost = map.style), { capture: true });
  map.on("webglcontextlost", () => {
    if (lost !== null && lost !== map.style) lost._remove?.(false);
    lost = null;
  });
}
