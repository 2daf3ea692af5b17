// "Share this view": copies its link, and says so for a moment. Where a browser lets nothing be
// copied the link is shown, to be taken by hand.

import { copyText } from "./copy.ts";
import { h, setText } from "./dom.ts";
import { toolIcon } from "./tool-icons.ts";
import { words } from "../words/words.ts";

const SHOWN_FOR_MS = 4_000;

export class Share {
  readonly element = h("div", { class: "map-bar share-bar", hidden: "" });
  #text = h("p", { role: "status" });
  #field = h("input", { type: "text", readonly: "", "aria-label": words.tools.share });
  #close = h("button", { type: "button", class: "bar-button" }, words.tools.close);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.element.append(toolIcon("share"), this.#text, this.#field, this.#close);
    this.#close.addEventListener("click", () => (this.element.hidden = true));
  }

  async share(address: string): Promise<void> {
    const isCopied = await copyText(address);
    this.element.hidden = false;
    this.#field.hidden = this.#close.hidden = isCopied;
    this.#field.value = address;
    setText(this.#text, isCopied ? words.tools.shared : words.tools.notCopied);
    clearTimeout(this.#timer);
    if (isCopied) this.#timer = setTimeout(() => (this.element.hidden = true), SHOWN_FOR_MS);
    else this.#field.select();
  }
}
