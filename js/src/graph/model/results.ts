import type { WalkResults } from "../../protocol/messages";
import type { GraphWalk } from "./walk";

export interface GraphResult {
  readonly id: bigint;
  readonly distance: number;
  /** Its place among the visits; null where the results are the engine's own. */
  readonly place: number | null;
}

/**
 * The k nearest of the first visits, as Faiss returns them; deleted ones are none.
 *
 * A node enters the results only if it is strictly nearer than the worst of them, which it replaces; of equally bad ones
 * the one with the largest number goes (the smallest, for similarities).
 *
 * @param own  a row that is left out
 */
export function resultsAmong(
  walk: GraphWalk,
  visits: number,
  k: number,
  similarity: boolean,
  own: bigint | null,
): GraphResult[] {
  const sign = similarity ? -1 : 1;
  const { distances, nodes, ids, deleted } = walk;
  const isWorse = (a: number, b: number): boolean => {
    const [one, other] = [sign * distances[a], sign * distances[b]];
    return one > other || (one === other && (similarity ? nodes[a] < nodes[b] : nodes[a] > nodes[b]));
  };
  // The engine's search has the query's own row among its results: one more than k.
  const most = own === null ? k : k + 1;
  const heap: number[] = [];
  for (let place = 0; place < visits; place++) {
    if (deleted[place] === 1) continue;
    if (heap.length < most) {
      heap.push(place);
      rise(heap, isWorse);
    } else if (sign * distances[place] < sign * distances[heap[0]]) {
      heap[0] = place;
      sink(heap, isWorse);
    }
  }
  return heap
    .sort((a, b) => (isWorse(a, b) ? 1 : -1))
    .filter((place) => ids[place] !== own)
    .slice(0, k)
    .map((place) => ({ id: ids[place], distance: distances[place], place }));
}

/** The results at an efSearch that the engine has told, nearest first; null where it has not. */
export function resultsAt(
  { ef_from: from, ef_until: until, offsets, ids, distances }: WalkResults,
  ef: number,
): { readonly id: bigint; readonly distance: number }[] | null {
  if (from.length === 0 || ef < from[0] || ef > until) return null;
  const after = from.findIndex((value) => value > ef);
  const state = (after < 0 ? from.length : after) - 1;
  const found = [];
  for (let i = offsets[state]; i < offsets[state + 1]; i++)
    found.push({ id: ids[i], distance: distances[i] });
  return found;
}

type IsWorse = (a: number, b: number) => boolean;

function rise(heap: number[], isWorse: IsWorse): void {
  let at = heap.length - 1;
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (!isWorse(heap[at], heap[above])) return;
    [heap[at], heap[above]] = [heap[above], heap[at]];
    at = above;
  }
}

function sink(heap: number[], isWorse: IsWorse): void {
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= heap.length) return;
    if (below + 1 < heap.length && isWorse(heap[below + 1], heap[below])) below++;
    if (!isWorse(heap[below], heap[at])) return;
    [heap[at], heap[below]] = [heap[below], heap[at]];
    at = below;
  }
}

/**
 * The n-th nearest of the visits so far, after each visit, as a key that is smaller for the nearer; infinity while there
 * are fewer.
 */
export function nthNearest(walk: GraphWalk, visits: number, n: number, similarity: boolean): Float32Array {
  const sign = similarity ? -1 : 1;
  const found = new Float32Array(visits).fill(Number.POSITIVE_INFINITY);
  const heap: number[] = [];
  const isWorse: IsWorse = (a, b) => a > b;
  for (let place = 0; place < visits; place++) {
    const key = sign * walk.distances[place];
    if (walk.deleted[place] === 1) {
      // It counts for nothing.
    } else if (heap.length < n) {
      heap.push(key);
      rise(heap, isWorse);
    } else if (key < heap[0]) {
      heap[0] = key;
      sink(heap, isWorse);
    }
    if (heap.length === n) found[place] = heap[0];
  }
  return found;
}
