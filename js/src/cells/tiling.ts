import { moments, type Polygon } from "./polygon";
import type { Diagram } from "./power";
import { roundCells } from "./relaxation";
import type { Places } from "./sitetree";
import { spread } from "./spreading";

/** More cells than this are a few pixels each, and their shape does not show. */
const MOST_ROUND = 20_000;
/** Corners nearer to each other than this, in square roots of the area, are one: single precision ends there. */
const SAME_CORNER = 1e-7;
const CELLS_PER_SLICE = 1024;

/**
 * Round cells about where the positions are; null where there are too many, or their areas cannot be had.
 *
 * @param bisected  cells of the same positions, by cuts
 * @param positions  where each cell should about lie, inside the rectangle
 * @param weights  at or above 0
 */
export function* roundTiling(
  bisected: readonly Polygon[],
  positions: Places,
  weights: Float64Array,
  width: number,
): Generator<void, Polygon[] | null> {
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
  for (let i = 0; i < n; i++) {
    const { x, y } = moments(bisected[members[i]]);
    centres.x[i] = x;
    centres.y[i] = y;
    places.x[i] = positions.x[members[i]];
    places.y[i] = positions.y[members[i]];
    if (i % CELLS_PER_SLICE === CELLS_PER_SLICE - 1) yield;
  }
  const even = yield* spread(places, centres, wanted, width);
  const round =
    (even && (yield* roundCells(even, wanted, width))) ?? (yield* roundCells(centres, wanted, width));
  if (round === null) return null;
  const { sites, diagram } = round;
  const cells: Polygon[] = new Array(weights.length).fill([]);
  for (let i = 0; i < n; i++) {
    cells[members[i]] = polygonOf(diagram, i, sites.x[i], sites.y[i]);
    if (i % CELLS_PER_SLICE === CELLS_PER_SLICE - 1) yield;
  }
  return cells;
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
