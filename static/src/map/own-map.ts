// The operator's own map: a style on another host, or a PMTiles file that our server serves. The
// generators for the latter are large and loaded only where needed.

import type { StyleSpecification } from "maplibre-gl";
import { absoluteUrl } from "../page/boot.ts";
import type { MapBoot } from "../page/boot.ts";
import { REGULAR, SEMIBOLD } from "./fonts.ts";

/** How long a foreign style may take to answer before the embedded one steps in. */
export const FOREIGN_STYLE_TIMEOUT_MS = 8_000;

interface TileJson {
  tiles: string[];
  attribution?: string;
  minzoom?: number;
  maxzoom?: number;
  vector_layers?: { id: string }[];
}

/** Fetches the style at a foreign address; fails where it does not come in time. */
export async function foreignStyle(styleUrl: string): Promise<StyleSpecification> {
  const response = await fetch(styleUrl, { signal: AbortSignal.timeout(FOREIGN_STYLE_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`the map style answered ${response.status}`);
  const style = (await response.json()) as StyleSpecification;
  return withAbsoluteUrls(style, styleUrl);
}

/** A style for the operator's tiles, by the schema they name or seem to have. */
export async function pmtilesStyle(boot: MapBoot, isDark: boolean): Promise<StyleSpecification> {
  const response = await fetch(boot.tileJsonUrl ?? "/tiles.json", { signal: AbortSignal.timeout(FOREIGN_STYLE_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`the operator's tiles answered ${response.status}`);
  const tileJson = (await response.json()) as TileJson;
  const schema = boot.schema ?? guessSchema(tileJson);
  return ownSourcesOnly(await generate(schema, isDark), tileJson);
}

/** Shortbread unless layers say otherwise. */
export function guessSchema(tileJson: TileJson): string {
  const layers = new Set((tileJson.vector_layers ?? []).map((layer) => layer.id));
  if (layers.has("transportation") || layers.has("landcover")) return "openmaptiles";
  if (layers.has("earth") || layers.has("roads")) return "protomaps";
  return "shortbread";
}

async function generate(schema: string, isDark: boolean): Promise<StyleSpecification> {
  const theme = isDark ? "gray-dark" : "gray";
  if (schema === "openmaptiles") {
    const { omt } = await import("@versatiles/style/omt");
    return omt({ theme });
  }
  if (schema === "protomaps") {
    const { protomaps } = await import("@versatiles/style/protomaps");
    return protomaps({ theme, urls: { protomaps: absoluteUrl("/tiles.json") } });
  }
  const { osm } = await import("@versatiles/style");
  return osm({ theme });
}

/**
 * Points a generated style at our tiles, and takes out what would be fetched elsewhere: glyphs,
 * sprites, and the icons and patterns that need them. Text comes from our fonts.
 */
function ownSourcesOnly(style: StyleSpecification, tileJson: TileJson): StyleSpecification {
  const { glyphs: _glyphs, sprite: _sprite, sky: _sky, projection: _projection, ...rest } = style;
  const source = {
    type: "vector",
    tiles: tileJson.tiles.map(absoluteUrl),
    minzoom: tileJson.minzoom ?? 0,
    maxzoom: tileJson.maxzoom ?? 14,
    attribution: tileJson.attribution ?? "",
  };
  const sources = Object.fromEntries(Object.keys(style.sources).map((id) => [id, source]));
  const layers = style.layers.filter((layer) => !("paint" in layer && layer.paint && "fill-pattern" in layer.paint));
  for (const layer of layers) {
    if (layer.type === "symbol" && layer.layout) delete layer.layout["icon-image"];
  }
  const fonts = { noto_sans_regular: REGULAR, noto_sans_bold: SEMIBOLD };
  return { ...rest, sources, layers, "font-faces": fonts } as unknown as StyleSpecification;
}

function withAbsoluteUrls(style: StyleSpecification, styleUrl: string): StyleSpecification {
  const absolute = (url: string) => new URL(url, styleUrl).href.replaceAll("%7B", "{").replaceAll("%7D", "}");
  if (style.glyphs) style.glyphs = absolute(style.glyphs);
  if (typeof style.sprite === "string") style.sprite = absolute(style.sprite);
  for (const source of Object.values(style.sources)) {
    if ("url" in source && typeof source.url === "string") source.url = absolute(source.url);
    if ("tiles" in source && source.tiles) source.tiles = source.tiles.map(absolute);
  }
  return style;
}
