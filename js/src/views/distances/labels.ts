export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Boxes that have been given away, so that labels do not lie on each other. */
export class Boxes {
  readonly #taken: Box[];

  constructor(taken: readonly Box[] = []) {
    this.#taken = [...taken];
  }

  /** Take a box if it is free. */
  take(box: Box): boolean {
    const isFree = this.#taken.every(
      (other) =>
        box.left >= other.right ||
        box.right <= other.left ||
        box.top >= other.bottom ||
        box.bottom <= other.top,
    );
    if (isFree) this.#taken.push(box);
    return isFree;
  }

  /** Take a box whatever lies there. */
  claim(box: Box): void {
    this.#taken.push(box);
  }
}

/** The box of a text of this size outside a circle, at an angle clockwise from 12 o'clock, moved into a picture. */
export function outside(
  x: number,
  y: number,
  radius: number,
  angle: number,
  width: number,
  height: number,
  room: number,
): Box {
  const sine = Math.sin(angle);
  const cosine = Math.cos(angle);
  // Far enough that the circle's tangent at this angle has all of the box beyond it.
  const away = radius + (width / 2) * Math.abs(sine) + (height / 2) * Math.abs(cosine);
  const cx = x + away * sine;
  const cy = y - away * cosine;
  const left = Math.max(2, Math.min(room - width - 2, cx - width / 2));
  return { left, top: cy - height / 2, right: left + width, bottom: cy + height / 2 };
}

/** The box of a text of this size centred on a place. */
export function around(x: number, y: number, width: number, height: number): Box {
  return { left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2 };
}
