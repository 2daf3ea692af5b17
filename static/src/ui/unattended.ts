// What a screen needs that nobody touches: no pointer on it, and nothing bright that stands on the
// same pixels for weeks.

const HIDE_POINTER_AFTER_MS = 5_000;
const SHIFT_EVERY_MS = 6 * 60_000;
const LARGEST_SHIFT_PX = 4;

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

/** Moves an element by a few pixels now and then. */
export function shiftAgainstBurnIn(element: HTMLElement): void {
  const shift = () => {
    const px = () => Math.round((Math.random() * 2 - 1) * LARGEST_SHIFT_PX);
    element.style.translate = `${px()}px ${px()}px`;
  };
  setInterval(shift, SHIFT_EVERY_MS);
}
