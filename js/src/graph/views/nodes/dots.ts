import type { Size } from "../../../views/viewport";

type Places = readonly (readonly [x: number, y: number])[];

/** Sizes of the marks of nodes, in CSS pixels. */
export interface Dots {
  readonly visited: number;
  readonly expanded: number;
  readonly result: number;
}

/** The more nodes are in sight, the smaller their marks. */
export function dotsFor(places: Places, { width, height }: Size): Dots {
  const inSight = places.filter(([x, y]) => x > 0 && y > 0 && x < width && y < height).length;
  const room = Math.sqrt((width * height) / Math.max(1, inSight));
  const visited = Math.max(1.2, Math.min(3.6, 0.07 * room));
  return { visited, expanded: visited + 1.4, result: visited + 2.6 };
}
