// The desk's way to the walls: for those who may, a tool that puts the view on displays, with the
// frame on the map that shows what they will show. The desk tells what happens; what is needed of it
// is `DeskWallHost`.

import type { FleetMap } from "./map/fleet-map.ts";
import type { FreeBox } from "./map/free-box.ts";
import type { Frame } from "./map/framing.ts";
import type { Preferences } from "./page/preferences.ts";
import { fetchRights } from "./page/rights.ts";
import type { ViewPart } from "./page/view-url.ts";
import type { SideTab } from "./ui/side-panel.ts";
import { WallFrame } from "./ui/wall-frame.ts";
import { WallTab } from "./ui/wall-tab.ts";
import { frameOfArea } from "./wall/area.ts";
import { WHOLE_FLEET } from "./wall/scene.ts";
import type { Scene } from "./wall/scene.ts";
import { words } from "./words/words.ts";

const TAB = "wall";
/** In an address: the id of a scene to change, or this for one that is to be made. */
const NEW = "new";
const MOST_ZOOM = 16;

export interface DeskWallHost {
  fleetMap: FleetMap;
  preferences: Preferences;
  /** What of the fleet the page holds. */
  fleet: Parameters<typeof frameOfArea>[1];
  /** The groups that the list is filtered by. */
  groups(): readonly string[];
  freeBox(): FreeBox;
  movesSmoothly(): boolean;
  addTab(tab: SideTab, cancel: () => boolean): void;
  openTab(id: typeof TAB): void;
  addTool(icon: "wall", text: string, act: () => void, key: string): HTMLButtonElement;
}

export class DeskWall {
  #host: DeskWallHost;
  #frame: WallFrame;
  #tab: WallTab;
  #isAllowed = false;
  #isOpen = false;
  /** Of the address, or of somebody who was quicker than the server's answer. */
  #wanted: string | null = null;

  constructor(host: DeskWallHost) {
    this.#host = host;
    this.#frame = new WallFrame(host.fleetMap.map, () => host.freeBox());
    this.#tab = new WallTab({ frame: this.#frame, sceneOfView: () => this.#sceneOfView(), showArea: (scene, isAtOnce) => this.#showArea(scene, isAtOnce) });
  }

  /** Asks whether who looks may do this at all; there is nothing to be seen of it otherwise. */
  async begin(): Promise<void> {
    this.#isAllowed = (await fetchRights()).mayChange;
    if (!this.#isAllowed) return;
    this.#host.addTab({ id: TAB, title: words.wallTab.title, element: this.#tab.element, onShow: () => void this.#tab.load(), onHide: () => void this.#tab.cancel() }, () => this.#tab.cancel());
    this.#host.addTool("wall", words.wallTab.putKey, () => this.put(), "w");
    this.#takeWanted();
  }

  /** The fleet is there. */
  open(): void {
    this.#isOpen = true;
    this.#takeWanted();
  }

  /** Begins a scene of what is seen; as soon as it is known that this may be. */
  put(): void {
    if (!this.#isAllowed) {
      this.#wanted = NEW;
      return;
    }
    this.#host.openTab(TAB);
    void this.#tab.begin();
  }

  /** Panels came or went. */
  tick(): void {
    this.#frame.place();
  }

  /** `scene`: read as the page opens, and gone from the address then. */
  part(): ViewPart {
    return { name: "scene", isHabit: true, encode: () => null, decode: (text) => (this.#wanted = text) };
  }

  #takeWanted(): void {
    const id = this.#wanted;
    if (id === null || !this.#isAllowed || !this.#isOpen) return;
    this.#wanted = null;
    if (id === NEW) return this.put();
    this.#host.openTab(TAB);
    void this.#tab.edit(id);
  }

  #sceneOfView(): Scene {
    const { theme, names } = this.#host.preferences.now;
    const groups = this.#host.groups();
    const [group] = groups;
    return {
      ...WHOLE_FLEET,
      name: groups.length === 1 ? group! : "",
      area: groups.length === 1 ? { kind: "group", group: group! } : { kind: "bounds", bounds: this.#frame.bounds },
      layers: { names: names === "on" },
      theme: theme === "auto" ? null : theme,
    };
  }

  #showArea({ area }: Scene, isAtOnce: boolean): void {
    const isSmooth = !isAtOnce && this.#host.movesSmoothly();
    if (area.kind === "bounds") return this.#frame.moveTo(area.bounds, isSmooth);
    const found: Frame | null = frameOfArea(area, this.#host.fleet);
    if (found !== null) this.#frame.lookAt(found.bounds, isSmooth, MOST_ZOOM);
  }
}
