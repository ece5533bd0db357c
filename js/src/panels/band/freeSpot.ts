import { type Box, BoxPlacer } from "../../views/placer";
import type { Axis } from "./scale";

/** Half of the width of a line and of the room beside it, in CSS pixels. */
const HALF = 3;
/** Steps that are nearer to each other are one, in CSS pixels. */
const NEAR = 2;

/** A line of steps, as `Axis.steps` draws it, as boxes around its pieces. */
export function stepBoxes(axis: Axis, at: ArrayLike<number>, values: ArrayLike<number>): Box[] {
  const boxes: Box[] = [];
  let left = axis.frame.left;
  for (let i = 0; i < at.length; i++) {
    left = axis.x(at[i]);
    let [high, low] = [axis.y(values[i]), axis.y(values[i])];
    // Of many steps in few pixels, one box is around all of them.
    while (i + 1 < at.length && axis.x(at[i + 1]) < left + NEAR) {
      i++;
      high = Math.min(high, axis.y(values[i]));
      low = Math.max(low, axis.y(values[i]));
    }
    const isLast = i + 1 === at.length;
    const right = isLast ? axis.frame.right : axis.x(at[i + 1]);
    const next = isLast ? axis.y(values[i]) : axis.y(values[i + 1]);
    const y = axis.y(values[i]);
    if (high < low) boxes.push(around(left, high, left + NEAR, low));
    boxes.push(around(left, y, right, y));
    if (next !== y) boxes.push(around(right, Math.min(y, next), right, Math.max(y, next)));
  }
  return boxes;
}

/** The first place of words that covers nothing of what is drawn, or the one that covers the least. */
export function freeSpot(places: readonly Box[], taken: readonly Box[]): Box | null {
  return new BoxPlacer({ taken }).choose([...places])?.place ?? null;
}

/** The places of words of a size beside a point, the best first: `isLeft` and `isAbove` say which that is. */
export function placesBeside(
  x: number,
  y: number,
  { width, height, beside }: { width: number; height: number; beside: number },
  bounds: Box,
  { isLeft, isAbove }: { isLeft: boolean; isAbove: boolean },
): Box[] {
  const lefts = [x + beside, x - beside - width];
  if (isLeft) lefts.reverse();
  const tops: number[] = [];
  for (let away = HALF; away < bounds.bottom - bounds.top; away += height / 2) {
    const both = [y + away, y - away - height];
    if (isAbove) both.reverse();
    tops.push(...both);
  }
  return tops
    .flatMap((top) => lefts.map((left) => ({ left, top, right: left + width, bottom: top + height })))
    .filter(
      (box) =>
        box.left >= bounds.left - 0.5 &&
        box.right <= bounds.right + 0.5 &&
        box.top >= bounds.top &&
        box.bottom <= bounds.bottom,
    );
}

function around(left: number, top: number, right: number, bottom: number): Box {
  return { left: left - HALF, top: top - HALF, right: right + HALF, bottom: bottom + HALF };
}
