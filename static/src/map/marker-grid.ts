// The markers in view, sorted into square cells, so that "what is near here" costs the same whether
// a hundred or ten thousand are in view. Filled anew several times a second, hence plain typed
// arrays that are kept, in which the markers of a cell lie side by side.

const CELL_PX = 24;

export class MarkerGrid {
  count = 0;
  /** By index, in the order of cells. */
  rows = new Int32Array(0);
  xPx = new Float32Array(0);
  yPx = new Float32Array(0);
  /** The index of each marker in the order in which they were added. */
  indexOf = new Int32Array(0);
  /** How many markers have been looked at since the last filling. */
  visits = 0;
  #columns = 0;
  #lines = 0;
  /** Where each cell begins, and after the last one the end. */
  #starts = new Int32Array(0);
  #cellOf = new Uint16Array(0);

  /** Takes markers whose centres are within the view. */
  fill(count: number, rows: Int32Array, xPx: Float32Array, yPx: Float32Array, widthPx: number, heightPx: number): void {
    this.#reserve(count, widthPx, heightPx);
    const starts = this.#starts.fill(0);
    const cellOf = this.#cellOf;
    const columns = this.#columns;
    for (let i = 0; i < count; i++) {
      // All are within the view, and cells enough for it.
      const cell = ((yPx[i]! / CELL_PX) | 0) * columns + ((xPx[i]! / CELL_PX) | 0);
      cellOf[i] = cell;
      starts[cell + 1]! += 1;
    }
    for (let cell = 1; cell < starts.length; cell++) starts[cell]! += starts[cell - 1]!;
    const { rows: sortedRows, xPx: sortedX, yPx: sortedY, indexOf } = this;
    for (let i = 0; i < count; i++) {
      const cell = cellOf[i]!;
      const index = starts[cell]!;
      starts[cell] = index + 1;
      sortedRows[index] = rows[i]!;
      sortedX[index] = xPx[i]!;
      sortedY[index] = yPx[i]!;
      indexOf[i] = index;
    }
    // Filling moved each start to the cell's end, which is the next one's start.
    starts.copyWithin(1, 0, starts.length - 1);
    starts[0] = 0;
  }

  /** Whether `visit` answers true for some marker whose centre is in the box. */
  some(left: number, top: number, right: number, bottom: number, visit: (index: number) => boolean): boolean {
    const [first, last] = [this.#column(left), this.#column(right)];
    const lastLine = this.#line(bottom);
    const { xPx, yPx } = this;
    for (let line = this.#line(top); line <= lastLine; line++) {
      // Cells of a line lie side by side too.
      const start = this.#starts[line * this.#columns + first]!;
      const end = this.#starts[line * this.#columns + last + 1]!;
      for (let index = start; index < end; index++) {
        const x = xPx[index]!;
        const y = yPx[index]!;
        if (x < left || x > right || y < top || y > bottom || !visit(index)) continue;
        this.visits += index - start;
        return true;
      }
      this.visits += end - start;
    }
    return false;
  }

  #column(xPx: number): number {
    return Math.min(this.#columns - 1, Math.max(0, Math.floor(xPx / CELL_PX)));
  }

  #line(yPx: number): number {
    return Math.min(this.#lines - 1, Math.max(0, Math.floor(yPx / CELL_PX)));
  }

  #reserve(count: number, widthPx: number, heightPx: number): void {
    this.count = count;
    this.visits = 0;
    this.#columns = Math.ceil(widthPx / CELL_PX) + 1;
    this.#lines = Math.ceil(heightPx / CELL_PX) + 1;
    const cells = this.#columns * this.#lines;
    if (this.#starts.length !== cells + 1) this.#starts = new Int32Array(cells + 1);
    if (this.rows.length >= count) return;
    const capacity = Math.ceil(count * 1.25);
    this.rows = new Int32Array(capacity);
    this.xPx = new Float32Array(capacity);
    this.yPx = new Float32Array(capacity);
    this.indexOf = new Int32Array(capacity);
    this.#cellOf = new Uint16Array(capacity);
  }
}
