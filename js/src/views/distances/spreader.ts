const GOLDEN = (Math.sqrt(5) - 1) / 2;
const TRIES = 14;
/** Dots looked back at: those before lie nearer to the middle, or there is no room at all. */
const BACK = 96;

/**
 * Gives angles to dots that come from the middle outward, so that they keep off each other where they can.
 *
 * Successive golden sections of the span are far from each other; the first that is free is taken, or the freest.
 */
export class Spreader {
  readonly #x: number[] = [];
  readonly #y: number[] = [];
  readonly #radius: number[] = [];
  readonly #size: number[] = [];
  readonly #gap: number;
  #turn = 0;
  #largest = 0;

  /** @param gap  CSS pixels that dots should keep from each other */
  constructor(gap: number) {
    this.#gap = gap;
  }

  /** The angle for a dot of radius `size` at `radius` from the middle, between two angles. */
  place(radius: number, size: number, from: number, to: number): number {
    let best = from;
    let most = Number.NEGATIVE_INFINITY;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const share = (0.5 + (this.#turn + attempt) * GOLDEN) % 1;
      const angle = from + share * (to - from);
      const free = this.#clearance(radius * Math.sin(angle), radius * Math.cos(angle), radius, size, most);
      if (free > most) {
        most = free;
        best = angle;
      }
      if (free >= this.#gap) break;
    }
    this.#turn++;
    this.#x.push(radius * Math.sin(best));
    this.#y.push(radius * Math.cos(best));
    this.#radius.push(radius);
    this.#size.push(size);
    this.#largest = Math.max(this.#largest, size);
    return best;
  }

  /** Room between this dot and the ones before; not measured on once it is below `enough`. */
  #clearance(x: number, y: number, radius: number, size: number, enough: number): number {
    let least = Number.POSITIVE_INFINITY;
    const last = this.#x.length;
    for (let i = last - 1; i >= Math.max(0, last - BACK); i--) {
      if (radius - this.#radius[i] > size + this.#largest + this.#gap) break;
      const [dx, dy] = [this.#x[i] - x, this.#y[i] - y];
      // Several times as fast as `hypot`, and there are many of them.
      const free = Math.sqrt(dx * dx + dy * dy) - size - this.#size[i];
      if (free < least) least = free;
      if (least <= enough) break;
    }
    return least;
  }
}
