// Scenes as the server keeps them: what displays show, each under a name.

import { sceneOf } from "../wall/scene.ts";
import type { Scene } from "../wall/scene.ts";
import { sentOf } from "../wall/scene-sent.ts";
import type { SentScene } from "../wall/scene-sent.ts";
import { KeptList } from "./kept-list.ts";

export interface KeptScene {
  id: string;
  name: string;
  scene: SentScene;
}

export class SceneBook extends KeptList<KeptScene> {
  constructor() {
    super("/api/v1/scenes", "scenes");
  }

  /** In the order of their names. */
  get sorted(): KeptScene[] {
    return [...this.items].sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
  }

  /** One of that name other than `id`: commands name scenes by their names. */
  namesake(name: string, id: string): KeptScene | undefined {
    return this.items.find((scene) => scene.name === name && scene.id !== id);
  }
}

/** As the page works with it; of one that makes no sense to this page null. */
export function sceneOfKept({ name, scene }: KeptScene): Scene | null {
  return sceneOf({ ...scene, name }, {}, () => {});
}

export function keptOf(id: string, scene: Scene): KeptScene {
  return { id, name: scene.name, scene: sentOf(scene) };
}
