import { bisect } from "./bisection";
import { finder } from "./finder";
import { clearance, moments, type Polygon } from "./polygon";
import { roundTiling } from "./tiling";

/** The clusters' map: convex cells that tile a rectangle, each as large as its cluster's share of the vectors. */
export interface CellMap {
  /** Width / height of the rectangle [0, aspect] × [0, 1] that the cells tile. */
  readonly aspect: number;
  /** All polygons' vertices, x y x y …, counter-clockwise where y points up. */
  readonly points: Float32Array;
  /** n + 1: polygon i is `points[2 * offsets[i] .. 2 * offsets[i + 1])`; empty for a cluster with no vectors. */
  readonly offsets: Uint32Array;
  /** n × 2: the centre of area of each polygon; for an empty cluster, where it would lie. */
  readonly centres: Float32Array;
  /** n: radius of a circle around the centre that fits in the polygon; 0 for an empty cluster. */
  readonly inradii: Float32Array;
  /** The cluster at a point, -1 where there is none. */
  find(x: number, y: number): number;
}

const CELLS_PER_SLICE = 1024;
/** Distances measured between two yields: a few milliseconds. */
const WORK_PER_SLICE = 500_000;

/**
 * Cells out of positions and sizes. The caller drives the generator, and may paint between any two steps.
 *
 * @param positions  n × 2, any range; values that are not finite count as the middle
 * @param sizes  n, vectors per cluster
 * @param aspect  width / height of the map
 */
export function* partition(
  positions: Float32Array,
  sizes: ArrayLike<number>,
  aspect: number,
): Generator<void, CellMap> {
  const n = sizes.length;
  if (positions.length !== 2 * n) {
    throw new RangeError(`positions must hold 2 numbers for each of ${n} sizes, got ${positions.length}`);
  }
  const x = stretched(positions, 0, aspect);
  const y = stretched(positions, 1, 1);
  const weights = Float64Array.from(sizes, (size) => (size > 0 && Number.isFinite(size) ? size : 0));
  const bisected = yield* bisect(x, y, weights, [0, 0, aspect, 0, aspect, 1, 0, 1]);
  const cells = (yield* roundTiling(bisected, { x, y }, weights, aspect)) ?? bisected;
  const { points, offsets } = yield* flatten(cells);
  const centres = new Float32Array(2 * n);
  const inradii = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    if (i % CELLS_PER_SLICE === CELLS_PER_SLICE - 1) yield;
    if (cells[i].length === 0) continue;
    const { x: cx, y: cy } = moments(cells[i]);
    centres[2 * i] = cx;
    centres[2 * i + 1] = cy;
    inradii[i] = clearance(cells[i], centres[2 * i], centres[2 * i + 1]);
  }
  let work = 0;
  for (let i = 0; i < n; i++) {
    if (cells[i].length > 0) continue;
    const nearest = nearestCell(i, x, y, cells);
    work += n;
    if (work > WORK_PER_SLICE) {
      work = 0;
      yield;
    }
    centres[2 * i] = nearest < 0 ? x[i] : centres[2 * nearest];
    centres[2 * i + 1] = nearest < 0 ? y[i] : centres[2 * nearest + 1];
  }

  return { aspect, points, offsets, centres, inradii, find: finder(points, offsets) };
}

/** One coordinate of the positions, stretched to [0, span]. */
function stretched(positions: Float32Array, axis: 0 | 1, span: number): Float64Array {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = axis; i < positions.length; i += 2) {
    const value = positions[i];
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const scale = high > low ? span / (high - low) : 0;
  const out = new Float64Array(positions.length / 2);
  for (let i = 0; i < out.length; i++) {
    const value = positions[2 * i + axis];
    out[i] = scale > 0 && Number.isFinite(value) ? (value - low) * scale : span / 2;
  }
  return out;
}

function* flatten(cells: readonly Polygon[]) {
  const offsets = new Uint32Array(cells.length + 1);
  for (let i = 0; i < cells.length; i++) offsets[i + 1] = offsets[i] + cells[i].length / 2;
  const points = new Float32Array(2 * offsets[cells.length]);
  for (let i = 0; i < cells.length; i++) {
    if (i % CELLS_PER_SLICE === CELLS_PER_SLICE - 1) yield;
    points.set(cells[i], 2 * offsets[i]);
  }
  return { points, offsets };
}

/** The populated cluster whose position is nearest to an empty one's; -1 if none is populated. */
function nearestCell(cluster: number, x: Float64Array, y: Float64Array, cells: readonly Polygon[]): number {
  let nearest = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < cells.length; i++) {
    if (cells[i].length === 0) continue;
    const distance = (x[i] - x[cluster]) ** 2 + (y[i] - y[cluster]) ** 2;
    if (distance < least) {
      least = distance;
      nearest = i;
    }
  }
  return nearest;
}
