// What is done to them, one after the other: each breaks something as it breaks in the field, and
// mends it. Whether all came back is asked afterwards.

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Longer than a silence that a page bears, shorter than the veil. */
const CUT_MS = 15_000;
const VENDOR_AWAY_MS = 12_000;

/** Those that come again and again. */
export const FAULTS = [
  {
    name: "network cut",
    async run({ network }) {
      network.cut();
      await pause(CUT_MS);
      network.mend();
    },
  },
  { name: "graphics context lost", run: (stage) => Promise.all(stage.pages.map(loseGraphics)) },
  {
    name: "feed down",
    async run(stage) {
      await stage.setFault({ vendor: "mycartracks", fault: "cut" });
      await pause(VENDOR_AWAY_MS);
      await stage.clearFaults();
    },
  },
  {
    name: "sockets half open",
    async run({ network }) {
      network.strand();
      await pause(CUT_MS);
    },
  },
  {
    name: "panic buttons",
    async run(stage) {
      await stage.setFault({ vendor: "cartrack", fault: "panic" });
      await pause(VENDOR_AWAY_MS);
      await stage.clearFaults();
    },
  },
  { name: "connections reset", run: async ({ network }) => network.reset() },
  {
    name: "vendor talks garbage",
    async run(stage) {
      await stage.setFault({ vendor: "all", fault: "garbage" });
      await pause(VENDOR_AWAY_MS);
      await stage.clearFaults();
    },
  },
];

/** Those that end a server's life, with when: so seldom that what it holds can be judged between. */
export const RESTARTS = [
  {
    atShare: 0.12,
    name: "server restarted",
    async run(stage) {
      await stage.stopServer();
      await stage.startServer();
    },
  },
  {
    atShare: 0.55,
    name: "server killed",
    async run(stage) {
      await stage.killServer();
      await pause(CUT_MS);
      await stage.startServer();
    },
  },
];

function loseGraphics(page) {
  return page.evaluate(() => {
    for (const canvas of document.querySelectorAll("#map canvas:not(.cluster-canvas)")) {
      const loss = canvas.getContext("webgl2")?.getExtension("WEBGL_lose_context");
      loss?.loseContext();
      setTimeout(() => loss?.restoreContext(), 100);
    }
  });
}
