// The markers in view by square cells, so that "what is near here" costs the same whether a hundred
// or ten thousand are in view. Filled anew several times a second, hence plain typed arrays that
// are kept, and a chain of markers for each cell: one pass makes them, where sorting takes three.

const CELL_PX = 16;
const END = -1;
/** What asking costs by itself, in markers looked at. */
const VISITS_A_LOOK = 8;
/** What taking a marker costs. */
const VISITS_A_MARKER = 0.5;

export class MarkerGrid {
  count = 0;
  /** By index: what was given. */
  rows: Int32Array = new Int32Array(0);
  xPx: Float32Array = new Float32Array(0);
  yPx: Float32Array = new Float32Array(0);
  /** What was done since the last filling, and in it, as markers looked at. */
  visits = 0;
  #columns = 0;
  #lines = 0;
  /** The first marker of each cell, and of each marker the next one in its cell. */
  #first = new Int32Array(0);
  #next = new Int32Array(0);

  /**
   * Takes markers whose centres are within the view, `x` and `y` in `pxPerUnit` from its middle,
   * which become pixels from its top left. The arrays stay the caller's.
   */
  fill(count: number, rows: Int32Array, x: Float32Array, y: Float32Array, pxPerUnit: number, widthPx: number, heightPx: number): void {
    this.#reserve(count, widthPx, heightPx);
    [this.rows, this.xPx, this.yPx] = [rows, x, y];
    const first = this.#first.fill(END);
    const next = this.#next;
    const columns = this.#columns;
    const [halfXPx, halfYPx] = [widthPx / 2, heightPx / 2];
    for (let i = 0; i < count; i++) {
      const xPx = halfXPx + x[i]! * pxPerUnit;
      const yPx = halfYPx + y[i]! * pxPerUnit;
      x[i] = xPx;
      y[i] = yPx;
      // All are within the view, and cells enough for it.
      const cell = ((yPx / CELL_PX) | 0) * columns + ((xPx / CELL_PX) | 0);
      next[i] = first[cell]!;
      first[cell] = i;
    }
  }

  /** Whether `visit` answers true for some marker whose centre is in the box. */
  some(left: number, top: number, right: number, bottom: number, visit: (index: number) => boolean): boolean {
    const { xPx, yPx } = this;
    const next = this.#next;
    const [firstColumn, lastColumn] = [this.#column(left), this.#column(right)];
    const lastLine = this.#line(bottom);
    let visits = VISITS_A_LOOK;
    for (let line = this.#line(top); line <= lastLine; line++) {
      for (let cell = line * this.#columns + firstColumn; cell <= line * this.#columns + lastColumn; cell++) {
        for (let index = this.#first[cell]!; index !== END; index = next[index]!) {
          visits += 1;
          const x = xPx[index]!;
          const y = yPx[index]!;
          if (x < left || x > right || y < top || y > bottom || !visit(index)) continue;
          this.visits += visits;
          return true;
        }
      }
    }
    this.visits += visits;
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
    this.visits = count * VISITS_A_MARKER;
    this.#columns = Math.ceil(widthPx / CELL_PX) + 1;
    this.#lines = Math.ceil(heightPx / CELL_PX) + 1;
    const cells = this.#columns * this.#lines;
    if (this.#first.length !== cells) this.#first = new Int32Array(cells);
    if (this.#next.length < count) this.#next = new Int32Array(Math.ceil(count * 1.25));
  }
}
