// Reads the places with a name out of the tiles of the embedded basemap; loaded only where somebody
// searches for one.

import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";

const LAYER = "places";
const TIMEOUT_MS = 15_000;

export interface NamedPlace {
  name: string;
  population: number;
  lngLatDeg: [number, number];
}

/** The places of a tile; none where the basemap has no such tile. Fails where nobody answers. */
export async function placesOfTile(url: string, z: number, x: number, y: number): Promise<NamedPlace[]> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (response.status === 204 || response.status === 404) return [];
  if (!response.ok) throw new Error(`tile: ${response.status}`);
  const layer = new VectorTile(new PbfReader(new Uint8Array(await response.arrayBuffer()))).layers[LAYER];
  const places: NamedPlace[] = [];
  for (let i = 0; i < (layer?.length ?? 0); i++) {
    const feature = layer!.feature(i).toGeoJSON(x, y, z);
    const { n: name, p: population } = feature.properties ?? {};
    if (typeof name !== "string" || feature.geometry.type !== "Point") continue;
    const [lngDeg, latDeg] = feature.geometry.coordinates as [number, number];
    places.push({ name, population: typeof population === "number" ? population : 0, lngLatDeg: [lngDeg, latDeg] });
  }
  return places;
}
