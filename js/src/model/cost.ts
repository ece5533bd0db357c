import type { Search } from "./search";

/** Distances computed by a search and by brute force. */
export interface Cost {
  readonly coarse: number;
  readonly fine: number;
  readonly bruteForce: number;
}

/** The cost of a search where the clusters at these ranks are probed: all centroids, and every vector in them. */
export function costOf(search: Search, ranks: Iterable<number>, sizes: Int32Array): Cost {
  let fine = 0;
  for (const rank of ranks) fine += search.sizeAt(rank);
  return { coarse: search.nlist, fine, bruteForce: sizes.reduce((sum, size) => sum + size, 0) };
}
