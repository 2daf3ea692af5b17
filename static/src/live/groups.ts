// Which vehicles are in which groups. A group's name with "/" in it is a path in a tree, and a
// vehicle is in all that stands above its group, once. Counts follow each change, so that a fleet
// of a hundred thousand costs nothing while nobody is regrouped.

export interface GroupCount {
  path: string;
  vehicles: number;
}

/** A group as a tree shows it. */
export interface GroupNode {
  path: string;
  /** Its own part of the path, and those of parents that hold nothing else. */
  name: string;
  /** Undefined where only the server could count them. */
  vehicles: number | undefined;
  children: GroupNode[];
}

const NO_GROUPS: readonly number[] = [];
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** "North / Durban" is "North" and "North/Durban". */
export function pathsOf(group: string): string[] {
  const parts = group.split("/").map((part) => part.trim()).filter((part) => part !== "");
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}

export class GroupBook {
  /** Differs whenever a count does. */
  version = 0;
  #numbers = new Map<string, number>();
  #paths: string[] = [];
  #counts: number[] = [];
  #ofRow: (readonly number[] | undefined)[] = [];
  /** One list for all vehicles of the same groups. */
  #lists = new Map<string, readonly number[]>();

  put(row: number, groups: readonly string[] = []): void {
    const numbers = this.#listOf(groups);
    if (this.#ofRow[row] === numbers) return;
    this.remove(row);
    this.#ofRow[row] = numbers;
    for (const number of numbers) this.#counts[number]! += 1;
    if (numbers.length > 0) this.version += 1;
  }

  remove(row: number): void {
    const numbers = this.#ofRow[row] ?? NO_GROUPS;
    for (const number of numbers) this.#counts[number]! -= 1;
    if (numbers.length > 0) this.version += 1;
    this.#ofRow[row] = undefined;
  }

  /** All that have vehicles. */
  counts(): GroupCount[] {
    return this.#paths.map((path, i) => ({ path, vehicles: this.#counts[i]! })).filter(({ vehicles }) => vehicles > 0);
  }

  /** Whether a row is in one of these paths; null where none is given, and all are wanted. */
  chosen(paths: readonly string[]): ((row: number) => boolean) | null {
    if (paths.length === 0) return null;
    const numbers = new Set(paths.flatMap((path) => this.#numbers.get(path) ?? []));
    return (row) => (this.#ofRow[row] ?? NO_GROUPS).some((number) => numbers.has(number));
  }

  #listOf(groups: readonly string[]): readonly number[] {
    if (groups.length === 0) return NO_GROUPS;
    const key = groups.join("\n");
    let list = this.#lists.get(key);
    if (list === undefined) {
      list = [...new Set(groups.flatMap(pathsOf))].map((path) => this.#numberOf(path));
      this.#lists.set(key, list);
    }
    return list;
  }

  #numberOf(path: string): number {
    let number = this.#numbers.get(path);
    if (number === undefined) {
      number = this.#paths.push(path) - 1;
      this.#numbers.set(path, number);
      this.#counts.push(0);
    }
    return number;
  }
}

/** The groups as a tree, in the order of their names. */
export function treeOf(groups: readonly { path: string; vehicles?: number }[]): GroupNode[] {
  const roots: GroupNode[] = [];
  const byPath = new Map<string, GroupNode>();
  const nodeOf = (path: string): GroupNode => {
    const known = byPath.get(path);
    if (known !== undefined) return known;
    const cut = path.lastIndexOf("/");
    const node: GroupNode = { path, name: path.slice(cut + 1), vehicles: undefined, children: [] };
    byPath.set(path, node);
    (cut === -1 ? roots : nodeOf(path.slice(0, cut)).children).push(node);
    return node;
  };
  for (const { path, vehicles } of groups) nodeOf(path).vehicles = vehicles;
  return sorted(roots.map(shortened));
}

/** "A/C repairs" is one group, not a tree: a parent that holds nothing but one child is no branch. */
function shortened(node: GroupNode): GroupNode {
  const [only] = node.children;
  if (only !== undefined && node.children.length === 1 && only.vehicles === node.vehicles) {
    return shortened({ ...only, name: `${node.name}/${only.name}` });
  }
  return { ...node, children: sorted(node.children.map(shortened)) };
}

function sorted(nodes: GroupNode[]): GroupNode[] {
  return nodes.sort((a, b) => collator.compare(a.name, b.name));
}
