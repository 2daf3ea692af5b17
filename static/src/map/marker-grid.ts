// The markers in view, in a grid of square cells, so that "what is near here" costs the same
// whether a hundred or ten thousand are in view. Plain typed arrays: it is filled anew several
// times a second.

const CELL_PX = 32;

export class MarkerGrid {
  count = 0;
  readonly rows: Int32Array;
  readonly xPx: Float32Array;
  readonly yPx: Float32Array;
  #columns: number;
  #lines: number;
  /** First marker of each cell, and the next one of each marker; -1 ends. */
  #head: Int32Array;
  #next: Int32Array;

  constructor(capacity: number, widthPx: number, heightPx: number) {
    this.rows = new Int32Array(capacity);
    this.xPx = new Float32Array(capacity);
    this.yPx = new Float32Array(capacity);
    this.#columns = Math.ceil(widthPx / CELL_PX) + 1;
    this.#lines = Math.ceil(heightPx / CELL_PX) + 1;
    this.#head = new Int32Array(this.#columns * this.#lines).fill(-1);
    this.#next = new Int32Array(capacity);
  }

  add(row: number, xPx: number, yPx: number): void {
    const index = this.count++;
    this.rows[index] = row;
    this.xPx[index] = xPx;
    this.yPx[index] = yPx;
    const cell = this.#line(yPx) * this.#columns + this.#column(xPx);
    this.#next[index] = this.#head[cell]!;
    this.#head[cell] = index;
  }

  /** Whether `visit` answers true for some marker whose centre is in the box. */
  some(left: number, top: number, right: number, bottom: number, visit: (index: number) => boolean): boolean {
    const [lastColumn, lastLine] = [this.#column(right), this.#line(bottom)];
    for (let line = this.#line(top); line <= lastLine; line++) {
      for (let column = this.#column(left); column <= lastColumn; column++) {
        for (let index = this.#head[line * this.#columns + column]!; index !== -1; index = this.#next[index]!) {
          const [x, y] = [this.xPx[index]!, this.yPx[index]!];
          if (x >= left && x <= right && y >= top && y <= bottom && visit(index)) return true;
        }
      }
    }
    return false;
  }

  #column(xPx: number): number {
    return Math.min(this.#columns - 1, Math.max(0, Math.floor(xPx / CELL_PX)));
  }

  #line(yPx: number): number {
    return Math.min(this.#lines - 1, Math.max(0, Math.floor(yPx / CELL_PX)));
  }
}
