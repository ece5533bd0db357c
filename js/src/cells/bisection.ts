import { clip, moments, offsetForArea, type Polygon } from "./polygon";

/** Directions tried for a cut; a cut between few points matters less. */
const ANGLES = 12;
const ANGLES_OF_FEW = 8;
const FEW = 8;
/** How much compactness of the halves a cut may cost that goes across the points' longer axis. */
const PULL = 0.06;

/** How many points may be sorted before the caller gets a chance to paint. */
const WORK_PER_SLICE = 6000;
/** The sort key holds 32 bits of position above 20 bits of index. */
const INDEX_SPAN = 2 ** 20;
const KEY_STEPS = 2 ** 32 - 1;

interface Pending {
  readonly from: number;
  readonly to: number;
  readonly polygon: Polygon;
}

/**
 * Divide a rectangle among weighted points by recursive oblique cuts, each cell getting its share of the area.
 *
 * @param x, y  positions, inside or near the rectangle
 * @param weights  at or above 0; a point of weight 0 gets an empty cell
 */
export function* bisect(
  x: Float64Array,
  y: Float64Array,
  weights: Float64Array,
  rectangle: Polygon,
): Generator<void, Polygon[]> {
  const members: number[] = [];
  for (let i = 0; i < weights.length; i++) if (weights[i] > 0) members.push(i);
  const order = Uint32Array.from(members);
  const count = order.length;
  const cells: Polygon[] = new Array(weights.length).fill([]);
  const keys = new Float64Array(count);
  const moved = new Uint32Array(count);
  let work = 0;

  const stack: Pending[] = [];
  if (count > 0) stack.push({ from: 0, to: count, polygon: rectangle });
  while (stack.length > 0) {
    const { from, to, polygon } = stack.pop() as Pending;
    const size = to - from;
    if (size === 1) {
      cells[order[from]] = polygon;
      continue;
    }
    const angle = cutAngle(polygon, x, y, weights, order, from, to);
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    sortAlong(cos, sin, x, y, order, from, to, keys, moved);
    const { at, share } = middle(weights, order, from, to);
    const line = offsetForArea(polygon, cos, sin, share);
    stack.push(
      { from: at, to, polygon: clip(polygon, cos, sin, line, 1) },
      { from, to: at, polygon: clip(polygon, cos, sin, line, -1) },
    );
    work += size + 30;
    if (work > WORK_PER_SLICE) {
      work = 0;
      yield;
    }
  }
  return cells;
}

/** The direction to cut across: compact halves, and the points spread along it. */
function cutAngle(
  polygon: Polygon,
  x: Float64Array,
  y: Float64Array,
  weights: Float64Array,
  order: Uint32Array,
  from: number,
  to: number,
): number {
  let total = 0;
  let mx = 0;
  let my = 0;
  for (let i = from; i < to; i++) {
    const c = order[i];
    total += weights[c];
    mx += weights[c] * x[c];
    my += weights[c] * y[c];
  }
  mx /= total;
  my /= total;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let i = from; i < to; i++) {
    const c = order[i];
    const dx = x[c] - mx;
    const dy = y[c] - my;
    xx += weights[c] * dx * dx;
    xy += weights[c] * dx * dy;
    yy += weights[c] * dy * dy;
  }
  const trace = xx + yy;
  const principal = 0.5 * Math.atan2(2 * xy, xx - yy);
  const angles = to - from <= FEW ? ANGLES_OF_FEW : ANGLES;
  let best = principal;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < angles; i++) {
    const angle = principal + (Math.PI * i) / angles;
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    const line = offsetForArea(polygon, cos, sin, 0.5);
    const halves =
      moments(clip(polygon, cos, sin, line, -1)).spread + moments(clip(polygon, cos, sin, line, 1)).spread;
    const along = trace > 0 ? (xx * cos * cos + 2 * xy * cos * sin + yy * sin * sin) / trace : 0.5;
    const cost = halves - PULL * along;
    if (cost < least) {
      least = cost;
      best = angle;
    }
  }
  return best;
}

/** Sort `order[from..to)` by position along a direction, ties by index. */
function sortAlong(
  cos: number,
  sin: number,
  x: Float64Array,
  y: Float64Array,
  order: Uint32Array,
  from: number,
  to: number,
  keys: Float64Array,
  moved: Uint32Array,
): void {
  const n = to - from;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++) {
    const c = order[from + i];
    const p = x[c] * cos + y[c] * sin;
    keys[i] = p;
    moved[i] = c;
    if (p < low) low = p;
    if (p > high) high = p;
  }
  if (n === 2) {
    if (keys[0] > keys[1]) {
      order[from] = moved[1];
      order[from + 1] = moved[0];
    }
    return;
  }
  const scale = high > low ? KEY_STEPS / (high - low) : 0;
  for (let i = 0; i < n; i++) keys[i] = Math.round((keys[i] - low) * scale) * INDEX_SPAN + i;
  const sorted = keys.subarray(0, n).sort();
  for (let i = 0; i < n; i++) order[from + i] = moved[sorted[i] % INDEX_SPAN];
}

/** Where the sorted points divide most evenly by weight, and the weight's share before that place. */
function middle(weights: Float64Array, order: Uint32Array, from: number, to: number) {
  let total = 0;
  for (let i = from; i < to; i++) total += weights[order[i]];
  let sum = 0;
  let at = from + 1;
  let share = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = from; i < to - 1; i++) {
    sum += weights[order[i]];
    const off = Math.abs(sum / total - 0.5);
    if (off < least) {
      least = off;
      at = i + 1;
      share = sum / total;
    }
  }
  return { at, share };
}
