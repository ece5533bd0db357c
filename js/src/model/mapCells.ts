import type { MapPart } from "../protocol/messages";
import type { CellShapes } from "./cellShapes";

/** The clusters' map: convex cells that tile a rectangle, each as large as its cluster's share of the vectors. */
export interface CellMap {
  /** Width / height of the rectangle [0, aspect] × [0, 1] that the cells tile. */
  readonly aspect: number;
  /** n × 2: the centre of area of each polygon; for an empty cluster, where it would lie. */
  readonly centres: Float32Array;
  /** n: radius of a circle around the centre that fits in the polygon; 0 for an empty cluster. */
  readonly inradii: Float32Array;
  /** Where the shapes of cells come as they are needed; null where all are here. */
  readonly shapes: CellShapes | null;
  /** A polygon's vertices, x y x y …, counter-clockwise where y points up; empty for a cluster with no vectors. */
  corners(cell: number): Float32Array;
  /** The cluster at a point, -1 where there is none. */
  find(x: number, y: number): number;
}

/** A map of which every shape is here. */
export interface WholeMap extends CellMap {
  /** All polygons' vertices. */
  readonly points: Float32Array;
  /** n + 1: polygon i is `points[2 * offsets[i] .. 2 * offsets[i + 1])`. */
  readonly offsets: Int32Array;
}

/** Rounding leaves slits between cells, and along the edge of the map. */
const SLIT = 1e-6;

/** The map, joined from its parts. */
export function joined(parts: readonly MapPart[]): WholeMap {
  const { aspect, rows } = parts[0];
  const points = new Float32Array(parts.reduce((sum, part) => sum + part.points.length, 0));
  const offsets = new Int32Array(rows + 1);
  const centres = new Float32Array(2 * rows);
  const inradii = new Float32Array(rows);
  for (const part of parts) {
    const before = offsets[part.offset];
    points.set(part.points, 2 * before);
    part.offsets.forEach((offset, i) => {
      offsets[part.offset + i] = before + offset;
    });
    centres.set(part.centres, 2 * part.offset);
    inradii.set(part.inradii, part.offset);
  }
  const corners = (cell: number) => points.subarray(2 * offsets[cell], 2 * offsets[cell + 1]);
  return { aspect, points, offsets, centres, inradii, shapes: null, corners, find: finder(points, offsets) };
}

/** How far inside a convex polygon a point is: the distance to the nearest edge, below 0 outside. */
export function depthIn(
  corners: Float32Array,
  x: number,
  y: number,
  least = Number.NEGATIVE_INFINITY,
): number {
  let depth = Number.POSITIVE_INFINITY;
  for (let k = 0, j = corners.length - 2; k < corners.length && depth > least; j = k, k += 2) {
    const ex = corners[k] - corners[j];
    const ey = corners[k + 1] - corners[j + 1];
    const inside = (ex * (y - corners[j + 1]) - ey * (x - corners[j])) / (Math.hypot(ex, ey) || 1);
    if (inside < depth) depth = inside;
  }
  return depth;
}

/** Returns a function that finds the convex polygon at a point, -1 for none; `WholeMap` describes the arrays. */
function finder(points: Float32Array, offsets: Int32Array): (x: number, y: number) => number {
  const n = offsets.length - 1;
  const left = new Float32Array(n).fill(Number.POSITIVE_INFINITY);
  const right = new Float32Array(n).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < n; i++) {
    for (let k = offsets[i]; k < offsets[i + 1]; k++) {
      left[i] = Math.min(left[i], points[2 * k]);
      right[i] = Math.max(right[i], points[2 * k]);
    }
  }
  return (x, y) => {
    let best = -1;
    let most = -SLIT;
    if (!Number.isFinite(x + y)) return best;
    for (let i = 0; i < n; i++) {
      if (x < left[i] - SLIT || x > right[i] + SLIT) continue;
      const depth = depthIn(points.subarray(2 * offsets[i], 2 * offsets[i + 1]), x, y, most);
      if (depth > most) {
        most = depth;
        best = i;
      }
    }
    return best;
  };
}
