// What a display shows that is not let in: a code that can be read across a room, the address to
// enter it at, and how long it is good. It needs nobody to touch it, and never asks for a password.

import { shownCode } from "../access/codes.ts";
import { byId, h, setText } from "../ui/dom.ts";
import { shiftAgainstBurnIn } from "../ui/unattended.ts";
import { pair } from "./pairing.ts";
import { qrPicture } from "./qr.ts";
import { words } from "../words/words.ts";

const ADMISSION_PATH = "/displays";
const TICK_MS = 500;

/** Covers the page until the display is let in, then loads it anew. `reason` says why it is here. */
export function showPairing(reason: string | null): void {
  const code = h("p", { class: "pairing-code", translate: "no" });
  const qr = h("div", { class: "pairing-scan" });
  const bar = h("div", { class: "pairing-bar", "aria-hidden": "true" }, h("span"));
  const left = h("p", { class: "pairing-left" });
  const trouble = h("p", { class: "pairing-trouble", role: "status" });
  const address = h("strong", { translate: "no" }, location.host + ADMISSION_PATH);
  const card = h(
    "div",
    { class: "pairing-card" },
    h("h1", {}, words.pairing.title),
    reason === null ? null : h("p", { class: "pairing-reason", role: "status" }, reason),
    h("p", { class: "pairing-how" }, words.pairing.open, address, words.pairing.andEnter),
    h("div", { class: "pairing-main" }, code, qr),
    h("div", { class: "pairing-foot" }, bar, left, trouble),
  );
  cover(card);
  let span: { startMs: number; endMs: number } | null = null;
  setInterval(tick, TICK_MS);
  addEventListener("resize", () => fit(code));
  void document.fonts.ready.then(() => fit(code));
  void pair({
    onCode: (fresh, endMs) => {
      span = { startMs: performance.now(), endMs };
      setText(code, shownCode(fresh));
      qr.replaceChildren(qrPicture(`${location.origin}${ADMISSION_PATH}#code=${fresh}`), h("p", {}, words.pairing.scan));
      fit(code);
      tick();
    },
    onTrouble: (text) => setText(trouble, text ?? ""),
    onPaired: () => {
      setText(left, words.pairing.letIn);
      location.reload();
    },
  });

  function tick(): void {
    if (span === null) return;
    const leftMs = Math.max(0, span.endMs - performance.now());
    setText(left, leftMs === 0 ? words.pairing.newCodeComes : words.pairing.newCodeIn(countdownText(leftMs)));
    bar.style.setProperty("--left", String(leftMs / (span.endMs - span.startMs)));
    // A code that is no longer good must not be copied off the wall.
    card.classList.toggle("is-over", leftMs === 0);
  }
}

/** Something to say while nothing else can be shown. */
export function showWaiting(text: string): void {
  cover(h("div", { class: "pairing-card" }, h("h1", {}, "Fleetglass"), h("p", { class: "pairing-how", role: "status" }, text)));
}

function cover(card: HTMLElement): void {
  const element = byId("pairing");
  element.replaceChildren(card);
  element.hidden = false;
  for (const other of document.querySelectorAll<HTMLElement>("body > main, body > header")) other.hidden = true;
  shiftAgainstBurnIn(card);
}

/** Makes a code of wide letters fit beside the picture. */
function fit(code: HTMLElement): void {
  code.style.setProperty("--fit", "1");
  code.style.setProperty("--fit", String(Math.min(1, code.clientWidth / code.scrollWidth)));
}

function countdownText(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
