// Which map lies behind the vehicles: the operator's own where it can be had, else the embedded
// one. A foreign style that does not come, or comes broken, must not leave a blank screen.

import type { Map as MapLibre, StyleSpecification } from "maplibre-gl";
import { absoluteUrl } from "../page/boot.ts";
import type { MapBoot } from "../page/boot.ts";
import { BUILTIN_DETAIL_ZOOM, builtinStyle } from "./builtin-style.ts";
import { withLeastText } from "./least-text.ts";
import { FOREIGN_STYLE_TIMEOUT_MS, foreignStyle, pmtilesStyle } from "./own-map.ts";
import { isDark } from "./theme.ts";
import { words } from "../words/words.ts";

export interface BasemapEvents {
  /** A sentence for people, or the empty string. */
  onNotice(notice: string): void;
}

export class Basemap {
  /** What is on the screen now. */
  kind: MapBoot["kind"] = "builtin";
  #map: MapLibre;
  #boot: MapBoot;
  #events: BasemapEvents;
  #hasFailed = false;

  constructor(map: MapLibre, boot: MapBoot, events: BasemapEvents) {
    this.#map = map;
    this.#boot = boot;
    this.#events = events;
    map.on("zoomend", () => this.#notice());
  }

  /** The embedded style in the present theme; what the map starts with. */
  static builtin(boot: MapBoot): StyleSpecification {
    return withLeastText(builtinStyle(isDark(), absoluteUrl(boot.builtinTiles), boot.builtinAttribution), boot.leastTextPx ?? 0);
  }

  /** Loads the style for the present theme. */
  async load(): Promise<void> {
    if (this.#boot.kind === "builtin" || this.#hasFailed) {
      this.#showBuiltin();
      return;
    }
    try {
      const style = await this.#ownStyle();
      await this.#show(style);
      this.kind = this.#boot.kind;
    } catch {
      this.#hasFailed = true;
      this.#showBuiltin();
    }
    this.#notice();
  }

  #ownStyle(): Promise<StyleSpecification> {
    const { kind, styleUrl } = this.#boot;
    if (kind === "style" && styleUrl !== undefined) return foreignStyle(styleUrl);
    return pmtilesStyle(this.#boot, isDark());
  }

  /** Resolves once the map has taken the style; fails where it refuses it or takes too long. */
  #show(style: StyleSpecification): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the style did not load in time")), FOREIGN_STYLE_TIMEOUT_MS);
      this.#map.once("style.load", () => {
        clearTimeout(timer);
        resolve();
      });
      try {
        this.#map.setStyle(style, { diff: false });
      } catch (error) {
        clearTimeout(timer);
        reject(error);
      }
    });
  }

  #showBuiltin(): void {
    this.kind = "builtin";
    this.#map.setStyle(Basemap.builtin(this.#boot), { diff: false });
    this.#notice();
  }

  #notice(): void {
    const failed = this.#hasFailed ? words.basemap.failed : "";
    const isCoarse = this.kind === "builtin" && this.#map.getZoom() > BUILTIN_DETAIL_ZOOM;
    this.#events.onNotice([failed, isCoarse ? words.basemap.coarse : ""].filter((text) => text !== "").join(" "));
  }
}
