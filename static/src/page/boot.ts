// What the server tells the page when it serves it: plain data in one attribute, no script.

export interface Boot {
  /** Names the server's build; another one in `hello` means this page is old. */
  build: string;
  map: MapBoot;
}

export interface MapBoot {
  kind: "builtin" | "style" | "pmtiles";
  /** The embedded basemap's tiles, always there to fall back on. */
  builtinTiles: string;
  builtinAttribution: string;
  /** Of a foreign style (`style`). */
  styleUrl?: string;
  /** Of the operator's own tiles (`pmtiles`): TileJSON. */
  tileJsonUrl?: string;
  /** No name on the built-in map is smaller; said by the page, not by the server. */
  leastTextPx?: number;
  /** shortbread, openmaptiles or protomaps; guessed where absent. */
  schema?: string;
}

export function readBoot(): Boot {
  const text = document.documentElement.dataset["boot"];
  if (text === undefined) throw new Error("the page carries no boot data");
  return JSON.parse(text) as Boot;
}

/** The server's build now: of a page that is open for days it may be another one than its own. */
export async function fetchBuild(): Promise<string | null> {
  const response = await fetch(new URL(location.pathname, location.origin), { cache: "no-store" }).catch(() => null);
  if (response?.ok !== true) return null;
  const shell = new DOMParser().parseFromString(await response.text(), "text/html");
  const text = shell.documentElement.dataset["boot"];
  return text === undefined ? null : (JSON.parse(text) as Boot).build;
}

/** Makes an address of this server absolute, as workers and renderers need it. */
export function absoluteUrl(path: string): string {
  // Braces of a tile template must survive.
  return new URL(path, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}");
}

export function liveUrl(): string {
  const url = new URL("/api/v1/live", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
