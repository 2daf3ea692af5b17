// What the bundler puts in: addresses of files that it does not bundle, and hashed file names.

/** The live worker's hashed address. */
declare const LIVE_WORKER_URL: string;
/** The hashed address of the worker that asks for a graphics context. */
declare const GRAPHICS_WORKER_URL: string;
/** MapLibre's own worker's hashed address. */
declare const MAPLIBRE_WORKER_URL: string;

declare module "*.woff2" {
  const url: string;
  export default url;
}

declare module "*.svg" {
  const url: string;
  export default url;
}
