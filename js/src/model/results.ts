import type { FaissResults } from "../protocol/messages";
import type { Probe } from "./probe";
import type { Search } from "./search";

export interface Result {
  readonly id: bigint;
  readonly distance: number;
  /** Rank of its cluster, 1 = nearest. */
  readonly clusterRank: number;
  readonly cluster: number;
  /** Its place in the first pass, where there was a second. */
  readonly before?: number | undefined;
  /** Its place among all vectors once the true neighbours are known; Infinity where it is beyond what is kept. */
  readonly place?: number;
}

interface Entry {
  readonly key: number;
  readonly id: bigint;
  readonly rank: number;
}

/**
 * The k results of probing these clusters, as Faiss returns them, from the candidates received.
 *
 * @param includeSelf  whether a row that is the query is among them; else they are the results of a search for one
 * more, or for as many more as the row is stored times, without that row
 */
export function resultsAt(
  search: Search,
  probe: Probe,
  k: number,
  similarity: boolean,
  includeSelf = true,
): Result[] {
  if (includeSelf || search.id === null) return bestOf(search, probe, k, similarity);
  const found = bestOf(search, probe, k + search.copies, similarity);
  return found.filter(({ id }) => id !== search.id).slice(0, k);
}

/**
 * The k best candidates, by the rule of Faiss for ties.
 *
 * Faiss keeps a heap of the k best: a candidate enters only if it is strictly better than the worst, which it
 * replaces, and of equally bad ones the one with the largest id goes (the smallest, for inner product). Only
 * candidates that are not worse than the k-th distance can matter, so the heap is replayed over those alone.
 */
function bestOf(search: Search, { ranks }: Probe, k: number, similarity: boolean): Result[] {
  const sign = similarity ? -1 : 1;
  const bound = kthBest(search, ranks, k, sign);
  const entries: Entry[] = [];
  for (const rank of ranks) {
    const list = search.at(rank);
    if (list === null) continue;
    for (let i = list.start; i < list.end; i++) {
      const key = sign * list.distances[i];
      if (key <= bound) entries.push({ key, id: list.ids[i], rank });
    }
  }
  const worse = (left: Entry, right: Entry): boolean =>
    left.key > right.key ||
    (left.key === right.key && (similarity ? left.id < right.id : left.id > right.id));
  const kept = entries.length > k ? replay(entries, k, worse) : entries;
  return kept
    .sort((left, right) => (worse(left, right) ? 1 : -1))
    .filter((entry) => entry.id !== -1n)
    .map(({ key, id, rank }) => ({
      id,
      distance: sign * key,
      clusterRank: rank,
      cluster: search.order[rank - 1],
    }));
}

/** The k-th smallest key of the clusters, or infinity where there are fewer. */
function kthBest(search: Search, ranks: Iterable<number>, k: number, sign: number): number {
  const heap = new Float32Array(k);
  let size = 0;
  for (const rank of ranks) {
    const list = search.at(rank);
    if (list === null) continue;
    const { distances, end } = list;
    for (let i = list.start; i < end; i++) {
      const key = sign * distances[i];
      if (size < k) {
        siftUp(heap, size++, key);
      } else if (key < heap[0]) {
        siftDown(heap, size, key);
      }
    }
  }
  return size < k ? Number.POSITIVE_INFINITY : heap[0];
}

function siftUp(heap: Float32Array, at: number, key: number): void {
  let child = at;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (heap[parent] >= key) break;
    heap[child] = heap[parent];
    child = parent;
  }
  heap[child] = key;
}

function siftDown(heap: Float32Array, size: number, key: number): void {
  let parent = 0;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= size) break;
    if (child + 1 < size && heap[child + 1] > heap[child]) child++;
    if (heap[child] <= key) break;
    heap[parent] = heap[child];
    parent = child;
  }
  heap[parent] = key;
}

function replay(entries: readonly Entry[], k: number, worse: (a: Entry, b: Entry) => boolean): Entry[] {
  const kept: Entry[] = [];
  for (const entry of entries) {
    if (kept.length < k) {
      kept.push(entry);
      continue;
    }
    let worst = 0;
    for (let i = 1; i < k; i++) if (worse(kept[i], kept[worst])) worst = i;
    if (entry.key < kept[worst].key) kept[worst] = entry;
  }
  return kept;
}

/** The results that the kernel has computed. */
export function resultsOf({ ids, distances, rank_of, handed_over }: FaissResults, search: Search): Result[] {
  const before = new Map(Array.from(handed_over, (id, i) => [id, i + 1]));
  return Array.from(ids, (id, i) => ({
    id,
    distance: distances[i],
    clusterRank: rank_of[i],
    cluster: search.order[rank_of[i] - 1],
    before: before.get(id),
  }));
}

/** Whether results tie with each other or with other candidates: then more than distances chooses among them. */
export function areTied(
  search: Search,
  probe: Probe,
  k: number,
  similarity: boolean,
  includeSelf = true,
): boolean {
  // Of each cluster only kMax candidates are kept: a tie with the next one is unknown.
  if (k >= search.kMax) return true;
  const results = resultsAt(search, probe, k + 1, similarity, includeSelf);
  return results.some(({ distance }, i) => distance === results[i - 1]?.distance);
}

/** The number of results in each cluster. */
export function tally(results: readonly Result[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { cluster } of results) counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
  return counts;
}
