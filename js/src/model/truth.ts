import type { TrueNeighbours } from "../protocol/messages";
import { nearest, type Probe } from "./probe";
import { type Result, resultsAt } from "./results";
import type { Search } from "./search";
import type { Summary } from "./summary";

/** What a search does with a row: the nprobe from which on it gets so far, and from which on it is pushed out. */
export interface Fate {
  readonly compared: number;
  readonly handed: number;
  readonly from: number;
  readonly until: number;
}

/** A row, the rank of its cluster, and its fate where that alone does not tell it. */
export type Row = Pick<Result, "id" | "clusterRank"> & { readonly fate?: Fate };

/** Whether a search finds a row that is near enough. */
export type Finds = (row: Row) => boolean;

/** The k nearest of all vectors, and where they are. */
export interface Truth {
  /** Nearest first, as a search of all clusters returns them. */
  readonly neighbours: readonly (Result & Row)[];
  /** How many of them are nearer than the last. */
  readonly better: number;
  /** All vectors that are as far as the last, by rank of their clusters: any will do in its place. */
  readonly tied: readonly Row[];
  /** The nprobe at which the first of them is found, the second and so on, ascending, as many as can be. */
  readonly foundAt: readonly number[];
  /** Where along nprobe more or fewer are found, from 1 on; none where that is not known. */
  readonly turns: readonly number[];
}

/** A true neighbour that is no result. */
export interface Missed extends Result, Row {
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
  return { neighbours, better, tied, foundAt, turns: [...new Set([1, ...foundAt])] };
}

/** What to add where true neighbours are spoken of: by lossy codes alone they are what the codes keep of them. */
export function asSeen({ exact, given }: Summary): string {
  return given ? ", by the original vectors" : exact ? "" : ", as the codes see it";
}

/** The truth as the kernel tells it, by the vectors given. */
export function truthTold(told: TrueNeighbours, search: Search): Truth {
  const { ids, distances, rank_of, count, nprobe } = told;
  const rows = Array.from(ids, (id, i) => ({
    id,
    distance: distances[i],
    clusterRank: rank_of[i],
    cluster: search.order[rank_of[i] - 1],
    fate: {
      compared: told.compared_from[i],
      handed: told.handed_from[i],
      from: told.returned_from[i],
      until: told.returned_until[i],
    },
  }));
  const neighbours = rows.slice(0, count);
  const isLast = ({ distance }: Result) => distance === distances[count - 1];
  const tied = rows.filter(isLast);
  const better = neighbours.filter((row) => !isLast(row)).length;
  const known = { neighbours, better, tied };
  const turns = nprobe > 0 ? [] : ascending([1, ...told.returned_from, ...told.returned_until], search.nlist);
  const foundAt: number[] = [];
  for (const at of turns) {
    const found = foundBy(known, returnedAt(at));
    while (foundAt.length < found) foundAt.push(at);
  }
  return { ...known, turns, foundAt };
}

function ascending(values: number[], most: number): number[] {
  return [...new Set(values)].filter((value) => value <= most).sort((a, b) => a - b);
}

/** Finds what a search at this nprobe returns. */
export function returnedAt(nprobe: number): Finds {
  return ({ clusterRank, fate }) =>
    fate === undefined ? clusterRank <= nprobe : fate.from <= nprobe && nprobe < fate.until;
}

export const COARSE = "coarse search";

/** To what a search loses a row that it does not return. */
export function lostTo({ clusterRank, fate }: Row, probe: Probe): string {
  if (fate === undefined ? !probe.has(clusterRank) : fate.compared > probe.count) return COARSE;
  return fate === undefined || fate.handed > probe.count ? "code" : "re-ranking";
}

/** Finds all that is in the probed clusters. */
export function inside(probe: Probe): Finds {
  return ({ clusterRank }) => probe.has(clusterRank);
}

/** How many of the true neighbours a search finds; of those that tie for the last place any will do. */
export function foundBy(
  { neighbours, better, tied }: Pick<Truth, "neighbours" | "better" | "tied">,
  finds: Finds,
): number {
  const found = neighbours.slice(0, better).filter(finds).length;
  return found + Math.min(neighbours.length - better, tied.filter(finds).length);
}

/** The smallest nprobe that finds them all; null where none does, or none is known to. */
export function nprobeNeeded({ foundAt, neighbours }: Truth): number | null {
  return foundAt.length < neighbours.length ? null : (foundAt.at(-1) ?? 1);
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
