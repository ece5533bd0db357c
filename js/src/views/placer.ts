/** A rectangle in CSS pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Choice<T> {
  readonly place: T;
  /** How much of the places taken before it covers; at most 0 when it is free. */
  readonly covered: number;
}

/**
 * Chooses the first free place, or the one that covers the least where none is free; null without places.
 *
 * @param at  the i-th of `count` places, the best first
 * @param cover  how much a place covers of the taken ones; it may stop counting above `most`
 */
function leastCovering<T>(
  count: number,
  at: (i: number) => T,
  cover: (place: T, most: number) => number,
): Choice<T> | null {
  let best: T | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const place = at(i);
    const covered = cover(place, least);
    if (best === null || covered < least) {
      best = place;
      least = covered;
    }
    if (covered <= 0) break;
  }
  return best === null ? null : { place: best, covered: least };
}

interface Options {
  /** Boxes that are taken from the start. */
  readonly taken?: readonly Box[];
  /** CSS pixels to keep free around a new box. */
  readonly gap?: number;
  /** Share of the smaller box's side by which two boxes may overlap. */
  readonly lap?: number;
}

/** Places boxes, such as labels and pictures, so that they do not cover each other. */
export class BoxPlacer {
  readonly #taken: Box[];
  readonly #gap: number;
  readonly #lap: number;

  constructor({ taken = [], gap = 0, lap = 0 }: Options = {}) {
    this.#taken = [...taken];
    this.#gap = gap;
    this.#lap = lap;
  }

  /** Chooses one of these boxes and takes it, free or not. */
  place(boxes: readonly Box[]): Choice<Box> | null {
    const choice = this.choose(boxes);
    if (choice !== null) this.take(choice.place);
    return choice;
  }

  /** Takes the first of these boxes that is free; null where none is. */
  placeFree(boxes: readonly Box[]): Box | null {
    const choice = this.choose(boxes);
    if (choice === null || choice.covered > 0) return null;
    this.take(choice.place);
    return choice.place;
  }

  choose(boxes: readonly Box[]): Choice<Box> | null {
    return this.chooseAmong(boxes.length, (i) => boxes[i]);
  }

  /** Chooses among boxes that are made as they are tried. */
  chooseAmong(count: number, at: (i: number) => Box): Choice<Box> | null {
    return leastCovering(count, at, (box, most) => this.#cover(box, most));
  }

  take(box: Box): void {
    this.#taken.push(box);
  }

  /** The taken boxes that this one covers, by the order in which they were taken. */
  coveredBy(box: Box): number[] {
    return this.#taken.flatMap((other, i) => (this.#overlap(box, other) > 0 ? [i] : []));
  }

  #cover(box: Box, most: number): number {
    let covered = 0;
    for (const other of this.#taken) {
      covered += this.#overlap(box, other);
      if (covered > most) break;
    }
    return covered;
  }

  #overlap(box: Box, other: Box): number {
    const slackX = this.#gap - this.#lap * Math.min(box.right - box.left, other.right - other.left);
    const slackY = this.#gap - this.#lap * Math.min(box.bottom - box.top, other.bottom - other.top);
    const wide = Math.min(box.right, other.right) - Math.max(box.left, other.left) + slackX;
    const high = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top) + slackY;
    return wide > 0 && high > 0 ? wide * high : 0;
  }
}

/** The box of this size centred on a place. */
export function boxAround(x: number, y: number, width: number, height: number): Box {
  return { left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2 };
}

export function centreOf({ left, top, right, bottom }: Box): [x: number, y: number] {
  return [(left + right) / 2, (top + bottom) / 2];
}

/** The fractional part of the golden ratio: its multiples, modulo 1, are far from each other. */
export const GOLDEN = (Math.sqrt(5) - 1) / 2;
const TRIES = 14;
/** Discs compared: those before lie nearer to the middle, or there is no room at all. */
const BACK = 96;

/**
 * Gives angles to discs that come from the middle outward, so that they keep off each other where they can.
 *
 * Successive golden sections of the span are far from each other; the first that is free is taken, or the freest.
 */
export class DiscPlacer {
  readonly #x: number[] = [];
  readonly #y: number[] = [];
  readonly #radius: number[] = [];
  readonly #size: number[] = [];
  readonly #gap: number;
  #turn = 0;
  #largest = 0;

  /** @param gap  CSS pixels that discs should keep from each other */
  constructor(gap: number) {
    this.#gap = gap;
  }

  /** The angle for a disc of radius `size` at `radius` from the middle, between two angles. */
  place(radius: number, size: number, from: number, to: number): number {
    const angleAt = (i: number) => from + ((0.5 + (this.#turn + i) * GOLDEN) % 1) * (to - from);
    const choice = leastCovering(TRIES, angleAt, (angle, most) =>
      this.#cover(radius * Math.sin(angle), radius * Math.cos(angle), radius, size, most),
    ) as Choice<number>;
    const angle = choice.place;
    this.#turn++;
    this.#x.push(radius * Math.sin(angle));
    this.#y.push(radius * Math.cos(angle));
    this.#radius.push(radius);
    this.#size.push(size);
    this.#largest = Math.max(this.#largest, size);
    return angle;
  }

  /** How much nearer than the gap the nearest disc is, in CSS pixels; not measured on once it is above `most`. */
  #cover(x: number, y: number, radius: number, size: number, most: number): number {
    let cover = Number.NEGATIVE_INFINITY;
    const last = this.#x.length;
    for (let i = last - 1; i >= Math.max(0, last - BACK); i--) {
      if (radius - this.#radius[i] > size + this.#largest + this.#gap) break;
      const [dx, dy] = [this.#x[i] - x, this.#y[i] - y];
      // Several times as fast as `hypot`, and there are many discs.
      const free = Math.sqrt(dx * dx + dy * dy) - size - this.#size[i];
      if (this.#gap - free > cover) cover = this.#gap - free;
      if (cover >= most) break;
    }
    return cover;
  }
}
