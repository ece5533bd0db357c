import type { Rgb } from "../../look/palette";
import type { Zoom } from "../viewport";
import type { Positions } from "./points";

/** Up to this many dots are drawn as exact circles; more are written pixel by pixel, which is far quicker. */
export const MOST_CIRCLES = 3000;

/** An opaque picture, red green blue alpha, in device pixels. */
export interface Pixels {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** A round dot as opacities from 0 to 256, on a square of `2 * reach + 1` device pixels. */
interface Stamp {
  readonly reach: number;
  readonly alpha: Uint16Array;
}

export function stamp(radius: number, opacity: number): Stamp {
  const reach = Math.max(1, Math.ceil(radius - 0.5));
  const side = 2 * reach + 1;
  const alpha = new Uint16Array(side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const covered = radius + 0.5 - Math.hypot(column - reach, row - reach);
      alpha[row * side + column] = Math.round(256 * opacity * Math.min(1, Math.max(0, covered)));
    }
  }
  return { reach, alpha };
}

interface GroupedPoints {
  readonly count: number;
  /** By point: what its colour follows from. */
  readonly groups: ArrayLike<number>;
}

/**
 * Writes a dot on every chosen point: where dots overlap the colour grows denser.
 *
 * @param chosen  whether a point is drawn
 * @param colourOf  a point's colour by its group
 */
export function splat(
  pixels: Pixels,
  { count, groups }: GroupedPoints,
  positions: Positions,
  { k, x, y }: Zoom,
  ratio: number,
  { reach, alpha }: Stamp,
  colourOf: (group: number) => Rgb,
  chosen: (point: number) => boolean,
): void {
  const { data, width, height } = pixels;
  const side = 2 * reach + 1;
  const covered = Array.from(alpha.keys()).filter((at) => alpha[at] > 0);
  const shares = Uint16Array.from(covered, (at) => alpha[at]);
  const columns = Int32Array.from(covered, (at) => (at % side) - reach);
  const rows = Int32Array.from(covered, (at) => Math.floor(at / side) - reach);
  const offsets = Int32Array.from(covered, (_, i) => rows[i] * width + columns[i]);
  // One 32-bit word per pixel, red and blue together, in integers that never become floats (little endian).
  const words = new Int32Array(data.buffer, data.byteOffset, data.length / 4);
  const n = shares.length;
  let group = -1;
  let redBlue = 0;
  let green = 0;
  // From the farthest cluster to the nearest, whose dots lie on top.
  for (let i = count - 1; i >= 0; i--) {
    const px = Math.floor((positions[2 * i] * k + x) * ratio);
    const py = Math.floor((positions[2 * i + 1] * k + y) * ratio);
    const inSight = px + reach >= 0 && py + reach >= 0 && px - reach < width && py - reach < height;
    if (!inSight || !chosen(i)) continue;
    if (groups[i] !== group) {
      group = groups[i];
      const [red, middle, blue] = colourOf(group);
      redBlue = (blue << 16) | red;
      green = middle << 8;
    }
    const isWhole = px >= reach && py >= reach && px + reach < width && py + reach < height;
    const middle = py * width + px;
    for (let j = 0; j < n; j++) {
      if (!isWhole) {
        const column = px + columns[j];
        const row = py + rows[j];
        if (column < 0 || row < 0 || column >= width || row >= height) continue;
      }
      const at = middle + offsets[j];
      const share = shares[j];
      const rb = words[at] & 0xff00ff;
      const g = words[at] & 0xff00;
      words[at] =
        0xff000000 |
        ((rb + (Math.imul(redBlue - rb, share) >> 8)) & 0xff00ff) |
        ((g + (Math.imul(green - g, share) >> 8)) & 0xff00);
    }
  }
}
