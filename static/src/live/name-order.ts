// The rows in the order of their names. Comparing names as people sort them is slow (100,000 take
// a second), so new ones are put in their places some at a time, and the rest wait at the end.

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export class NameOrder {
  #names: (string | undefined)[] = [];
  #sorted = new Uint32Array(0);
  /** By row: 1 where `#sorted` has it under its present name. */
  #isPlaced = new Uint8Array(0);
  #hasStale = false;
  #waiting = new Set<number>();

  /** Whether some rows are not in their places yet. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  put(row: number, name: string): void {
    if (this.#names[row] === name) return;
    this.#displace(row);
    this.#names[row] = name;
    this.#waiting.add(row);
  }

  remove(row: number): void {
    if (this.#names[row] === undefined) return;
    this.#displace(row);
    this.#names[row] = undefined;
    this.#waiting.delete(row);
  }

  /** Puts at most so many of the waiting rows in their places. */
  advance(most: number): void {
    const fresh: number[] = [];
    for (const row of this.#waiting) {
      if (fresh.length === most) break;
      fresh.push(row);
    }
    if (fresh.length === 0) return;
    this.#dropStale();
    this.#merge(fresh.sort((a, b) => this.#compare(a, b)));
    for (const row of fresh) {
      this.#waiting.delete(row);
      this.#isPlaced[row] = 1;
    }
  }

  /** All rows; those that still wait come last. */
  rows(): Uint32Array {
    this.#dropStale();
    if (this.#waiting.size === 0) return this.#sorted;
    const rows = new Uint32Array(this.#sorted.length + this.#waiting.size);
    rows.set(this.#sorted);
    rows.set([...this.#waiting], this.#sorted.length);
    return rows;
  }

  #displace(row: number): void {
    if (row >= this.#isPlaced.length) {
      const grown = new Uint8Array(Math.max(512, 2 * row));
      grown.set(this.#isPlaced);
      this.#isPlaced = grown;
    }
    this.#hasStale ||= this.#isPlaced[row] === 1;
    this.#isPlaced[row] = 0;
  }

  #dropStale(): void {
    if (this.#hasStale) this.#sorted = this.#sorted.filter((row) => this.#isPlaced[row] === 1);
    this.#hasStale = false;
  }

  /** Finds each place by halving, which needs fewer comparisons than walking past all. */
  #merge(fresh: readonly number[]): void {
    const before = this.#sorted;
    const after = new Uint32Array(before.length + fresh.length);
    let from = 0;
    fresh.forEach((row, i) => {
      const to = this.#placeFor(row, before, from);
      after.set(before.subarray(from, to), from + i);
      after[to + i] = row;
      from = to;
    });
    after.set(before.subarray(from), from + fresh.length);
    this.#sorted = after;
  }

  #placeFor(row: number, sorted: Uint32Array, from: number): number {
    let [low, high] = [from, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(sorted[middle]!, row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compare(a: number, b: number): number {
    return collator.compare(this.#names[a] ?? "", this.#names[b] ?? "") || a - b;
  }
}
