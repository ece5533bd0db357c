import { type Result, resultsAt } from "./results";
import type { Search } from "./search";

/** The k nearest of all vectors, and when a search finds them. */
export interface Truth {
  /** Nearest first, as a search of all clusters returns them. */
  readonly neighbours: readonly Result[];
  /**
   * The nprobe at which the first of them is found, the second and so on, ascending. Whatever ties with the last one
   * counts as well as it.
   */
  readonly foundAt: Int32Array;
}

/** A true neighbour that is no result. */
export interface Missed extends Result {
  /** Its place among the true neighbours, 1 = nearest. */
  readonly place: number;
}

/** The truth for one query, or null as long as some clusters have not been compared. */
export function truthOf(search: Search, k: number, similarity: boolean): Truth | null {
  const { nlist } = search;
  if (search.received < nlist) return null;
  const neighbours = resultsAt(search, nlist, k, similarity);
  const worst = neighbours.at(-1)?.distance ?? 0;
  const ranks: number[] = [];
  for (let rank = 1; rank <= nlist && ranks.length < neighbours.length; rank++) {
    const { ids, distances, start, end } = search.at(rank) ?? NOTHING;
    for (let i = start; i < end; i++) {
      const isNear = similarity ? distances[i] >= worst : distances[i] <= worst;
      if (isNear && ids[i] !== -1n) ranks.push(rank);
    }
  }
  return { neighbours, foundAt: Int32Array.from(ranks.slice(0, neighbours.length)) };
}

const NOTHING = { ids: new BigInt64Array(0), distances: new Float32Array(0), start: 0, end: 0 };

/** How many of the true neighbours a search at this nprobe finds. */
export function foundBy(truth: Truth, nprobe: number): number {
  return truth.foundAt.filter((at) => at <= nprobe).length;
}

/** The smallest nprobe that finds them all. */
export function nprobeNeeded(truth: Truth): number {
  return truth.foundAt.at(-1) ?? 1;
}

/** The true neighbours that a search at this nprobe does not find; of those that tie for the last place, as many as lack. */
export function missedAt(truth: Truth, nprobe: number): Missed[] {
  const { neighbours } = truth;
  let lacking = neighbours.length - foundBy(truth, nprobe);
  return neighbours
    .map((neighbour, i) => ({ ...neighbour, place: i + 1 }))
    .filter(({ clusterRank }) => clusterRank > nprobe && lacking-- > 0);
}

/**
 * How many clusters that are not probed could, by geometry alone, hold something nearer than the last of these
 * results; null where there are fewer than k.
 */
export function openClusters(
  bounds: Float32Array,
  nprobe: number,
  results: readonly Result[],
  k: number,
  similarity: boolean,
): number | null {
  if (results.length < k) return null;
  const worst = results[k - 1].distance;
  return bounds.subarray(nprobe).filter((bound) => (similarity ? bound > worst : bound < worst)).length;
}
