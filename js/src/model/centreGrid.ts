import type { MapBox } from "../protocol/mapBox";

/** Cells in one square of the grid, roughly. */
const PER_SQUARE = 4;

/** The cells of a map by the square that their centre is in: finds those near a box without a look at all. */
export class CentreGrid {
  readonly #columns: number;
  readonly #rows: number;
  readonly #aspect: number;
  /** By cell. */
  readonly #square: Uint32Array;
  /** Square s holds the cells `#cells[#start[s] .. #start[s + 1])`. */
  readonly #start: Uint32Array;
  readonly #cells: Uint32Array;

  constructor(count: number, aspect: number) {
    this.#aspect = aspect;
    this.#rows = Math.max(1, Math.round(Math.sqrt(count / PER_SQUARE / aspect)));
    this.#columns = Math.max(1, Math.round(this.#rows * aspect));
    this.#square = new Uint32Array(count);
    this.#start = new Uint32Array(this.#columns * this.#rows + 1);
    this.#cells = new Uint32Array(count);
  }

  /** Add the cells from `first` to before `last`, each once. */
  add(centres: Float32Array, first: number, last: number): void {
    for (let cell = first; cell < last; cell++) {
      const square = this.#row(centres[2 * cell + 1]) * this.#columns + this.#column(centres[2 * cell]);
      this.#square[cell] = square;
      this.#start[square + 1]++;
    }
  }

  /** Put all cells in order, once they have been added. */
  finish(): void {
    const start = this.#start;
    for (let i = 1; i < start.length; i++) start[i] += start[i - 1];
    const next = start.slice();
    for (let cell = 0; cell < this.#cells.length; cell++) this.#cells[next[this.#square[cell]]++] = cell;
  }

  /** How many cells have their centre in or near a box. */
  count(box: MapBox): number {
    let found = 0;
    this.#runs(box, (first, last) => {
      found += last - first;
    });
    return found;
  }

  /** The cells whose centre is in or near a box. */
  near(box: MapBox): number[] {
    const found: number[] = [];
    this.#runs(box, (first, last) => {
      for (let i = first; i < last; i++) found.push(this.#cells[i]);
    });
    return found;
  }

  /** Neighbouring squares of a row follow each other. */
  #runs({ left, right, bottom, top }: MapBox, each: (first: number, last: number) => void): void {
    if (right < 0 || left > this.#aspect || top < 0 || bottom > 1) return;
    const firstColumn = this.#column(left);
    const lastColumn = this.#column(right);
    for (let row = this.#row(bottom); row <= this.#row(top); row++) {
      const from = row * this.#columns;
      each(this.#start[from + firstColumn], this.#start[from + lastColumn + 1]);
    }
  }

  #column(x: number): number {
    return Math.max(0, Math.min(this.#columns - 1, Math.floor((x / this.#aspect) * this.#columns)));
  }

  #row(y: number): number {
    return Math.max(0, Math.min(this.#rows - 1, Math.floor(y * this.#rows)));
  }
}
