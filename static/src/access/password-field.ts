// A password that can be looked at while it is typed: asked for once, shown on demand, since typing
// it twice blindly only teaches to take a short one.

import { h } from "../ui/dom.ts";
import { field, uniqueId } from "./parts.ts";
import { words } from "../words/words.ts";

export interface PasswordField {
  input: HTMLInputElement;
  element: HTMLElement;
}

export function passwordField(label: string, autocomplete: "current-password" | "new-password", note?: string): PasswordField {
  const input = h("input", { type: "password", id: uniqueId("password"), autocomplete, maxlength: "256", autocapitalize: "none", spellcheck: "false" });
  const show = h("button", { type: "button", class: "show", "aria-pressed": "false", "aria-controls": input.id }, words.password.show);
  show.setAttribute("aria-label", words.password.showNamed(label));
  show.addEventListener("click", () => setShown(input.type === "password"));
  const element = field(label, input, note);
  const wrap = h("div", { class: "password" });
  input.replaceWith(wrap);
  wrap.append(input, show);
  return { input, element };

  function setShown(isShown: boolean): void {
    input.type = isShown ? "text" : "password";
    show.setAttribute("aria-pressed", String(isShown));
    show.textContent = isShown ? words.password.hide : words.password.show;
  }
}
