// What a display can be told from a desk; `obey` of `wall-map.ts` does it.

import type { DisplayTold } from "../protocol.ts";
import { setText } from "../ui/dom.ts";

/** How long a display says its own name. */
const IDENTIFIES_FOR_S = 20;

export type DisplayCommand =
  /** Scenes as `scene.ts` reads them, in place of all before. */
  | { do: "scenes"; scenes: unknown }
  | { do: "scene"; name: string }
  | { do: "dim"; pct: number }
  /** Large over the map, for so long: also its own name, so that it can be told from its neighbour. */
  | { do: "message"; text: string; forS: number }
  | { do: "reload" };

/** The command as the server sent it; null where this page knows no such thing. */
export function commandOf({ do: what, scenes, pct, name, text, for_s: forS }: DisplayTold): DisplayCommand | null {
  switch (what) {
    case "scenes":
      return { do: "scenes", scenes };
    case "scene":
      return name === undefined ? null : { do: "scene", name };
    case "dim":
      return pct === undefined ? null : { do: "dim", pct };
    case "identify":
      return { do: "message", text: text ?? "", forS: IDENTIFIES_FOR_S };
    case "message":
      return { do: "message", text: text ?? "", forS: forS ?? IDENTIFIES_FOR_S };
    case "reload":
      return { do: "reload" };
    default:
      return null;
  }
}

/** A few words over the map, which go by themselves. */
export class LargeMessage {
  #place: HTMLElement;
  #untilMs = -Infinity;

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  show(text: string, untilMs: number): void {
    this.#untilMs = untilMs;
    setText(this.#place, text);
    this.#place.hidden = text === "";
  }

  tick(nowMs: number): void {
    if (!this.#place.hidden && nowMs >= this.#untilMs) this.#place.hidden = true;
  }
}
