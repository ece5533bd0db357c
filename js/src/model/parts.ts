/** Some rows of something: those from `offset` on, of `rows`. */
interface Part {
  readonly request: string | number;
  readonly offset: number;
  readonly rows: number;
}

/** Collects the messages that something comes in; they come in order. */
export class Parts<P extends Part> {
  #taken: P[] = [];
  #received = 0;

  /** Take in a part of so many rows. All parts if this was the last one; one that is out of order is passed over. */
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
