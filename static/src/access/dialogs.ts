// Dialogs: a question before what cannot be undone, a form over the list, a secret that is shown
// once. They are the browser's own, which keep the focus inside and give it back.

import { h } from "../ui/dom.ts";
import { Notice, button, form, uniqueId } from "./parts.ts";
import { words } from "../words/words.ts";

/** Asks; true where it was agreed to. The safe answer has the focus. */
export function confirm(title: string, text: string, agree: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { dialog, close } = opened(title, [h("p", {}, text)], () => resolve(false));
    const no = button(words.access.cancel, "plain", close);
    const yes = button(agree, "danger", () => {
      resolve(true);
      close();
    });
    dialog.append(h("div", { class: "dialog-foot" }, no, yes));
    no.focus();
  });
}

/** A form in a dialog; `send` does the work, and the dialog stays where it fails. */
export function formDialog(title: string, content: Node[], agree: string, send: (notice: Notice) => Promise<boolean>): void {
  const notice = new Notice();
  const foot = h("div", { class: "dialog-foot" });
  const body = form([...content, notice.element, foot], notice, async () => {
    if (await send(notice)) close();
  });
  const { close } = opened(title, [body]);
  foot.append(button(words.access.cancel, "plain", close), button(agree, "primary"));
  body.querySelector<HTMLElement>("input:not([disabled]), select")?.focus();
}

/** Shows a secret the only time that it can be shown, with a button that copies it. */
export function showOnce(title: string, text: string, secret: string): void {
  const shown = h("input", { type: "text", readonly: "", class: "secret", "aria-label": title, value: secret });
  const said = h("p", { class: "notice", role: "status", "data-kind": "news" });
  const copy = button(words.access.copy, "primary", async () => {
    said.textContent = (await copied(shown)) ? words.access.copied : words.access.copyByHand;
  });
  shown.addEventListener("focus", () => shown.select());
  const { dialog, close } = opened(title, [h("p", {}, text), h("div", { class: "once" }, shown, copy), said]);
  dialog.append(h("div", { class: "dialog-foot" }, button(words.access.done, "plain", close)));
  copy.focus();
}

async function copied(field: HTMLInputElement): Promise<boolean> {
  const isCopied = await (navigator.clipboard?.writeText(field.value) ?? Promise.reject()).then(() => true, () => false);
  if (isCopied) return true;
  // Without a secure context there is only the old way.
  field.focus();
  field.select();
  return document.execCommand("copy");
}

function opened(title: string, content: Node[], onClose: () => void = () => {}): { dialog: HTMLDialogElement; close: () => void } {
  const id = uniqueId("dialog");
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": id }, h("h2", { id }, title), ...content);
  dialog.addEventListener("close", () => {
    dialog.remove();
    onClose();
  });
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, close: () => dialog.close() };
}
