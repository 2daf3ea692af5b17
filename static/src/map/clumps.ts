// Markers that lie on top of each other. Naming one of fifty would be a lie, so such a clump is
// labelled with how many it holds.

export interface Placed {
  row: number;
  xPx: number;
  yPx: number;
}

/** From this many on, a heap of markers is named by its number. */
const LEAST_CLUMP = 4;

/**
 * For each candidate its clump's size if it leads one, 0 if another leads it, and 1 if it stands
 * by itself. Candidates come in order of priority; the first of a clump leads it. `aloneRow` never
 * joins one.
 */
export function clumpSizes(candidates: readonly Placed[], reachPx: number, aloneRow: number): Map<number, number> {
  const grid = new Map<number, Placed[]>();
  const keyOf = (x: number, y: number) => x * 65_536 + y;
  for (const candidate of candidates) {
    const key = keyOf(Math.floor(candidate.xPx / reachPx), Math.floor(candidate.yPx / reachPx));
    const cell = grid.get(key);
    if (cell) cell.push(candidate);
    else grid.set(key, [candidate]);
  }
  const sizes = new Map<number, number>();
  for (const leader of candidates) {
    if (sizes.has(leader.row)) continue;
    const members = leader.row === aloneRow ? [] : near(leader).filter(({ row }) => row !== aloneRow && !sizes.has(row));
    const isClump = members.length >= LEAST_CLUMP;
    if (isClump) for (const { row } of members) sizes.set(row, 0);
    sizes.set(leader.row, isClump ? members.length : 1);
  }
  return sizes;

  function near({ xPx, yPx }: Placed): Placed[] {
    const [cellX, cellY] = [Math.floor(xPx / reachPx), Math.floor(yPx / reachPx)];
    const found: Placed[] = [];
    for (let x = cellX - 1; x <= cellX + 1; x++) {
      for (let y = cellY - 1; y <= cellY + 1; y++) {
        for (const other of grid.get(keyOf(x, y)) ?? []) {
          if (Math.hypot(other.xPx - xPx, other.yPx - yPx) <= reachPx) found.push(other);
        }
      }
    }
    return found;
  }
}
