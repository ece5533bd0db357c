import { nearest, type Probe } from "./probe";
import { type Result, resultsAt } from "./results";
import type { Search } from "./search";
import type { Summary } from "./summary";

/** A row, and the rank of its cluster. */
export type Row = Pick<Result, "id" | "clusterRank">;

/** Whether a search finds a row that is near enough. */
export type Finds = (row: Row) => boolean;

/** The k nearest of all vectors, and where they are. */
export interface Truth {
  /** Nearest first, as a search of all clusters returns them. */
  readonly neighbours: readonly Result[];
  /** How many of them are nearer than the last. */
  readonly better: number;
  /** All vectors that are as far as the last, by rank of their clusters: any will do in its place. */
  readonly tied: readonly Row[];
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
  const tied: Row[] = [];
  for (let rank = 1; rank <= nlist && neighbours.length > 0; rank++) {
    const list = search.at(rank);
    for (let i = list?.start ?? 0; i < (list?.end ?? 0); i++) {
      if (list?.distances[i] === worst && list.ids[i] !== -1n)
        tied.push({ id: list.ids[i], clusterRank: rank });
    }
  }
  const last = tied.slice(0, neighbours.length - better).map(({ clusterRank }) => clusterRank);
  const foundAt = [...near, ...last].sort((a, b) => a - b);
  return { neighbours, better, tied, foundAt };
}

/** What to add where true neighbours are spoken of: by lossy codes they are not known better than the codes know. */
export function asSeen({ exact }: Summary): string {
  return exact ? "" : ", as the codes see it";
}

/** Finds all that is in the probed clusters. */
export function inside(probe: Probe): Finds {
  return ({ clusterRank }) => probe.has(clusterRank);
}

/** How many of the true neighbours a search finds; of those that tie for the last place any will do. */
export function foundBy({ neighbours, better, tied }: Truth, finds: Finds): number {
  const found = neighbours.slice(0, better).filter(finds).length;
  return found + Math.min(neighbours.length - better, tied.filter(finds).length);
}

/** The smallest nprobe that finds them all. */
export function nprobeNeeded({ foundAt }: Truth): number {
  return foundAt.at(-1) ?? 1;
}

/** The true neighbours that a search does not find; of those that tie for the last place, as many as lack. */
export function missedBy(truth: Truth, finds: Finds): Missed[] {
  const { neighbours } = truth;
  let lacking = neighbours.length - foundBy(truth, finds);
  return neighbours
    .map((neighbour, i) => ({ ...neighbour, place: i + 1 }))
    .filter((neighbour) => !finds(neighbour) && lacking-- > 0);
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
