// What a screen needs that nobody touches: no pointer on it, and nothing that stands on the same
// pixels for weeks.

const HIDE_POINTER_AFTER_MS = 5_000;
const SHIFT_EVERY_MS = { from: 5 * 60_000, to: 10 * 60_000 };
const SHIFT_PX = { from: 1, to: 4 };

/** Hides the pointer once it has been still for a while. */
export function hideIdlePointer(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const root = document.documentElement;
  const restart = () => {
    delete root.dataset["pointer"];
    clearTimeout(timer);
    timer = setTimeout(() => (root.dataset["pointer"] = "hidden"), HIDE_POINTER_AFTER_MS);
  };
  addEventListener("pointermove", restart, { passive: true });
  restart();
}

/** Where to move to: 1 to 4 px from where it belongs on each axis, and never where it is. */
export function nextShift(before: readonly [number, number], random: () => number): [number, number] {
  const px = () => (SHIFT_PX.from + Math.floor(random() * (SHIFT_PX.to - SHIFT_PX.from + 1))) * (random() < 0.5 ? -1 : 1);
  const [x, y] = [px(), px()];
  return x === before[0] && y === before[1] ? [-x, y] : [x, y];
}

/** Moves elements together by a few pixels now and then: a move that nobody sees. */
export function shiftAgainstBurnIn(...elements: readonly HTMLElement[]): void {
  let at: readonly [number, number] = [0, 0];
  const shiftLater = () => setTimeout(shift, SHIFT_EVERY_MS.from + Math.random() * (SHIFT_EVERY_MS.to - SHIFT_EVERY_MS.from));
  const shift = () => {
    at = nextShift(at, Math.random);
    for (const { style } of elements) style.translate = `${at[0]}px ${at[1]}px`;
    shiftLater();
  };
  shiftLater();
}
