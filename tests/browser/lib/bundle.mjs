// Parts of the page's own code, bundled as the page's build does it, for tests without a page.

import { createRequire } from "node:module";
import path from "node:path";

const STATIC = path.resolve(import.meta.dirname, "../../../static");
const { build } = createRequire(path.join(STATIC, "package.json"))("esbuild");

/** The bundle of what `code` exports, as text; it may import from "./src/...". */
export async function bundled(code, options = {}) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: STATIC, loader: "ts" },
    bundle: true,
    format: "esm",
    minify: true,
    target: ["chrome111", "firefox128", "safari17.4"],
    write: false,
    logLevel: "warning",
    loader: { ".woff2": "empty", ".svg": "empty" },
    ...options,
  });
  return outputFiles[0].text;
}

/** The same as a module. */
export async function imported(code) {
  return import(`data:text/javascript,${encodeURIComponent(await bundled(code))}`);
}
