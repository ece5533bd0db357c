/** Two keys at which columns end: that of the last result, and that of the efSearch-th nearest; null for none. */
export interface Cuts {
  readonly last: number | null;
  readonly bar: number | null;
}

/**
 * Columns of dots in which no column holds nodes of both sides of a cut: what is left of a line on the picture is nearer
 * than it says, although dots stand up to half a column off their distances.
 */
export class DotGrid {
  readonly #pitch: number;
  readonly #cuts: Cuts;
  readonly #origin: number;
  /** The first column beyond the efSearch-th nearest. */
  readonly #barColumn: number;

  /**
   * @param at  where keys are on the scale
   * @param start  the middle of a column where there are no cuts
   * @param isBetween  whether any node is between the cuts
   */
  constructor(pitch: number, cuts: Cuts, at: (key: number) => number, start: number, isBetween: boolean) {
    this.#pitch = pitch;
    this.#cuts = cuts;
    const { last, bar } = cuts;
    const origin = last ?? bar;
    this.#origin = origin === null ? start - pitch / 2 : at(origin);
    if (last === null || bar === null) this.#barColumn = 0;
    else {
      const columns = Math.round((at(bar) - at(last)) / pitch);
      const least = !isBetween ? 0 : bar > last ? 1 : -1;
      this.#barColumn = least < 0 ? Math.min(least, columns) : Math.max(least, columns);
    }
  }

  columnOf(key: number, x: number): number {
    const { last, bar } = this.#cuts;
    let column = Math.floor((x - this.#origin) / this.#pitch);
    if (last !== null) column = key <= last ? Math.min(column, -1) : Math.max(column, 0);
    if (bar === null) return column;
    const first = this.#barColumn;
    return key <= bar ? Math.min(column, first - 1) : Math.max(column, first);
  }

  middleOf(column: number): number {
    return this.#origin + (column + 0.5) * this.#pitch;
  }

  /** Whether a column touches no line, and is nearer than all of them. */
  isBeforeLines(column: number): boolean {
    return column < Math.min(0, this.#barColumn) - 1;
  }

  /** Where the lines of the cuts are drawn: between columns. */
  get lastX(): number | null {
    return this.#cuts.last === null ? null : this.#origin;
  }

  get barX(): number | null {
    return this.#cuts.bar === null ? null : this.#origin + this.#barColumn * this.#pitch;
  }
}
