/** The rows from `offset` on of an answer of `rows`. */
interface Part {
  readonly request: string | number;
  readonly offset: number;
  readonly rows: number;
}

/** Collects the messages of one answer, which arrive in order. */
export class Parts<P extends Part> {
  #taken: P[] = [];
  #received = 0;

  /** Take in a part of `length` rows; returns all parts after the last one. A part out of order is ignored. */
  take(part: P, length: number): readonly P[] | null {
    if (part.offset === 0) this.clear();
    if (part.offset !== this.#received) return null;
    if (this.#received > 0 && part.request !== this.#taken[0].request) return null;
    this.#taken.push(part);
    this.#received += length;
    if (this.#received < part.rows) return null;
    const whole = this.#taken;
    this.clear();
    return whole;
  }

  clear(): void {
    this.#taken = [];
    this.#received = 0;
  }
}
