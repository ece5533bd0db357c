import type { Polygon } from "./polygon";

/** Cuts of a rectangle, as a tree: below the line goes to `below`, the rest to `above`. */
export interface Cuts {
  /** Line `k` is `x·nx[k] + y·ny[k] = offset[k]`. */
  readonly nx: Float64Array;
  readonly ny: Float64Array;
  readonly offset: Float64Array;
  /** The next line, or `~cluster` where a cell is reached. */
  readonly below: Int32Array;
  readonly above: Int32Array;
  readonly root: number;
}

/** Share of a cell's inner radius by which its edges are pushed out to meet the neighbours. */
const NUDGE = 1e-4;

/** The cell at a point of the rectangle. */
export function descend(cuts: Cuts, x: number, y: number): number {
  let node = cuts.root;
  while (node >= 0) {
    node = x * cuts.nx[node] + y * cuts.ny[node] < cuts.offset[node] ? cuts.below[node] : cuts.above[node];
  }
  return ~node;
}

/** The cells that a segment passes through for more than a touch. */
function alongSegment(cuts: Cuts, ax: number, ay: number, bx: number, by: number, seen: Set<number>): void {
  const stack: number[][] = [[cuts.root, 0, 1]];
  while (stack.length > 0) {
    const [node, from, to] = stack.pop() as number[];
    if (node < 0) {
      seen.add(~node);
      continue;
    }
    const a = ax * cuts.nx[node] + ay * cuts.ny[node] - cuts.offset[node];
    const b = bx * cuts.nx[node] + by * cuts.ny[node] - cuts.offset[node];
    const start = a + (b - a) * from;
    const end = a + (b - a) * to;
    if (start < 0 && end < 0) stack.push([cuts.below[node], from, to]);
    else if (start >= 0 && end >= 0) stack.push([cuts.above[node], from, to]);
    else {
      const t = Math.min(to, Math.max(from, a / (a - b)));
      stack.push([start < 0 ? cuts.below[node] : cuts.above[node], from, t]);
      stack.push([end < 0 ? cuts.below[node] : cuts.above[node], t, to]);
    }
  }
}

/** The cells on the other side of a cell's edges, in the rectangle [0, width] × [0, 1]. */
export function across(
  cuts: Cuts,
  cell: number,
  polygon: Polygon,
  inradius: number,
  width: number,
): number[] {
  const seen = new Set<number>();
  const out = inradius * NUDGE;
  for (let i = 0, j = polygon.length - 2; i < polygon.length; j = i, i += 2) {
    const ex = polygon[i] - polygon[j];
    const ey = polygon[i + 1] - polygon[j + 1];
    const length = Math.hypot(ex, ey);
    if (length <= 4 * out) continue;
    const px = (ey / length) * out;
    const py = (-ex / length) * out;
    const mx = (polygon[i] + polygon[j]) / 2 + px;
    const my = (polygon[i + 1] + polygon[j + 1]) / 2 + py;
    if (mx < 0 || mx > width || my < 0 || my > 1) continue;
    const t = (2 * out) / length;
    alongSegment(
      cuts,
      polygon[j] + ex * t + px,
      polygon[j + 1] + ey * t + py,
      polygon[i] - ex * t + px,
      polygon[i + 1] - ey * t + py,
      seen,
    );
  }
  seen.delete(cell);
  return [...seen].sort((a, b) => a - b);
}
