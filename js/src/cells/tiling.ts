import { bisect } from "./bisection";
import { across, descend } from "./cuts";
import { clearance, moments, type Polygon } from "./polygon";
import type { Diagram } from "./power";
import { roundCells } from "./relaxation";
import type { Places } from "./sitetree";
import { spread } from "./spreading";

/** Convex cells that tile the rectangle [0, width] × [0, 1], each in proportion to its weight. */
export interface Tiling {
  /** Empty where the weight is 0. */
  readonly cells: readonly Polygon[];
  /** The cell at a point of the rectangle. */
  find(x: number, y: number): number;
  /** The cells that share a piece of edge with a cell, in ascending order. */
  neighbours(cell: number): number[];
}

/** More cells than this are a few pixels each, and their shape does not show. */
const MOST_ROUND = 20_000;
/** Edges shorter than this, in square roots of the smaller cell's area, do not make neighbours. */
const TOUCH = 1e-4;
/** Corners nearer to each other than this, in square roots of the area, are one: single precision ends there. */
const SAME_CORNER = 1e-7;
const CELLS_PER_SLICE = 1024;

/**
 * Cells by cutting the rectangle in two, and each part again.
 *
 * @param x, y  where each cell should about lie
 * @param weights  at or above 0
 */
export function* bisectedTiling(
  x: Float64Array,
  y: Float64Array,
  weights: Float64Array,
  width: number,
): Generator<void, Tiling> {
  const { cells, cuts } = yield* bisect(x, y, weights, [0, 0, width, 0, width, 1, 0, 1]);
  return {
    cells,
    find: (px, py) => descend(cuts, px, py),
    neighbours(cell) {
      const polygon = cells[cell];
      const { x: cx, y: cy } = moments(polygon);
      return across(cuts, cell, polygon, clearance(polygon, cx, cy), width);
    },
  };
}

/**
 * Round cells about where the positions are; null where there are too many, or their areas cannot be had.
 *
 * @param bisected  the tiling of the same positions by cuts
 * @param positions  where each cell should about lie, inside the rectangle
 * @param weights  at or above 0
 */
export function* roundTiling(
  bisected: Tiling,
  positions: Places,
  weights: Float64Array,
  width: number,
): Generator<void, Tiling | null> {
  const populated: number[] = [];
  for (let i = 0; i < weights.length; i++) if (weights[i] > 0) populated.push(i);
  const n = populated.length;
  if (n === 0 || n > MOST_ROUND) return null;
  yield;
  const members = inRows(populated, positions, width);
  yield;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const wanted = Float64Array.from(members, (member) => (weights[member] / total) * width);
  const centres = { x: new Float64Array(n), y: new Float64Array(n) };
  const places = { x: new Float64Array(n), y: new Float64Array(n) };
  const placeOf = new Int32Array(weights.length).fill(-1);
  for (let i = 0; i < n; i++) {
    const { x, y } = moments(bisected.cells[members[i]]);
    centres.x[i] = x;
    centres.y[i] = y;
    places.x[i] = positions.x[members[i]];
    places.y[i] = positions.y[members[i]];
    placeOf[members[i]] = i;
    if (i % CELLS_PER_SLICE === CELLS_PER_SLICE - 1) yield;
  }
  const even = yield* spread(places, centres, wanted, width);
  const round =
    (even && (yield* roundCells(even, wanted, width))) ?? (yield* roundCells(centres, wanted, width));
  if (round === null) return null;
  const { sites, diagram, tree } = round;
  const cells: Polygon[] = new Array(weights.length).fill([]);
  for (let i = 0; i < n; i++) {
    cells[members[i]] = polygonOf(diagram, i, sites.x[i], sites.y[i]);
    if (i % CELLS_PER_SLICE === CELLS_PER_SLICE - 1) yield;
  }
  return {
    cells,
    find: (px, py) => members[tree.nearest(px, py)],
    neighbours(cell) {
      const i = placeOf[cell];
      const near = i < 0 ? [] : Array.from(around(diagram, i)).filter((j) => touch(diagram, i, j));
      return near.map((j) => members[j]).sort((a, b) => a - b);
    },
  };
}

/** Members row by row: with near ones near in memory, a large map takes a sixth less time. */
function inRows(members: readonly number[], { x, y }: Places, width: number): Uint32Array {
  const rows = Math.ceil(Math.sqrt(members.length));
  const step = (share: number) => Math.min(rows - 1, Math.floor(share * rows));
  const keys = Float64Array.from(
    members,
    (member, i) => (step(y[member]) * rows + step(x[member] / width)) * MOST_ROUND + i,
  );
  return Uint32Array.from(keys.sort(), (key) => members[key % MOST_ROUND]);
}

function polygonOf({ start, corners, area }: Diagram, i: number, x: number, y: number): Polygon {
  const polygon: number[] = [];
  const same = area[i] * SAME_CORNER ** 2;
  for (let k = start[i], j = start[i + 1] - 1; k < start[i + 1]; k++) {
    const cx = corners[2 * k];
    const cy = corners[2 * k + 1];
    if ((cx - corners[2 * j]) ** 2 + (cy - corners[2 * j + 1]) ** 2 <= same) continue;
    polygon.push(x + cx, y + cy);
    j = k;
  }
  return polygon;
}

/** The sites beyond a cell's edges. */
function around({ start, beyond }: Diagram, i: number): Int32Array {
  return beyond.subarray(start[i], start[i + 1]).filter((j) => j >= 0);
}

/** Whether two cells share more than a corner. Asked of the first of the two, so that they agree. */
function touch({ start, corners, beyond, area }: Diagram, a: number, b: number): boolean {
  const i = Math.min(a, b);
  const k = start[i] + beyond.subarray(start[i], start[i + 1]).indexOf(Math.max(a, b));
  if (k < start[i]) return false;
  const j = k === start[i] ? start[i + 1] - 1 : k - 1;
  const squared = (corners[2 * k] - corners[2 * j]) ** 2 + (corners[2 * k + 1] - corners[2 * j + 1]) ** 2;
  return squared > TOUCH ** 2 * Math.min(area[a], area[b]);
}
