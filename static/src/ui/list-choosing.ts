// Choosing several of the list: a click with Shift, Ctrl or Cmd, or Shift and Enter on the marked
// one, adds a vehicle to those that are kept in view instead of opening it.

/** `onChoose` is told the place in the list. */
export function chooseInList(list: HTMLElement, field: HTMLElement, onChoose: (place: number) => void): void {
  // Before the list itself hears of it.
  const options = { capture: true };
  const choose = (row: HTMLElement | null | undefined, event: Event) => {
    const place = Number(row?.dataset["place"] ?? NaN);
    if (Number.isNaN(place)) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    onChoose(place);
  };
  // Shift would mark text.
  list.addEventListener("mousedown", (event) => {
    if (isMore(event)) event.preventDefault();
  });
  list.addEventListener("click", (event) => {
    if (isMore(event)) choose((event.target as Element).closest<HTMLElement>(".row"), event);
  }, options);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.shiftKey) choose(document.getElementById(field.getAttribute("aria-activedescendant") ?? ""), event);
  }, options);
}

function isMore({ shiftKey, ctrlKey, metaKey }: MouseEvent): boolean {
  return shiftKey || ctrlKey || metaKey;
}
