import { nearest, type Probe } from "./probe";
import { type Result, resultsAt } from "./results";
import type { Search } from "./search";

/** The k nearest of all vectors, and where they are. */
export interface Truth {
  /** Nearest first, as a search of all clusters returns them. */
  readonly neighbours: readonly Result[];
  /** How many of them are nearer than the last. */
  readonly better: number;
  /** The ranks of the clusters of all vectors that are as far as the last, ascending: any will do in its place. */
  readonly tied: readonly number[];
  /** The nprobe at which the first of them is found, the second and so on, ascending. */
  readonly foundAt: readonly number[];
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
  const neighbours = resultsAt(search, nearest(nlist), k, similarity);
  const worst = neighbours.at(-1)?.distance ?? 0;
  const near = neighbours.filter(({ distance }) => distance !== worst).map(({ clusterRank }) => clusterRank);
  const better = near.length;
  const tied: number[] = [];
  for (let rank = 1; rank <= nlist && neighbours.length > 0; rank++) {
    const list = search.at(rank);
    for (let i = list?.start ?? 0; i < (list?.end ?? 0); i++) {
      if (list?.distances[i] === worst && list.ids[i] !== -1n) tied.push(rank);
    }
  }
  const foundAt = [...near, ...tied.slice(0, neighbours.length - better)].sort((a, b) => a - b);
  return { neighbours, better, tied, foundAt };
}

/** How many of the true neighbours a search finds; of those that tie for the last place any will do. */
export function foundIn({ neighbours, better, tied }: Truth, probe: Probe): number {
  let found = 0;
  for (let i = 0; i < better; i++) if (probe.has(neighbours[i].clusterRank)) found++;
  let places = neighbours.length - better;
  for (let i = 0; i < tied.length && places > 0; i++) if (probe.has(tied[i])) places--;
  return found + neighbours.length - better - places;
}

/** The smallest nprobe that finds them all. */
export function nprobeNeeded({ foundAt }: Truth): number {
  return foundAt.at(-1) ?? 1;
}

/** The true neighbours that a search does not find; of those that tie for the last place, as many as lack. */
export function missedBy(truth: Truth, probe: Probe): Missed[] {
  const { neighbours } = truth;
  let lacking = neighbours.length - foundIn(truth, probe);
  return neighbours
    .map((neighbour, i) => ({ ...neighbour, place: i + 1 }))
    .filter(({ clusterRank }) => !probe.has(clusterRank) && lacking-- > 0);
}

/**
 * How many clusters that are not probed could, by geometry alone, hold something nearer than the last of these
 * results; null where there are fewer than k.
 */
export function openClusters(
  bounds: Float32Array,
  probe: Probe,
  results: readonly Result[],
  k: number,
  similarity: boolean,
): number | null {
  if (results.length < k) return null;
  const worst = results[k - 1].distance;
  let open = 0;
  bounds.forEach((bound, i) => {
    if ((similarity ? bound > worst : bound < worst) && !probe.has(i + 1)) open++;
  });
  return open;
}
