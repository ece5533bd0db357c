import type { WholeMap } from "../../../model/mapCells";
import type { Box } from "../../placer";

/** Cells of the map in one square of the grid, roughly. */
const PER_SQUARE = 4;

/** Finds the cells in sight without a look at all of them. */
export class CellGrid {
  readonly #boxes: Float32Array;
  readonly #columns: number;
  readonly #rows: number;
  readonly #aspect: number;
  /** Square s is touched by the boxes `#touching[#start[s] .. #start[s + 1])`. */
  readonly #start: Uint32Array;
  readonly #touching: Uint32Array;
  /** By cell: the look at which it was found last. */
  readonly #seen: Uint32Array;
  #look = 0;

  constructor(readonly cells: WholeMap) {
    const { points, offsets, aspect } = cells;
    const n = offsets.length - 1;
    this.#boxes = boxesOf(points, offsets);
    this.#aspect = aspect;
    this.#rows = Math.max(1, Math.round(Math.sqrt(n / PER_SQUARE / aspect)));
    this.#columns = Math.max(1, Math.round(this.#rows * aspect));
    this.#seen = new Uint32Array(n);
    this.#start = new Uint32Array(this.#columns * this.#rows + 1);
    const isDrawn = (cell: number) => offsets[cell + 1] > offsets[cell];
    for (let cell = 0; cell < n; cell++) {
      if (isDrawn(cell)) this.#squares(cell, (square) => this.#start[square + 1]++);
    }
    for (let square = 1; square < this.#start.length; square++)
      this.#start[square] += this.#start[square - 1];
    const next = this.#start.slice();
    this.#touching = new Uint32Array(next[next.length - 1]);
    for (let cell = 0; cell < n; cell++) {
      if (!isDrawn(cell)) continue;
      this.#squares(cell, (square) => {
        this.#touching[next[square]++] = cell;
      });
    }
  }

  /** The cells whose boxes touch a box of CSS pixels from the map's corner. */
  touching(box: Box, { sx, sy }: { readonly sx: number; readonly sy: number }): number[] {
    const left = box.left / sx;
    const right = box.right / sx;
    const top = box.top / sy;
    const bottom = box.bottom / sy;
    const boxes = this.#boxes;
    const found: number[] = [];
    this.#look++;
    const lastRow = this.#row(bottom);
    const lastColumn = this.#column(right);
    for (let row = this.#row(top); row <= lastRow; row++) {
      for (let column = this.#column(left); column <= lastColumn; column++) {
        const square = row * this.#columns + column;
        for (let i = this.#start[square]; i < this.#start[square + 1]; i++) {
          const cell = this.#touching[i];
          if (this.#seen[cell] === this.#look) continue;
          this.#seen[cell] = this.#look;
          const at = 4 * cell;
          const isAcross = boxes[at + 2] >= left && boxes[at] <= right;
          if (isAcross && boxes[at + 3] >= top && boxes[at + 1] <= bottom) found.push(cell);
        }
      }
    }
    return found;
  }

  #squares(cell: number, each: (square: number) => void): void {
    const [left, top, right, bottom] = this.#boxes.subarray(4 * cell, 4 * cell + 4);
    for (let row = this.#row(top); row <= this.#row(bottom); row++) {
      for (let column = this.#column(left); column <= this.#column(right); column++) {
        each(row * this.#columns + column);
      }
    }
  }

  #column(x: number): number {
    return Math.max(0, Math.min(this.#columns - 1, Math.floor((x / this.#aspect) * this.#columns)));
  }

  #row(y: number): number {
    return Math.max(0, Math.min(this.#rows - 1, Math.floor(y * this.#rows)));
  }
}

/** By cell: left, top, right and bottom. */
function boxesOf(points: Float32Array, offsets: Int32Array): Float32Array {
  const boxes = new Float32Array(4 * (offsets.length - 1));
  for (let cell = 0; cell < offsets.length - 1; cell++) {
    let left = Number.POSITIVE_INFINITY;
    let top = Number.POSITIVE_INFINITY;
    let right = Number.NEGATIVE_INFINITY;
    let bottom = Number.NEGATIVE_INFINITY;
    for (let i = offsets[cell]; i < offsets[cell + 1]; i++) {
      left = Math.min(left, points[2 * i]);
      right = Math.max(right, points[2 * i]);
      top = Math.min(top, points[2 * i + 1]);
      bottom = Math.max(bottom, points[2 * i + 1]);
    }
    boxes.set([left, top, right, bottom], 4 * cell);
  }
  return boxes;
}
