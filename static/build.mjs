// Bundles the browser code into dist/assets, every name with a hash of its content, so that the
// server may let browsers keep each file for ever. What the templates need to know stands in
// manifest.txt beside dist, a line each: logical name, path; `NAME.links`, the header by which a browser
// asks for a page's modules and letters before it has read that it needs them; and `build`, which names
// all of it.

import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { build } from "esbuild";

const OUT = "dist/assets";
const PUBLIC = "/assets";
const TARGET = ["chrome111", "firefox128", "safari17.4"];
const LETTERS = /noto-sans-latin-(400|600)-normal-/;
const MAPLIBRE_WORKER = "node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs";

fs.rmSync("dist", { recursive: true, force: true });
fs.mkdirSync(OUT, { recursive: true });

const common = {
  bundle: true,
  minify: true,
  format: "esm",
  target: TARGET,
  outdir: OUT,
  publicPath: PUBLIC,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file", ".svg": "file" },
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
};

const manifest = {};
manifest["maplibre-worker.mjs"] = hashedCopy("maplibre-worker.mjs", fs.readFileSync(MAPLIBRE_WORKER));
manifest["icon.svg"] = hashedCopy("icon.svg", fs.readFileSync("icons/icon.svg"));
manifest["icon-maskable.svg"] = hashedCopy("icon-maskable.svg", fs.readFileSync("icons/icon-maskable.svg"));
manifest["app.webmanifest"] = hashedCopy("app.webmanifest", webManifest());
Object.assign(manifest, entriesOf(await build({ ...common, entryPoints: ["src/live/live-worker.ts"] })));
Object.assign(manifest, entriesOf(await build({ ...common, format: "iife", entryPoints: ["src/page/graphics-worker.ts"] })));
// A service worker is a script of the old kind: browsers load it everywhere.
Object.assign(manifest, entriesOf(await build({ ...common, format: "iife", entryPoints: ["src/wall-sw.ts"] })));
const pages = await build({
  ...common,
  entryPoints: ["src/desk.ts", "src/wall.ts", "src/access.ts", "css/desk.css", "css/wall.css", "css/access.css"],
  splitting: true,
  define: {
    LIVE_WORKER_URL: JSON.stringify(manifest["live-worker.js"]),
    GRAPHICS_WORKER_URL: JSON.stringify(manifest["graphics-worker.js"]),
    MAPLIBRE_WORKER_URL: JSON.stringify(manifest["maplibre-worker.mjs"]),
  },
});
Object.assign(manifest, entriesOf(pages));
for (const page of ["desk", "wall"]) manifest[`${page}.links`] = linksOf(pages, manifest[`${page}.js`]);
manifest.build = digest(Buffer.from(fs.readdirSync(OUT).sort().join("\n")));
const lines = Object.entries(manifest).map(([name, value]) => `${name} ${value}\n`);
fs.writeFileSync("manifest.txt", lines.join(""));

/** Logical names of a build's entry points: `src/desk.ts` is `desk.js`. */
function entriesOf({ metafile }) {
  const entries = {};
  for (const [output, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (!entryPoint || !/\.(ts|css)$/.test(entryPoint)) continue;
    const name = path.basename(entryPoint).replace(/\.ts$/, ".js");
    entries[name] = `${PUBLIC}/${path.basename(output)}`;
  }
  return entries;
}

/** What a page's script imports at once, and the letters that any page of ours has. */
function linksOf({ metafile }, script) {
  const modules = new Set();
  const visit = (output) => {
    for (const { path: imported, kind } of metafile.outputs[output].imports) {
      if (kind !== "import-statement" || modules.has(imported)) continue;
      modules.add(imported);
      visit(imported);
    }
  };
  visit(`${OUT}/${path.basename(script)}`);
  const fonts = Object.keys(metafile.outputs).filter((output) => LETTERS.test(output));
  const address = (output) => `<${PUBLIC}/${path.basename(output)}>`;
  return [
    ...Array.from(modules, (output) => `${address(output)}; rel=modulepreload`),
    ...fonts.map((output) => `${address(output)}; rel=preload; as=font; type="font/woff2"; crossorigin`),
  ].join(", ");
}

function hashedCopy(name, content) {
  const { name: stem, ext } = path.parse(name);
  const hashed = `${stem}-${digest(content)}${ext}`;
  fs.writeFileSync(path.join(OUT, hashed), content);
  return `${PUBLIC}/${hashed}`;
}

function digest(content) {
  return crypto.createHash("sha256").update(content).digest("hex").slice(0, 10);
}

function webManifest() {
  const icon = (name, purpose) => ({ src: manifest[name], sizes: "any", type: "image/svg+xml", purpose });
  return JSON.stringify({
    name: "Fleetglass",
    short_name: "Fleetglass",
    start_url: "/",
    display: "standalone",
    background_color: "#0f1720",
    theme_color: "#0f1720",
    icons: [icon("icon.svg", "any"), icon("icon-maskable.svg", "maskable")],
  });
}
