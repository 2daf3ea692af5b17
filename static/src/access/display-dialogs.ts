// What a display is told that needs more than a press: a message, one of its scenes, how dark it is,
// and which scenes it shows from now on.

import { MOST_DIM_PCT, MOST_MESSAGE, orderDisplay, putDisplay } from "../page/displays.ts";
import type { Display } from "../page/displays.ts";
import type { KeptScene } from "../page/scenes.ts";
import { h, setText } from "../ui/dom.ts";
import { orToLogin } from "./api.ts";
import { formDialog } from "./dialogs.ts";
import { titleOf } from "./display-words.ts";
import { field, refuse, select, textInput, uniqueId } from "./parts.ts";
import { SceneOrder } from "./scene-order.ts";
import { words } from "../words/words.ts";

const DIM_STEP_PCT = 5;

/** Called with what is to be said once it is done. */
export type Done = (text: string) => Promise<void>;

export function askMessage({ id, name }: Display, done: Done): void {
  const text = textInput({ maxlength: String(MOST_MESSAGE), autocapitalize: "sentences", spellcheck: "true" });
  const forS = select(words.displayDialogs.spans, "60");
  formDialog(titleOf(words.displays.message, name), [field(words.displayDialogs.text, text, words.displayDialogs.textNote), field(words.displayDialogs.for, forS)], words.displayDialogs.send, async (notice) => {
    if (text.value.trim() === "") {
      refuse(notice, text, words.displayDialogs.noText);
      return false;
    }
    await orToLogin(orderDisplay(id, { do: "message", text: text.value.trim(), for_s: Number(forS.value) }));
    await done(words.displayDone.message(name));
    return true;
  });
}

export function askScene({ id, name }: Display, sceneNames: readonly string[], done: Done): void {
  const choice = select(sceneNames.map((scene) => [scene, scene] as const));
  formDialog(titleOf(words.displays.show, name), [field(words.displayDialogs.scene, choice, words.displayDialogs.sceneNote)], words.displayDialogs.showIt, async () => {
    await orToLogin(orderDisplay(id, { do: "scene", name: choice.value }));
    await done(words.displayDone.scene(name, choice.value));
    return true;
  });
}

export function askDim(display: Display, done: Done): void {
  const { id, name } = display;
  const range = h("input", { type: "range", min: "0", max: String(MOST_DIM_PCT), step: String(DIM_STEP_PCT) });
  range.value = String(display.dim_pct);
  const reading = h("output", { class: "dim-reading" });
  const show = () => setText(reading, `${range.value} %`);
  range.addEventListener("input", show);
  show();
  const kept = radio(words.displayDialogs.dimKept, true);
  const now = radio(words.displayDialogs.dimNow, false);
  kept.input.name = now.input.name = uniqueId("dim");
  // What is there only for now takes a display that is there.
  now.input.disabled = !display.is_connected;
  const span = h("fieldset", {}, h("legend", {}, words.displayDialogs.dimFor), kept.element, now.element);
  formDialog(titleOf(words.displays.dimming, name), [field(words.displayDialogs.dim, range, words.displayDialogs.dimNote), reading, span], words.displayDialogs.dimIt, async () => {
    const pct = Number(range.value);
    await orToLogin(kept.input.checked ? putDisplay(id, { ...display, dim_pct: pct }) : orderDisplay(id, { do: "dim", pct }));
    await done(words.displayDone.dim(name, pct));
    return true;
  });
}

export function askScenes(display: Display, scenes: readonly KeptScene[], done: Done): void {
  const { id, name } = display;
  const order = new SceneOrder(scenes, display.scenes);
  formDialog(titleOf(words.displays.assign, name), [order.element], words.displayDialogs.save, async () => {
    await orToLogin(putDisplay(id, { ...display, scenes: [...order.ids] }));
    await done(words.displayDone.assign(name, order.ids.length));
    return true;
  });
}

function radio(text: string, isChecked: boolean): { element: HTMLElement; input: HTMLInputElement } {
  const input = h("input", { type: "radio" });
  input.checked = isChecked;
  return { element: h("label", { class: "choice" }, input, h("span", {}, text)), input };
}
