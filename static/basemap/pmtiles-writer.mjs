// Writes a PMTiles v3 archive: gzipped tiles, each content once, runs of equal tiles as one
// directory entry. The same input gives the same bytes.

import zlib from "node:zlib";

const HEADER_BYTES = 127;
/** Header and root directory must fit in the first 16 KiB. */
const MOST_ROOT_BYTES = 16_384 - HEADER_BYTES;
const ENTRIES_PER_LEAF = 2048;
const GZIP = 2;
const MVT = 1;

const gzip = (bytes) => zlib.gzipSync(bytes, { level: 9 });

export class PmtilesWriter {
  #tiles = [];
  #contents = [];
  #seen = new Map();
  #bytes = 0;

  /** Adds one tile; `mvt` is its uncompressed vector tile. */
  add(zoom, x, y, mvt) {
    const key = mvt.toString("latin1");
    let place = this.#seen.get(key);
    if (!place) {
      const content = gzip(mvt);
      place = { offset: this.#bytes, length: content.length };
      this.#bytes += content.length;
      this.#contents.push(content);
      this.#seen.set(key, place);
    }
    this.#tiles.push({ id: tileId(zoom, x, y), ...place });
  }

  /** The whole archive; `metadata` becomes its JSON metadata. */
  finish({ maxZoom, metadata }) {
    const entries = this.#entries();
    const { root, leaves } = directories(entries);
    const meta = gzip(JSON.stringify(metadata));
    const body = Buffer.concat(this.#contents);
    const sections = [root, meta, leaves, body];
    const counts = [this.#tiles.length, entries.length, this.#contents.length];
    return Buffer.concat([header({ sections, counts, maxZoom }), ...sections]);
  }

  #entries() {
    const entries = [];
    for (const tile of this.#tiles.sort((a, b) => a.id - b.id)) {
      const last = entries.at(-1);
      if (last && last.offset === tile.offset && last.id + last.run === tile.id) last.run++;
      else entries.push({ ...tile, run: 1 });
    }
    return entries;
  }
}

/** The number of a tile on the Hilbert curve, counted over all zooms. */
export function tileId(zoom, tileX, tileY) {
  let [x, y] = [tileX, tileY];
  let id = (4 ** zoom - 1) / 3;
  for (let side = 2 ** (zoom - 1); side >= 1; side /= 2) {
    const right = (x & side) > 0 ? 1 : 0;
    const low = (y & side) > 0 ? 1 : 0;
    id += side * side * ((3 * right) ^ low);
    [x, y] = [x & (side - 1), y & (side - 1)];
    if (low === 0) {
      if (right === 1) [x, y] = [side - 1 - x, side - 1 - y];
      [x, y] = [y, x];
    }
  }
  return id;
}

function directories(entries) {
  const single = encodeDirectory(entries);
  if (single.length <= MOST_ROOT_BYTES) return { root: single, leaves: Buffer.alloc(0) };
  const rootEntries = [];
  const leaves = [];
  let offset = 0;
  for (let i = 0; i < entries.length; i += ENTRIES_PER_LEAF) {
    const leaf = encodeDirectory(entries.slice(i, i + ENTRIES_PER_LEAF));
    rootEntries.push({ id: entries[i].id, offset, length: leaf.length, run: 0 });
    offset += leaf.length;
    leaves.push(leaf);
  }
  return { root: encodeDirectory(rootEntries), leaves: Buffer.concat(leaves) };
}

function encodeDirectory(entries) {
  const out = [];
  pushVarint(out, entries.length);
  let lastId = 0;
  for (const { id } of entries) {
    pushVarint(out, id - lastId);
    lastId = id;
  }
  for (const { run } of entries) pushVarint(out, run);
  for (const { length } of entries) pushVarint(out, length);
  entries.forEach(({ offset }, i) => {
    const before = entries[i - 1];
    const follows = before && offset === before.offset + before.length;
    pushVarint(out, follows ? 0 : offset + 1);
  });
  return gzip(Buffer.from(out));
}

function pushVarint(out, value) {
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
}

function header({ sections: [root, meta, leaves, body], counts, maxZoom }) {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write("PMTiles", 0);
  bytes[7] = 3;
  let at = HEADER_BYTES;
  let field = 8;
  const putU64 = (value) => {
    bytes.writeBigUInt64LE(BigInt(value), field);
    field += 8;
  };
  for (const section of [root, meta, leaves, body]) {
    putU64(at);
    putU64(section.length);
    at += section.length;
  }
  counts.forEach(putU64);
  bytes[97] = GZIP; // of directories and metadata
  bytes[98] = GZIP; // of tiles
  bytes[99] = MVT;
  bytes[101] = maxZoom;
  const degreesE7 = [-180e7, -85e7, 180e7, 85e7];
  degreesE7.forEach((value, i) => bytes.writeInt32LE(value, 102 + 4 * i));
  bytes[118] = 2; // zoom of the suggested centre, at 0, 0
  return bytes;
}
