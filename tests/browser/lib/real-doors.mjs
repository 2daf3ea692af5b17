// A real server that wants a sign-in, on a fleet of the simulator's, and pages opened on it by
// people and displays that each have a browser of their own.
//
// With FLEETGLASS_PICTURES=folder each page that a test names is kept there, in light and in dark,
// for somebody to look at.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { launch, open } from "./page.mjs";
import { startServer, startSimulator } from "./server.mjs";

const PICTURES = process.env.FLEETGLASS_PICTURES;
const LINK_TIMEOUT_MS = 10_000;

export class RealDoors {
  #browser;
  #folder;
  server;

  /** `more` follows `[access]` in the configuration. */
  static async open(more = "") {
    const doors = new RealDoors();
    const simulator = await startSimulator("--vehicles", "40");
    doors.#folder = fs.mkdtempSync(path.join(os.tmpdir(), "fleetglass-browser-"));
    const config = path.join(doors.#folder, "fleetglass.toml");
    fs.writeFileSync(config, configuration(simulator.env, more));
    const state = path.join(doors.#folder, "state");
    doors.server = await startServer(["serve", "--config", config, "--listen", "127.0.0.1:0", "--state-dir", state], simulator.env);
    doors.#browser = await launch();
    return doors;
  }

  async close() {
    await this.#browser?.close();
    if (this.#folder) fs.rmSync(this.#folder, { recursive: true });
  }

  url(path) {
    return new URL(path, this.server.url).href;
  }

  /** The first administrator's link, as the server tells its operator where there is no terminal. */
  async firstLink() {
    const file = path.join(this.#folder, "state", "first-administrator-link");
    const endMs = Date.now() + LINK_TIMEOUT_MS;
    for (;;) {
      const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
      const found = /^http:\S+\/(invitation#fg_invite_\S+)\n$/.exec(text);
      if (found) return found[1];
      if (Date.now() > endMs) throw new Error(`no link was told:\n${this.server.log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** A browser of its own, on this page. */
  browser(path, options = {}) {
    return open(this.#browser, this.url(path), options);
  }

  /** Goes on to another page in the same browser. */
  async go({ page }, path) {
    await page.goto(this.url(path));
    return page;
  }

  /** Keeps a picture of what is shown, where pictures are wanted. */
  async picture({ page }, name) {
    if (!PICTURES) return;
    fs.mkdirSync(PICTURES, { recursive: true });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(/^(wall|desk)/.test(name) ? 2_000 : 500); // colours glide, and a map is drawn anew
      await page.screenshot({ path: path.join(PICTURES, `${name}-${colorScheme}.png`), fullPage: !name.startsWith("wall") && !name.startsWith("desk") });
    }
    await page.emulateMedia({ colorScheme: null });
  }
}

function configuration(env, more) {
  return `
[access]
login = "on"
${more}

[[source]]
id = "mct"
kind = "mycartracks"
client_id_env = "MYCARTRACKS_CLIENT_ID"
client_secret_env = "MYCARTRACKS_CLIENT_SECRET"
base_url = "${env.MYCARTRACKS_BASE_URL}"
token_url = "${env.MYCARTRACKS_TOKEN_URL}"
`;
}
