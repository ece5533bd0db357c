import type { Positions } from "./points";

const PER_CELL = 3;
const MOST_CELLS = 1 << 17;

/**
 * Points sorted into square cells: finds the one under the pointer. Points lie elsewhere at every nprobe, so the index is
 * built in two passes; an R-tree (flatbush) takes over ten times as long to build for 100,000 points.
 */
export class PointGrid {
  readonly #positions: Positions;
  readonly #columns: number;
  readonly #rows: number;
  readonly #left: number;
  readonly #top: number;
  readonly #cell: number;
  /** Cell c holds `#members[#start[c] .. #start[c + 1])`. */
  readonly #start: Uint32Array;
  readonly #members: Uint32Array;

  /** Points that are not finite are left out. */
  constructor(positions: Positions, count: number) {
    this.#positions = positions;
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    let present = 0;
    for (let i = 0; i < count; i++) {
      const x = positions[2 * i];
      const y = positions[2 * i + 1];
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      present++;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    const width = present === 0 ? 0 : right - left;
    const height = present === 0 ? 0 : bottom - top;
    this.#left = present === 0 ? 0 : left;
    this.#top = present === 0 ? 0 : top;
    const cells = Math.max(1, Math.min(MOST_CELLS, present / PER_CELL));
    // A line of points has no area: its longer side is what the cells divide.
    const longer = Math.max(width, height);
    this.#cell = Math.max(Math.sqrt((width * height) / cells), longer / cells) || 1;
    this.#columns = Math.floor(width / this.#cell) + 1;
    this.#rows = Math.floor(height / this.#cell) + 1;
    this.#start = new Uint32Array(this.#columns * this.#rows + 1);
    this.#members = new Uint32Array(present);
    const cellOf = new Int32Array(count).fill(-1);
    for (let i = 0; i < count; i++) {
      const x = positions[2 * i];
      const y = positions[2 * i + 1];
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      cellOf[i] = this.#row(y) * this.#columns + this.#column(x);
      this.#start[cellOf[i] + 1]++;
    }
    for (let c = 1; c < this.#start.length; c++) this.#start[c] += this.#start[c - 1];
    const next = this.#start.slice();
    for (let i = 0; i < count; i++) if (cellOf[i] >= 0) this.#members[next[cellOf[i]]++] = i;
  }

  /** The point nearest to a place and at most `reach` from it, of equally near ones the last; -1 without one. */
  nearest(x: number, y: number, reach: number): number {
    let best = -1;
    let least = reach * reach;
    this.#visit(x - reach, y - reach, x + reach, y + reach, (point, px, py) => {
      const squared = (px - x) ** 2 + (py - y) ** 2;
      if (squared < least || (squared === least && point > best)) {
        least = squared;
        best = point;
      }
    });
    return best;
  }

  /** The points inside a closed outline x y x y …, in ascending order. */
  inside(outline: ArrayLike<number>): Uint32Array {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < outline.length; i += 2) {
      left = Math.min(left, outline[i]);
      right = Math.max(right, outline[i]);
      top = Math.min(top, outline[i + 1]);
      bottom = Math.max(bottom, outline[i + 1]);
    }
    const found: number[] = [];
    this.#visit(left, top, right, bottom, (point, px, py) => {
      if (px < left || px > right || py < top || py > bottom) return;
      if (isInside(outline, px, py)) found.push(point);
    });
    return Uint32Array.from(found).sort();
  }

  #visit(
    left: number,
    top: number,
    right: number,
    bottom: number,
    each: (point: number, x: number, y: number) => void,
  ): void {
    if (!(left <= right && top <= bottom)) return;
    const lastColumn = this.#column(right);
    const lastRow = this.#row(bottom);
    for (let row = this.#row(top); row <= lastRow; row++) {
      const first = row * this.#columns;
      const end = this.#start[first + lastColumn + 1];
      for (let k = this.#start[first + this.#column(left)]; k < end; k++) {
        const point = this.#members[k];
        each(point, this.#positions[2 * point], this.#positions[2 * point + 1]);
      }
    }
  }

  #column(x: number): number {
    return Math.max(0, Math.min(this.#columns - 1, Math.floor((x - this.#left) / this.#cell)));
  }

  #row(y: number): number {
    return Math.max(0, Math.min(this.#rows - 1, Math.floor((y - this.#top) / this.#cell)));
  }
}

/** Whether a place is inside a closed outline, by the even-odd rule. */
function isInside(outline: ArrayLike<number>, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = outline.length - 2; i < outline.length; j = i, i += 2) {
    const above = outline[i + 1] > y;
    if (above === outline[j + 1] > y) continue;
    const crossing =
      outline[i] + ((y - outline[i + 1]) / (outline[j + 1] - outline[i + 1])) * (outline[j] - outline[i]);
    if (x < crossing) inside = !inside;
  }
  return inside;
}
