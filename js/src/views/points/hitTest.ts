import type { Zoom } from "../viewport";
import { placeOf } from "./painter";
import { PointGrid } from "./pointGrid";
import type { Positions } from "./points";
import type { PointContent } from "./scene";

/** The pointer finds a point this many CSS pixels away. */
const REACH = 10;

/** Finds the point under the pointer, and the points inside an outline. */
export class HitTest {
  #known: { readonly positions: Positions; readonly count: number; readonly grid: PointGrid } | null = null;

  /** The point drawn at a place, -1 for none: pictures lie above dots. */
  pointAt(content: PointContent, zoom: Zoom, x: number, y: number): number {
    const pictures = content.marks
      .filter(({ side }) => side > 0)
      .sort((left, right) => left.place - right.place);
    for (const { point, side, dx, dy } of pictures) {
      const place = placeOf(content, zoom, point);
      if (Math.abs(place.x + dx - x) <= side / 2 && Math.abs(place.y + dy - y) <= side / 2) return point;
    }
    const [px, py] = unzoomed(zoom, x, y);
    return this.#gridOf(content).nearest(px, py, REACH / zoom.k);
  }

  /** The points inside an outline x y x y …, in ascending order. */
  pointsIn(content: PointContent, { k, x, y }: Zoom, outline: readonly number[]): Uint32Array {
    return this.#gridOf(content).inside(outline.map((value, i) => (value - (i % 2 === 0 ? x : y)) / k));
  }

  #gridOf({ positions, points: { count } }: PointContent): PointGrid {
    if (this.#known?.positions !== positions || this.#known.count !== count) {
      this.#known = { positions, count, grid: new PointGrid(positions, count) };
    }
    return this.#known.grid;
  }
}

/** A place of the canvas in the picture's own CSS pixels. */
export function unzoomed({ k, x, y }: Zoom, left: number, top: number): [x: number, y: number] {
  return [(left - x) / k, (top - y) / k];
}
