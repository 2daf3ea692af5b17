// Lets the wall's own worker stand between this address and the network, where the browser allows
// it: only where the context is secure. What it does is in `wall-sw.ts`.

const WORKER = "/wall-sw.js";
const SCOPE = "/wall";

export function keepWorker(): void {
  // A wall without one still works; a page of waiting stands in for it on a kiosk.
  if ("serviceWorker" in navigator) void navigator.serviceWorker.register(WORKER, { scope: SCOPE, updateViaCache: "none" }).catch(() => {});
}
