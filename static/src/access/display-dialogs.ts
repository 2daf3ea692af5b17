// What a display is told that needs more than a press: a message, one of its scenes, how dark it is,
// and which scenes it shows from now on.

import { MOST_DIM_PCT, MOST_MESSAGE, orderDisplay, putDisplay } from "../page/displays.ts";
import type { Display } from "../page/displays.ts";
import type { KeptScene } from "../page/scenes.ts";
import { h, setText } from "../ui/dom.ts";
import { orToLogin } from "./api.ts";
import { formDialog } from "./dialogs.ts";
import { DIALOG_WORDS, DISPLAY_WORDS, DONE_WORDS, titleOf } from "./display-words.ts";
import { field, refuse, select, textInput, uniqueId } from "./parts.ts";
import { SceneOrder } from "./scene-order.ts";

const DIM_STEP_PCT = 5;

/** Called with what is to be said once it is done. */
export type Done = (text: string) => Promise<void>;

export function askMessage({ id, name }: Display, done: Done): void {
  const text = textInput({ maxlength: String(MOST_MESSAGE), autocapitalize: "sentences", spellcheck: "true" });
  const forS = select(DIALOG_WORDS.spans, "60");
  formDialog(titleOf(DISPLAY_WORDS.message, name), [field(DIALOG_WORDS.text, text, DIALOG_WORDS.textNote), field(DIALOG_WORDS.for, forS)], DIALOG_WORDS.send, async (notice) => {
    if (text.value.trim() === "") {
      refuse(notice, text, DIALOG_WORDS.noText);
      return false;
    }
    await orToLogin(orderDisplay(id, { do: "message", text: text.value.trim(), for_s: Number(forS.value) }));
    await done(DONE_WORDS.message(name));
    return true;
  });
}

export function askScene({ id, name }: Display, sceneNames: readonly string[], done: Done): void {
  const choice = select(sceneNames.map((scene) => [scene, scene] as const));
  formDialog(titleOf(DISPLAY_WORDS.show, name), [field(DIALOG_WORDS.scene, choice, DIALOG_WORDS.sceneNote)], DIALOG_WORDS.showIt, async () => {
    await orToLogin(orderDisplay(id, { do: "scene", name: choice.value }));
    await done(DONE_WORDS.scene(name, choice.value));
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
  const kept = radio(DIALOG_WORDS.dimKept, true);
  const now = radio(DIALOG_WORDS.dimNow, false);
  kept.input.name = now.input.name = uniqueId("dim");
  // What is there only for now takes a display that is there.
  now.input.disabled = !display.is_connected;
  const span = h("fieldset", {}, h("legend", {}, DIALOG_WORDS.dimFor), kept.element, now.element);
  formDialog(titleOf(DISPLAY_WORDS.dimming, name), [field(DIALOG_WORDS.dim, range, DIALOG_WORDS.dimNote), reading, span], DIALOG_WORDS.dimIt, async () => {
    const pct = Number(range.value);
    await orToLogin(kept.input.checked ? putDisplay(id, { ...display, dim_pct: pct }) : orderDisplay(id, { do: "dim", pct }));
    await done(DONE_WORDS.dim(name, pct));
    return true;
  });
}

export function askScenes(display: Display, scenes: readonly KeptScene[], done: Done): void {
  const { id, name } = display;
  const order = new SceneOrder(scenes, display.scenes);
  formDialog(titleOf(DISPLAY_WORDS.assign, name), [order.element], DIALOG_WORDS.save, async () => {
    await orToLogin(putDisplay(id, { ...display, scenes: [...order.ids] }));
    await done(DONE_WORDS.assign(name, order.ids.length));
    return true;
  });
}

function radio(text: string, isChecked: boolean): { element: HTMLElement; input: HTMLInputElement } {
  const input = h("input", { type: "radio" });
  input.checked = isChecked;
  return { element: h("label", { class: "choice" }, input, h("span", {}, text)), input };
}
