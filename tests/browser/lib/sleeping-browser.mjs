// A browser that can be put to sleep with all its processes, as a machine does that nobody told to
// stay awake: pages, their workers and the network stand still, and find that time has passed.

import { launch } from "./page.mjs";

export class SleepingBrowser {
  #session;
  browser;

  static async launch() {
    const sleeper = new SleepingBrowser();
    sleeper.browser = await launch();
    sleeper.#session = await sleeper.browser.newBrowserCDPSession();
    return sleeper;
  }

  /** Stops all but the first process, which is spoken to, for so long. */
  async sleep(ms) {
    const { processInfo } = await this.#session.send("SystemInfo.getProcessInfo");
    const stopped = processInfo.filter(({ type }) => type !== "browser").map(({ id }) => id);
    if (stopped.length === 0) throw new Error("the browser has no process but its first");
    stopped.forEach((id) => process.kill(id, "SIGSTOP"));
    try {
      await new Promise((resolve) => setTimeout(resolve, ms));
    } finally {
      stopped.forEach((id) => process.kill(id, "SIGCONT"));
    }
  }
}
