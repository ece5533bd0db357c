/**
 * Geometry of small convex polygons, given as flat `x y x y …` lists in counter-clockwise order.
 */
export type Polygon = readonly number[];

/** The area; 0 for an empty polygon and one folded on a line. */
export function area(polygon: Polygon): number {
  const n = polygon.length;
  let twice = 0;
  for (let i = 0, j = n - 2; i < n; j = i, i += 2) {
    twice += polygon[j] * polygon[i + 1] - polygon[i] * polygon[j + 1];
  }
  return twice / 2;
}

/** The part of the polygon where `x·nx + y·ny` is below (`side` -1) or above (`side` 1) the offset. */
export function clip(polygon: Polygon, nx: number, ny: number, offset: number, side: -1 | 1): number[] {
  const out: number[] = [];
  const n = polygon.length;
  if (n === 0) return out;
  let ax = polygon[n - 2];
  let ay = polygon[n - 1];
  let a = side * (ax * nx + ay * ny - offset);
  for (let i = 0; i < n; i += 2) {
    const bx = polygon[i];
    const by = polygon[i + 1];
    const b = side * (bx * nx + by * ny - offset);
    if ((a < 0 && b > 0) || (a > 0 && b < 0)) {
      const t = a / (a - b);
      out.push(ax + (bx - ax) * t, ay + (by - ay) * t);
    }
    if (b >= 0) out.push(bx, by);
    ax = bx;
    ay = by;
    a = b;
  }
  return out;
}

export interface Moments {
  readonly area: number;
  readonly x: number;
  readonly y: number;
  /** Second moment of area about the centre divided by the squared area: 1/(2π) for a disc, 1/6 for a square. */
  readonly spread: number;
}

/** Area, centre of area, and how far the polygon is from a disc. */
export function moments(polygon: Polygon): Moments {
  const n = polygon.length;
  if (n === 0) return { area: 0, x: 0, y: 0, spread: Number.POSITIVE_INFINITY };
  // About the first vertex, so that a tiny polygon far from the origin keeps its digits.
  const ox = polygon[0];
  const oy = polygon[1];
  let twice = 0;
  let sx = 0;
  let sy = 0;
  let second = 0;
  let ax = 0;
  let ay = 0;
  for (let i = 2; i < n; i += 2) {
    const bx = polygon[i] - ox;
    const by = polygon[i + 1] - oy;
    const cross = ax * by - bx * ay;
    twice += cross;
    sx += cross * (ax + bx);
    sy += cross * (ay + by);
    second += cross * (ax * ax + ax * bx + bx * bx + ay * ay + ay * by + by * by);
    ax = bx;
    ay = by;
  }
  const total = twice / 2;
  if (!(total > 0)) {
    let mx = 0;
    let my = 0;
    for (let i = 0; i < n; i += 2) {
      mx += polygon[i];
      my += polygon[i + 1];
    }
    return { area: 0, x: (2 * mx) / n, y: (2 * my) / n, spread: Number.POSITIVE_INFINITY };
  }
  const cx = sx / (3 * twice);
  const cy = sy / (3 * twice);
  const spread = (second / 12 - total * (cx * cx + cy * cy)) / (total * total);
  return { area: total, x: ox + cx, y: oy + cy, spread };
}

/** Radius of the largest circle around (x, y) inside the polygon; 0 if the point is outside. */
export function clearance(polygon: Polygon, x: number, y: number): number {
  const n = polygon.length;
  let least = n === 0 ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0, j = n - 2; i < n; j = i, i += 2) {
    const ex = polygon[i] - polygon[j];
    const ey = polygon[i + 1] - polygon[j + 1];
    const length = Math.hypot(ex, ey);
    if (length === 0) continue;
    const distance = (ex * (y - polygon[j + 1]) - ey * (x - polygon[j])) / length;
    if (distance < least) least = distance;
  }
  return least > 0 && Number.isFinite(least) ? least : 0;
}

/**
 * The offset at which the line with normal (nx, ny) leaves `fraction` of the polygon's area below it.
 *
 * The area below is a quadratic between two vertices, so the slab is found and its quadratic solved.
 */
export function offsetForArea(polygon: Polygon, nx: number, ny: number, fraction: number): number {
  const m = polygon.length / 2;
  const levels: number[] = new Array(m);
  for (let i = 0; i < m; i++) levels[i] = polygon[2 * i] * nx + polygon[2 * i + 1] * ny;
  const sorted = levels.slice().sort((a, b) => a - b);
  const target = area(polygon) * fraction;
  let below = 0;
  let level = sorted[0];
  let width = chord(polygon, levels, nx, ny, level, true);
  for (let i = 1; i < m; i++) {
    const next = sorted[i];
    const height = next - level;
    if (height <= 0) continue;
    // A horizontal edge makes the chord jump at its level: take the slab's own two ends.
    const start = i === 1 ? width : chord(polygon, levels, nx, ny, level, true);
    const end = chord(polygon, levels, nx, ny, next, false);
    const slab = ((start + end) / 2) * height;
    if (below + slab >= target || i === m - 1) {
      const rest = target - below;
      const slope = (end - start) / height;
      // The stable root of slope/2·h² + start·h = rest.
      const root = Math.sqrt(Math.max(0, start * start + 2 * slope * rest));
      const h = start + root > 0 ? (2 * rest) / (start + root) : 0;
      return level + Math.min(Math.max(h, 0), height);
    }
    below += slab;
    level = next;
    width = end;
  }
  return level;
}

/** Length of the polygon's cut at a level, as the limit from above (`up`) or from below. */
function chord(
  polygon: Polygon,
  levels: readonly number[],
  nx: number,
  ny: number,
  level: number,
  up: boolean,
) {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  const m = levels.length;
  for (let i = 0, j = m - 1; i < m; j = i, i++) {
    const a = levels[j];
    const b = levels[i];
    const low = a < b ? a : b;
    const high = a < b ? b : a;
    if (up ? !(low <= level && level < high) : !(low < level && level <= high)) continue;
    const t = (level - a) / (b - a);
    const va = polygon[2 * j + 1] * nx - polygon[2 * j] * ny;
    const vb = polygon[2 * i + 1] * nx - polygon[2 * i] * ny;
    const v = va + (vb - va) * t;
    if (v < least) least = v;
    if (v > most) most = v;
  }
  return most > least ? most - least : 0;
}
