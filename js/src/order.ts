const BITS = 11;
const BUCKETS = 1 << BITS;
const PASSES = 3;

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
  return ascending(similarity ? distances.map((distance) => -distance) : distances);
}
