// Where names stand already, so that no other is put over them. Most places are free, which one
// look at a coarse grid tells.

const CELL_PX = 48;

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export class NameBoxes {
  #boxes: Box[] = [];
  #columns = 0;
  #lines = 0;
  #isNear = new Uint8Array(0);

  reset(widthPx: number, heightPx: number): void {
    this.#boxes = [];
    this.#columns = Math.ceil(widthPx / CELL_PX) + 1;
    this.#lines = Math.ceil(heightPx / CELL_PX) + 1;
    const cells = this.#columns * this.#lines;
    if (this.#isNear.length === cells) this.#isNear.fill(0);
    else this.#isNear = new Uint8Array(cells);
  }

  take(box: Box): void {
    this.#boxes.push(box);
    this.#someCell(box, (cell) => {
      this.#isNear[cell] = 1;
      return false;
    });
  }

  isTaken(box: Box): boolean {
    if (!this.#someCell(box, (cell) => this.#isNear[cell] === 1)) return false;
    return this.#boxes.some((other) => other.left < box.right && box.left < other.right && other.top < box.bottom && box.top < other.bottom);
  }

  #someCell(box: Box, visit: (cell: number) => boolean): boolean {
    const column = (xPx: number) => Math.min(this.#columns - 1, Math.max(0, Math.floor(xPx / CELL_PX)));
    const line = (yPx: number) => Math.min(this.#lines - 1, Math.max(0, Math.floor(yPx / CELL_PX)));
    const [first, last] = [column(box.left), column(box.right)];
    const lastLine = line(box.bottom);
    for (let y = line(box.top); y <= lastLine; y++) {
      for (let x = first; x <= last; x++) {
        if (visit(y * this.#columns + x)) return true;
      }
    }
    return false;
  }
}
