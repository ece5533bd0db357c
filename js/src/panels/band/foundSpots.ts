import type { Box } from "../../views/placer";
import type { Axis } from "./scale";

/** Rows that the same nprobe finds, on the line of that nprobe. */
export interface FoundSpot {
  readonly at: number;
  /** Left end of the pictures, in CSS pixels. */
  readonly x: number;
  /** Side of each picture; 0 where none finds room before the next line. */
  readonly side: number;
  /** Rows shown one by one: all of them, or the first, which then wears their number. */
  readonly shown: number;
  readonly count: number;
}

/** Between the pictures and the axis, in CSS pixels. */
export const ABOVE_AXIS = 5;
/** Largest and least side of a picture, room between two of them, and from their line to the first, in CSS pixels. */
export const SIDE = 30;
const LEAST = 16;
const GAP = 2;
const BESIDE_LINE = 3;
/** CSS pixels beside the plot that the last ones may take. */
const MARGIN = 21;

/** Where rows stand: never beyond the next line, so that none stands at an nprobe that does not find it. */
export function foundSpots(ats: readonly number[], axis: Axis): FoundSpot[] {
  const lines = [...new Set(ats)].sort((a, b) => a - b);
  return lines.map((at, i): FoundSpot => {
    const count = ats.filter((one) => one === at).length;
    const x = axis.x(at) + BESIDE_LINE;
    const end = i + 1 < lines.length ? axis.x(lines[i + 1]) : axis.frame.right + MARGIN;
    const room = end - GAP - x;
    if (count * (SIDE + GAP) - GAP <= room) return { at, x, side: SIDE, shown: count, count };
    const side = Math.floor(Math.min(SIDE, room));
    return side < LEAST ? { at, x, side: 0, shown: 0, count } : { at, x, side, shown: 1, count };
  });
}

/** What the pictures cover, in CSS pixels. */
export function foundBoxes(spots: readonly FoundSpot[], { frame }: Axis): Box[] {
  const bottom = frame.bottom - ABOVE_AXIS;
  return spots
    .filter(({ side }) => side > 0)
    .map(({ x, side, shown }) => {
      return { left: x, top: bottom - SIDE, right: x + shown * (side + GAP) - GAP, bottom };
    });
}
