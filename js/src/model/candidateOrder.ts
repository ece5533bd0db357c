const BITS = 11;
const BUCKETS = 1 << BITS;
const PASSES = 3;
const NONE = new Uint32Array(0);

/**
 * The places of the values from the smallest to the largest; equal ones in the order in which they come. NaN sorts
 * last. A radix sort: 100,000 values in a few milliseconds, where comparing takes a hundred.
 */
export function ascending(values: Float32Array): Uint32Array {
  const n = values.length;
  const bits = new Uint32Array(n);
  new Float32Array(bits.buffer).set(values);
  for (let i = 0; i < n; i++) {
    // Negative zero is zero. Negative numbers count down, and go below the positive ones.
    const value = bits[i] === 0x80000000 ? 0 : bits[i];
    bits[i] = value >>> 31 === 1 && !Number.isNaN(values[i]) ? ~value : value | 0x80000000;
  }
  const counts = new Uint32Array(PASSES * BUCKETS);
  for (let i = 0; i < n; i++) {
    for (let pass = 0; pass < PASSES; pass++) {
      counts[pass * BUCKETS + ((bits[i] >>> (pass * BITS)) & (BUCKETS - 1))]++;
    }
  }
  let from = new Uint32Array(n);
  for (let i = 0; i < n; i++) from[i] = i;
  let to = new Uint32Array(n);
  for (let pass = 0; pass < PASSES; pass++) {
    const count = counts.subarray(pass * BUCKETS, (pass + 1) * BUCKETS);
    let start = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const size = count[bucket];
      count[bucket] = start;
      start += size;
    }
    for (let i = 0; i < n; i++) to[count[(bits[from[i]] >>> (pass * BITS)) & (BUCKETS - 1)]++] = from[i];
    [from, to] = [to, from];
  }
  return from;
}

/** The places of candidates from the best to the worst: largest first where a larger distance means nearer. */
export function nearestFirst(distances: Float32Array, similarity: boolean): Uint32Array {
  return ascending(keys(distances, similarity));
}

/** Extends the order of the first candidates to all of them. */
export function extendOrder(order: Uint32Array, distances: Float32Array, similarity: boolean): Uint32Array {
  const known = order.length;
  if (known === distances.length) return order;
  const values = keys(distances, similarity);
  const rest = ascending(values.subarray(known));
  const merged = new Uint32Array(values.length);
  let [i, j] = [0, 0];
  for (let k = 0; k < merged.length; k++) {
    const value = values[order[i]];
    const isLater = i === known || Number.isNaN(value) || values[known + rest[j]] < value;
    merged[k] = isLater && j < rest.length ? known + rest[j++] : order[i++];
  }
  return merged;
}

/** Orders of candidate lists that grow and shrink at their end while nprobe is dragged: each part is sorted once. */
export class Orders {
  #distances: Float32Array = new Float32Array(0);
  #order: Uint32Array = NONE;

  constructor(readonly similarity: boolean) {}

  of(distances: Float32Array): Uint32Array {
    const before = this.#distances;
    const known = before.length;
    const n = distances.length;
    let same = 0;
    while (same < n && same < known && distances[same] === before[same]) same++;
    if (same === n && n === known) return this.#order;
    if (same === n) return first(this.#order, n);
    this.#order = extendOrder(same === known ? this.#order : NONE, distances, this.similarity);
    this.#distances = distances;
    return this.#order;
  }
}

/** The values below `n`. A loop by index: `filter` and `of` take many times as long. */
function first(order: Uint32Array, n: number): Uint32Array {
  const kept = new Uint32Array(n);
  for (let i = 0, k = 0; k < n; i++) if (order[i] < n) kept[k++] = order[i];
  return kept;
}

function keys(distances: Float32Array, similarity: boolean): Float32Array {
  return similarity ? distances.map((distance) => -distance) : distances;
}
