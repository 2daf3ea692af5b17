// Cities and towns, each with the first zoom at which it may be shown, so that low zooms carry
// few of them and the tiles stay small: at each zoom the more important place wins its cell.

import { feature, featureCollection, mercator } from "./geometry.mjs";

const CAPITAL = "PPLC";
const QUARTER = "PPLX";
const LEAST_POPULATION = 500;
const FIRST_ZOOM = 2;
const FIRST_ZOOM_OF_CAPITALS = 4;
/** Least population shown at each zoom. */
const LEAST_POPULATION_AT_ZOOM = [0, 0, 2e6, 8e5, 3e5, 1e5, 2e4, 3000, 0, 0, 0];

/** Points with `n` name, `p` population, `m` first zoom, `c` if a capital, `x` if a quarter. */
export function placeLabels(cities, maxZoom) {
  const ranked = cities
    .filter((city) => city.population >= LEAST_POPULATION || city.featureCode === CAPITAL)
    .sort((a, b) => importance(b) - importance(a));
  const firstZooms = firstZoomsOf(ranked, maxZoom);
  return featureCollection(ranked.map((city, i) => feature(city.loc, propertiesOf(city, firstZooms[i]))));
}

function importance(city) {
  const share = city.featureCode === QUARTER ? 0.2 : 1;
  return city.population * share + (city.featureCode === CAPITAL ? 300_000 : 0);
}

function propertiesOf(city, firstZoom) {
  const properties = { n: city.name, p: city.population, m: firstZoom };
  if (city.featureCode === CAPITAL) properties.c = 1;
  if (city.featureCode === QUARTER) properties.x = 1;
  return properties;
}

function firstZoomsOf(ranked, maxZoom) {
  const firstZooms = new Array(ranked.length).fill(maxZoom + 1);
  for (let zoom = FIRST_ZOOM; zoom <= maxZoom; zoom++) {
    const grid = new SpacingGrid(zoom);
    ranked.forEach((city, i) => {
      if (firstZooms[i] < zoom) grid.occupy(city);
    });
    ranked.forEach((city, i) => {
      if (firstZooms[i] <= zoom || !isLargeEnough(city, zoom)) return;
      if (grid.isFree(city)) {
        grid.occupy(city);
        firstZooms[i] = zoom;
      }
    });
  }
  return firstZooms;
}

function isLargeEnough(city, zoom) {
  const isCapital = city.featureCode === CAPITAL && zoom >= FIRST_ZOOM_OF_CAPITALS;
  return isCapital || city.population >= LEAST_POPULATION_AT_ZOOM[zoom];
}

/** Which cells of the world, each about a label wide on the screen, hold a place already. */
class SpacingGrid {
  #cellsAcross;
  #occupied = new Set();

  constructor(zoom) {
    const cellPx = zoom < 6 ? 56 : 40;
    this.#cellsAcross = (512 * 2 ** zoom) / cellPx;
  }

  occupy(city) {
    const [x, y] = this.#cell(city);
    this.#occupied.add(x * 1e6 + y);
  }

  isFree(city) {
    const [x, y] = this.#cell(city);
    for (let dx = -1; dx <= 1; dx++) {
      for (let dy = -1; dy <= 1; dy++) {
        if (this.#occupied.has((x + dx) * 1e6 + y + dy)) return false;
      }
    }
    return true;
  }

  #cell(city) {
    return mercator(city.loc.coordinates).map((v) => Math.floor(v * this.#cellsAcross));
  }
}
