// Builds the embedded basemap: packaged open data in, one PMTiles archive out. No network and no
// native tools, and the same packages give the same bytes.
//
//   node build.mjs basemap.pmtiles
//
// Natural Earth draws the coast to zoom 6, OpenStreetMap's sea polygons from zoom 7, which is the
// last: renderers enlarge its tiles, and 4096 units of a zoom 7 tile are fine enough to zoom 11.

import fs from "node:fs";
import { GeoJSONVT } from "@maplibre/geojson-vt";
import { fromGeojsonVt } from "@maplibre/vt-pbf";
import { countryLabels } from "./country-labels.mjs";
import { featureCollection } from "./geometry.mjs";
import { placeLabels } from "./places.mjs";
import { PmtilesWriter } from "./pmtiles-writer.mjs";
import { loadCities, loadCountries, loadLakes, loadLand, loadRivers, loadSeas } from "./sources.mjs";
import { seaInFrame, TILE_EXTENT, waterAroundLand } from "./water.mjs";

const MAX_ZOOM = 7;
const LAST_ZOOM_OF_NATURAL_EARTH = 6;
const ATTRIBUTION =
  '© <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a> contributors (ODbL), Natural Earth, GeoNames (CC BY 4.0)';

const [outPath] = process.argv.slice(2);
if (!outPath) {
  console.error("usage: node build.mjs OUT.pmtiles");
  process.exit(2);
}

const layers = indexLayers();
const writer = new PmtilesWriter();
for (let zoom = 0; zoom <= MAX_ZOOM; zoom++) {
  for (let x = 0; x < 2 ** zoom; x++) {
    for (let y = 0; y < 2 ** zoom; y++) {
      const content = layersOfTile(zoom, x, y);
      if (Object.keys(content).length === 0) continue;
      const mvt = Buffer.from(fromGeojsonVt(content, { version: 2, extent: TILE_EXTENT }));
      writer.add(zoom, x, y, mvt);
    }
  }
}
const archive = writer.finish({ maxZoom: MAX_ZOOM, metadata: metadata() });
fs.writeFileSync(outPath, archive);
console.log(`basemap: ${(archive.length / 1e6).toFixed(1)} MB`);

function indexLayers() {
  const countries = loadCountries();
  return {
    land: index(loadLand()),
    // geojson-vt does not simplify at its own last zoom, so the index goes one deeper.
    seas: index(loadSeas(), { tolerance: 2, maxZoom: MAX_ZOOM + 1 }),
    lakes: index(loadLakes()),
    rivers: index(loadRivers(), { tolerance: 4 }),
    borders: index(countries.borders),
    countries: index(countryLabels(countries.features), { buffer: 0 }),
    placesByZoom: indexPlaces(),
  };
}

/** One index a zoom, since a place belongs to the tiles of its first zoom and deeper only. */
function indexPlaces() {
  const places = placeLabels(loadCities(), MAX_ZOOM).features;
  return Array.from({ length: MAX_ZOOM + 1 }, (_, zoom) => {
    const shown = places.filter((place) => zoom === MAX_ZOOM || place.properties.m <= zoom);
    return index(featureCollection(shown), { maxZoom: zoom, indexMaxZoom: 0, buffer: 8 });
  });
}

function index(data, options = {}) {
  return new GeoJSONVT(data, {
    maxZoom: MAX_ZOOM,
    indexMaxZoom: 5,
    indexMaxPoints: 0,
    tolerance: 3,
    extent: TILE_EXTENT,
    buffer: 64,
    ...options,
  });
}

function layersOfTile(zoom, x, y) {
  const content = {};
  const put = (name, tile) => {
    if (tile && tile.features.length > 0) content[name] = tile;
  };
  put("water", waterOfTile(zoom, x, y));
  for (const name of ["lakes", "rivers", "borders", "countries"]) {
    put(name, layers[name].getTile(zoom, x, y));
  }
  put("places", layers.placesByZoom[zoom].getTile(zoom, x, y));
  return content;
}

function waterOfTile(zoom, x, y) {
  if (zoom <= LAST_ZOOM_OF_NATURAL_EARTH) return waterAroundLand(layers.land.getTile(zoom, x, y), 12);
  return seaInFrame(layers.seas.getTile(zoom, x, y), 6);
}

function metadata() {
  const names = ["water", "lakes", "rivers", "borders", "countries", "places"];
  return {
    name: "world",
    attribution: ATTRIBUTION,
    vector_layers: names.map((id) => ({ id, fields: {}, minzoom: 0, maxzoom: MAX_ZOOM })),
  };
}
