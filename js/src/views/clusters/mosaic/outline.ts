import type { Box } from "../../placer";

/** The corners of a convex cell, x y x y …, from its centre, in CSS pixels. */
export type Outline = Float32Array;

/** A line of text inside an outline: its middle, and how far the outline reaches to both sides of it. */
export interface TextPlace {
  readonly x: number;
  readonly y: number;
}

const THIRDS = 24;
const HALVINGS = 12;

/**
 * The place of a line of text as near as possible to the upper end of a convex outline; null where it is
 * too wide for all of it.
 */
export function textPlace(outline: Outline, width: number, height: number): TextPlace | null {
  const [top, bottom] = extentOf(outline);
  const half = height / 2;
  if (bottom - top < height) return null;
  const roomAt = (y: number) => {
    const [left, right] = widthBetween(outline, y - half, y + half);
    return right - left;
  };
  // The room grows up to the widest place and shrinks behind it.
  let [low, high] = [top + half, bottom - half];
  for (let i = 0; i < THIRDS; i++) {
    const third = (high - low) / 3;
    if (roomAt(low + third) < roomAt(high - third)) low += third;
    else high -= third;
  }
  let inside = (low + high) / 2;
  if (roomAt(inside) < width) return null;
  let outside = top + half;
  if (roomAt(outside) >= width) inside = outside;
  for (let i = 0; i < HALVINGS && inside !== outside; i++) {
    const middle = (inside + outside) / 2;
    if (roomAt(middle) >= width) inside = middle;
    else outside = middle;
  }
  const [left, right] = widthBetween(outline, inside - half, inside + half);
  return { x: (left + right) / 2, y: inside };
}

/** How far a convex outline reaches everywhere between two heights; nowhere where left is right of right. */
export function widthBetween(outline: Outline, upper: number, lower: number): [left: number, right: number] {
  const [a, b] = chord(outline, upper);
  const [c, d] = chord(outline, lower);
  return [Math.max(a, c), Math.min(b, d)];
}

function chord(outline: Outline, y: number): [left: number, right: number] {
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  for (let i = 0, j = outline.length - 2; i < outline.length; j = i, i += 2) {
    const ay = outline[j + 1];
    const by = outline[i + 1];
    if ((ay < y && by < y) || (ay > y && by > y)) continue;
    const x = ay === by ? outline[i] : outline[j] + ((y - ay) / (by - ay)) * (outline[i] - outline[j]);
    if (x < left) left = x;
    if (x > right) right = x;
  }
  return [left, right];
}

/** The part of a convex outline below a height. */
export function below(outline: Outline, y: number): Outline {
  return cut(outline, (_, at) => at - y);
}

/** The part of a convex outline inside a box. */
export function within(outline: Outline, { left, top, right, bottom }: Box): Outline {
  const sides = [
    (x: number) => x - left,
    (x: number) => right - x,
    (_: number, y: number) => y - top,
    (_: number, y: number) => bottom - y,
  ];
  return sides.reduce(cut, outline);
}

/** The part of a convex outline where a linear function is not below 0. */
function cut(outline: Outline, depth: (x: number, y: number) => number): Outline {
  const kept: number[] = [];
  for (let i = 0, j = outline.length - 2; i < outline.length; j = i, i += 2) {
    const [ax, ay, bx, by] = [outline[j], outline[j + 1], outline[i], outline[i + 1]];
    const before = depth(ax, ay);
    const now = depth(bx, by);
    if (before >= 0 !== now >= 0) {
      const share = before / (before - now);
      kept.push(ax + share * (bx - ax), ay + share * (by - ay));
    }
    if (now >= 0) kept.push(bx, by);
  }
  return Float32Array.from(kept);
}

/** The convex outline enlarged `scale` times, without what is nearer than `edge` to a side; empty where nothing is left. */
export function inset(outline: Outline, scale: number, edge: number): Outline {
  const whole = outline.map((value) => value * scale);
  const turn = Math.sign(twiceArea(whole));
  let kept: Outline = whole;
  for (let i = 0, j = whole.length - 2; i < whole.length; j = i, i += 2) {
    const [ax, ay] = [whole[j], whole[j + 1]];
    const [dx, dy] = [whole[i] - ax, whole[i + 1] - ay];
    const length = Math.hypot(dx, dy);
    if (length > 0) kept = cut(kept, (x, y) => (turn * (dx * (y - ay) - dy * (x - ax))) / length - edge);
  }
  return kept;
}

export function areaOf(outline: Outline): number {
  return Math.abs(twiceArea(outline)) / 2;
}

function twiceArea(outline: Outline): number {
  let twice = 0;
  for (let i = 0, j = outline.length - 2; i < outline.length; j = i, i += 2) {
    twice += outline[j] * outline[i + 1] - outline[i] * outline[j + 1];
  }
  return twice;
}

/** The centre of the outline's area. */
export function middleOf(outline: Outline): [x: number, y: number] {
  let [x, y] = [0, 0];
  for (let i = 0, j = outline.length - 2; i < outline.length; j = i, i += 2) {
    const cross = outline[j] * outline[i + 1] - outline[i] * outline[j + 1];
    x += (outline[j] + outline[i]) * cross;
    y += (outline[j + 1] + outline[i + 1]) * cross;
  }
  const weight = 3 * twiceArea(outline);
  return weight === 0 ? [0, 0] : [x / weight, y / weight];
}

export function extentOf(outline: Outline): [top: number, bottom: number] {
  let top = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (let i = 1; i < outline.length; i += 2) {
    top = Math.min(top, outline[i]);
    bottom = Math.max(bottom, outline[i]);
  }
  return [top, bottom];
}
