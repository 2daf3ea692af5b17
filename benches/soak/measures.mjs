// What must stay flat, with its unit and by how much it may grow over the time measured: a share of
// its level, or `least` where that is more, since small numbers jump.

const HEAP = { unit: "MB", share: 0.1, least: 1 };
const DOM = { unit: "", share: 0.02, least: 20 };
const FEW = { unit: "", share: 0, least: 5 };

const PAGE = {
  heap: { ...HEAP, what: "heap after collection" },
  workerHeap: { ...HEAP, what: "worker's heap after collection" },
  nodes: { ...DOM, what: "DOM nodes" },
  listeners: { ...DOM, what: "listeners" },
  // A map keeps some tiles that it does not show.
  gpuObjects: { unit: "", share: 0.1, least: 20, what: "objects of the graphics card" },
  contexts: { unit: "", share: 0, least: 0.5, what: "graphics contexts" },
  mapSources: { unit: "", share: 0, least: 0.5, what: "sources of the map" },
};
const SERVER = {
  rss: { unit: "MB", share: 0.1, least: 10, what: "resident memory" },
  fds: { ...FEW, what: "open files" },
  threads: { unit: "", share: 0, least: 2, what: "threads" },
};

/** `{key, of, name, ...}`: `of` is whose life counts, that of a page or that of the server. */
export const MEASURES = [
  ...["wall", "desk"].flatMap((page) => Object.entries(PAGE).map(([name, measure]) => ({ key: `${page}.${name}`, of: page, ...measure, what: `${page}: ${measure.what}` }))),
  ...Object.entries(SERVER).map(([name, measure]) => ({ key: `server.${name}`, of: "server", ...measure, what: `server: ${measure.what}` })),
  { key: "browser.sockets", of: "browser", ...FEW, what: "browser: connections to the server" },
  { key: "browser.rss", of: "browser", unit: "MB", share: 0.15, least: 60, what: "browser: resident memory of all its processes" },
];
