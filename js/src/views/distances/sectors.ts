/** Angles in radians, clockwise from 12 o'clock. */
export interface Sectors {
  readonly count: number;
  /** Sector p: `from[p - 1]` to `to[p - 1]`, clear of its neighbours. */
  readonly from: Float64Array;
  readonly to: Float64Array;
}

/** Room for the labels of the rings, at 12 o'clock. */
const AXIS = 0.14;
/** Share of the circle that all sectors get evenly, so that small clusters stay visible. */
const EVEN = 0.12;
const LEAST = 0.045;
const LARGEST_GAP = 0.035;

/** Angle of the sector of the clusters that are not probed. */
const ASIDE = 0.9;

/**
 * One sector per cluster in rank order, as wide as its share of the vectors, but not too narrow.
 *
 * @param hasMore  whether one for everything else comes last
 */
export function sectorsOf(sizes: ArrayLike<number>, hasMore = false): Sectors {
  const n = sizes.length;
  const count = n + Number(hasMore);
  const from = new Float64Array(count);
  const to = new Float64Array(count);
  const end = 2 * Math.PI - AXIS / 2;
  const whole = end - AXIS / 2 - (hasMore ? ASIDE : 0);
  let total = 0;
  for (let i = 0; i < n; i++) total += sizes[i];
  const least = total === 0 ? whole / Math.max(1, n) : Math.min(LEAST, (EVEN * whole) / n);
  const shared = whole - n * least;
  let angle = AXIS / 2;
  for (let i = 0; i < n; i++) {
    const width = least + (total === 0 ? 0 : (shared * sizes[i]) / total);
    const gap = Math.min(LARGEST_GAP, 0.14 * width);
    from[i] = angle + gap / 2;
    to[i] = angle + width - gap / 2;
    angle += width;
  }
  if (hasMore) {
    from[n] = end - ASIDE + LARGEST_GAP;
    to[n] = end;
  }
  return { count, from, to };
}

/** Which sector is at an angle, from 1; null between sectors. */
export function sectorAt({ count, from, to }: Sectors, angle: number): number | null {
  let low = 0;
  let high = count - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (angle < from[middle]) high = middle - 1;
    else if (angle > to[middle]) low = middle + 1;
    else return middle + 1;
  }
  return null;
}

/** Clockwise from 12 o'clock, from 0 to 2π. */
export function angleOf(dx: number, dy: number): number {
  const angle = Math.atan2(dx, -dy);
  return angle < 0 ? angle + 2 * Math.PI : angle;
}
