/** Share of the candidates whose distances are drawn to scale; the rest may be compressed. */
const BULK = 0.99;
const RINGS = 5;
/** Beyond every distance in single precision. */
const FARTHEST = 3.5e38;

/** The distances that a scale must show. Keys grow outward: the distance, or the inner product's negative. */
export interface Domain {
  readonly similarity: boolean;
  /** The nearest of all. */
  readonly best: number;
  /** The round value where the scale becomes linear, at or below the nearest candidate but the query itself. */
  readonly start: number;
  /** Up to here the scale is linear. */
  readonly bulk: number;
  readonly last: number;
  /** Between two round values; 0 when all candidates are equally far. */
  readonly step: number;
}

/**
 * @param distances  as Faiss reports them
 * @param order  places from the nearest to the farthest, at least one
 * @param own  the place of the query's own row, which the linear scale leaves out; -1 for none
 */
export function domainOf(
  distances: Float32Array,
  order: ArrayLike<number>,
  similarity: boolean,
  own = -1,
): Domain {
  const sign = similarity ? -1 : 1;
  const key = (place: number) => finite(sign * distances[order[place]]);
  const n = order.length;
  const best = key(0);
  const nearest = n > 1 && order[0] === own ? key(1) : best;
  const last = key(n - 1);
  const usual = key(Math.floor(BULK * (n - 1)));
  const bulk = usual > nearest ? usual : last;
  if (!(bulk > nearest)) return { similarity, best, start: nearest, bulk: nearest, last: nearest, step: 0 };
  const step = roundStep((bulk - nearest) / RINGS);
  return { similarity, best, start: Math.floor(nearest / step) * step, bulk, last, step };
}

/** The least of 1, 2, 5, 10, 20 … and their like that is at least this. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  for (const factor of [1, 2, 5, 10]) if (factor * power >= least * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/** NaN and overflowed keys count as the farthest. */
export function finite(key: number): number {
  return Number.isNaN(key) ? FARTHEST : Math.max(-FARTHEST, Math.min(FARTHEST, key));
}
