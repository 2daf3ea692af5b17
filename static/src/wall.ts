// The wall's door: a display that is let in shows the map, any other a code to be let in with. It
// never needs a click, and never shows a login form.

import { enterWith, takeToken } from "./pairing/kiosk-token.ts";
import { isSignedIn } from "./page/access-watch.ts";
import { hideIdlePointer } from "./ui/unattended.ts";
import { applySizes, sizesOf } from "./wall/sizes.ts";
import { USUAL_SCALES } from "./wall/scene.ts";
import { setupOf } from "./wall/setup.ts";
import { keepWorker } from "./wall/worker-door.ts";
import { speakChosen } from "./words/speak.ts";
import { words } from "./words/words.ts";

const token = takeToken();
await speakChosen();
const setup = setupOf(location.hash);
applySizes(sizesOf(setup, USUAL_SCALES, innerWidth, innerHeight), setup);
hideIdlePointer();
keepWorker();
void open();

async function open(): Promise<void> {
  const isRefused = token !== null && !(await enterWith(token, () => void wait()));
  // Of a server that does not say, the map is waited for: it shows that it waits.
  if ((await isSignedIn()) === false) await pairAnew(isRefused ? words.wall.refusedLink : null);
  else await showMap();
}

async function showMap(): Promise<void> {
  for (const hidden of document.querySelectorAll<HTMLElement>("body > main, body > header")) hidden.hidden = false;
  for (const cover of document.querySelectorAll<HTMLElement>("#pairing")) cover.hidden = true;
  const { whenEnded } = await import("./wall-map.ts");
  whenEnded((reason) => void pairAnew(reason));
}

async function pairAnew(reason: string | null): Promise<void> {
  const { showPairing } = await import("./pairing/pairing-screen.ts");
  showPairing(reason);
}

async function wait(): Promise<void> {
  const { showWaiting } = await import("./pairing/pairing-screen.ts");
  showWaiting(words.wall.waiting);
}
