import type { Bounds, TrueNeighbours } from "../protocol/messages";
import { nearest, type Probe, type Switched } from "./probe";
import { type Result, resultsAt } from "./results";
import type { Search } from "./search";
import type { Summary } from "./summary";

/** At which nprobe a search compares the query with a row, hands it to a second pass, and returns it. */
interface Fate {
  /** The least nprobe of each; nlist + 1 for never. */
  readonly compared: number;
  readonly handed: number;
  readonly from: number;
  /** The least nprobe from `from` on that returns the row no more. */
  readonly until: number;
}

/** A row, the rank of its cluster, and its fate where the rank alone does not tell it. */
export type Row = Pick<Result, "id" | "clusterRank"> & { readonly fate?: Fate };

/** Whether a search finds a row that is near enough. */
export type Finds = (row: Row) => boolean;

/** The k nearest of all vectors, and the nprobe that finds each. */
export interface Truth {
  /** Nearest first, as a search of all clusters returns them. */
  readonly neighbours: readonly (Result & Row)[];
  /** How many of them are nearer than the last. */
  readonly better: number;
  /** All vectors at the distance of the last, by rank of their clusters: any of them serves as the last. */
  readonly tied: readonly Row[];
  /** The nprobe at which the first is found, the second and so on, ascending; without the ones that are never found. */
  readonly foundAt: readonly number[];
  /** The values of nprobe where the number found changes, from 1 on; none where they are unknown. */
  readonly turns: readonly number[];
}

/** The stage of a search that loses a true neighbour. */
export type Stage = "coarse" | "off" | "unreached" | "ranking" | "limit" | "both" | "code" | "refine";

export const STAGE_NAMES: Readonly<Record<Stage, string>> = {
  coarse: "coarse search",
  off: "coarse search",
  unreached: "coarse search",
  ranking: "coarse quantizer",
  limit: "limit of compared vectors",
  both: "code",
  code: "code",
  refine: "re-ranking",
};

/** A true neighbour that is no result. */
export interface Missed extends Result, Row {
  /** Its place among the true neighbours, 1 = nearest. */
  readonly place: number;
  /**
   * "coarse": its cluster is not probed. "off": it is switched off by hand. "unreached": nor is it at any nprobe. "ranking": nor is it, although it is near enough: an approximate coarse
   * quantizer ranks it behind others. "limit": the search stops before it. "code": its distance by code is too large.
   * "both": its cluster is not probed, and at every nprobe that probes it the code loses it.
   * "refine": the second pass.
   */
  readonly lostTo: Stage;
  /** Its distance in the lists, which candidates have; null where no candidate received tells it. */
  readonly codeDistance: number | null;
  /** The rank that an exact coarse search would give its cluster. */
  readonly nearestRank: number;
}

/**
 * The truth for one query, or null as long as some clusters have not been compared.
 *
 * @param includeSelf  whether a row that is the query is one of its own neighbours
 */
export function truthOf(search: Search, k: number, similarity: boolean, includeSelf = true): Truth | null {
  const { nlist } = search;
  if (search.received < nlist) return null;
  const own = includeSelf ? null : search.id;
  const never = nlist + 1;
  const unreached: Fate = { compared: never, handed: never, from: never, until: never };
  const fateOf = (rank: number) => (rank > search.reach ? { fate: unreached } : {});
  const neighbours = resultsAt(search, nearest(nlist), k, similarity, includeSelf).map((row) => ({
    ...row,
    ...fateOf(row.clusterRank),
  }));
  const worst = neighbours.at(-1)?.distance ?? 0;
  const near = neighbours.filter(({ distance }) => distance !== worst).map(({ clusterRank }) => clusterRank);
  const better = near.length;
  const tied: Row[] = [];
  for (let rank = 1; rank <= nlist && neighbours.length > 0; rank++) {
    const list = search.at(rank);
    for (let i = list?.start ?? 0; i < (list?.end ?? 0); i++) {
      const id = list?.ids[i];
      if (id === undefined || id === -1n || id === own) continue;
      if (list?.distances[i] === worst) tied.push({ id, clusterRank: rank, ...fateOf(rank) });
    }
  }
  const last = tied.slice(0, neighbours.length - better).map(({ clusterRank }) => clusterRank);
  const foundAt = [...near, ...last].filter((rank) => rank <= search.reach).sort((a, b) => a - b);
  return { neighbours, better, tied, foundAt, turns: [...new Set([1, ...foundAt])] };
}

/** What true neighbours are by, for the end of a sentence about them. */
export function asSeen({ exact, given }: Summary): string {
  return given ? ", by the original vectors" : exact ? "" : ", as the codes see it";
}

/** The truth by the original vectors, as the kernel computes it. */
export function truthOfMessage(message: TrueNeighbours, search: Search): Truth {
  const { ids, distances, rank_of, nprobe } = message;
  const rows = Array.from(ids, (id, i) => ({
    id,
    distance: distances[i],
    clusterRank: rank_of[i],
    cluster: search.order[rank_of[i] - 1],
    fate: {
      compared: message.compared_from[i],
      handed: message.handed_from[i],
      from: message.returned_from[i],
      until: message.returned_until[i],
    },
  }));
  const neighbours = rows.slice(0, message.count);
  const isLast = ({ distance }: Result) => distance === distances[message.count - 1];
  const tied = rows.filter(isLast);
  const better = neighbours.filter((row) => !isLast(row)).length;
  const known = { neighbours, better, tied };
  const turns =
    nprobe > 0 ? [] : ascending([1, ...message.returned_from, ...message.returned_until], search.nlist);
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

/** Finds the rows that a search at this nprobe returns. */
export function returnedAt(nprobe: number): Finds {
  return ({ clusterRank, fate }) =>
    fate === undefined ? clusterRank <= nprobe : fate.from <= nprobe && nprobe < fate.until;
}

/** Finds the rows that a search at this nprobe returns where some clusters are switched on or off by hand. */
export function returnedWith(nprobe: number, search: Search, switched: Switched): Finds {
  const byNprobe = returnedAt(nprobe);
  return (row) => switched.get(search.order[row.clusterRank - 1]) ?? byNprobe(row);
}

/** How many true neighbours a search finds, from each nprobe at which that changes on; null where it is not known. */
export function foundAtEvery(
  truth: Truth,
  search: Search,
  switched: Switched,
): { readonly at: readonly number[]; readonly found: readonly number[] } | null {
  const { neighbours, tied, turns } = truth;
  if (turns.length === 0) return null;
  // Of rows that tie for the last place, those in clusters that are switched off may have been the first.
  const at =
    switched.size === 0
      ? turns
      : ascending([1, ...turns, ...[...neighbours, ...tied].map((row) => row.clusterRank)], search.reach);
  return { at, found: at.map((nprobe) => foundBy(truth, returnedWith(nprobe, search, switched))) };
}

/** The stage that loses a row which a search of these clusters does not return. */
function stageOf(row: Row, probe: Probe, summary: Summary, { turns, tied }: Truth): Stage {
  const { clusterRank, fate } = row;
  const { exact, nlist } = summary;
  if (!probe.has(clusterRank)) {
    const isNever = (one: Row) =>
      one.fate !== undefined && one.fate.compared <= nlist && one.fate.from > nlist;
    // Any of those that tie for the last place serves as the last: none is lost while another one is found.
    const alike = tied.some(({ id }) => id === row.id) ? tied : [row];
    // Without turns the fate is that of one nprobe.
    return turns.length > 0 && alike.every(isNever) ? "both" : "coarse";
  }
  // Where vectors are stored whole, no code is at fault.
  if (fate === undefined) return exact ? "limit" : "code";
  if (fate.compared > probe.count) return "limit";
  return fate.handed > probe.count ? "code" : "refine";
}

/** The least nprobe that returns a row; null where none is known to. */
export function foundFrom({ clusterRank, fate }: Row, { nlist, replayable, steady }: Summary): number | null {
  if (fate === undefined) return replayable && steady ? clusterRank : null;
  return fate.from <= nlist ? fate.from : null;
}

/** Finds every row in the probed clusters. */
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

/** The rank of a cluster where the coarse search is exact, else the one that an exact search would give it. */
export function nearestRankOf(search: Search, rank: number, summary: Summary): number {
  const { coarseExact, coarseMeasured, coarseSimilarity } = summary;
  return coarseExact || !coarseMeasured ? rank : search.nearestRank(rank, coarseSimilarity);
}

/** The smallest nprobe that finds them all; null where none does, or none is known to. */
export function nprobeNeeded({ foundAt, neighbours }: Truth): number | null {
  return foundAt.length < neighbours.length ? null : (foundAt.at(-1) ?? 1);
}

/** The smallest nprobe that finds them all with these clusters switched by hand; null where none does. */
export function nprobeNeededWith(truth: Truth, search: Search, switched: Switched): number | null {
  const known = foundAtEvery(truth, search, switched);
  return known?.at[known.found.indexOf(truth.neighbours.length)] ?? null;
}

/** The true neighbours that a search of these clusters does not find: of ties for the last place, as many as lack. */
export function missedBy(
  truth: Truth,
  finds: Finds,
  probe: Probe,
  summary: Summary,
): Omit<Missed, "codeDistance" | "nearestRank">[] {
  const { neighbours } = truth;
  let lacking = neighbours.length - foundBy(truth, finds);
  return neighbours
    .map((neighbour, i) => ({
      ...neighbour,
      place: i + 1,
      lostTo: stageOf(neighbour, probe, summary, truth),
    }))
    .filter((neighbour) => !finds(neighbour) && lacking-- > 0);
}

/** Unprobed clusters that can hold something nearer: so many, or at least so many. */
export interface OpenClusters {
  readonly count: number;
  readonly isLeast: boolean;
}

/**
 * How many unprobed clusters can, by geometry alone, hold a vector nearer than the k-th result, and whether there can
 * be more; null where there are fewer results.
 */
export function openClusters(
  { bounds, beyond }: Pick<Bounds, "bounds" | "beyond">,
  nlist: number,
  probe: Probe,
  results: readonly Result[],
  k: number,
  similarity: boolean,
): OpenClusters | null {
  if (results.length < k) return null;
  const worst = results[k - 1].distance;
  const isOpen = (bound: number) => (similarity ? bound > worst : bound < worst);
  let count = 0;
  bounds.forEach((bound, i) => {
    if (isOpen(bound) && !probe.has(i + 1)) count++;
  });
  const others = beyond.reduce((sum, bound) => sum + Number(isOpen(bound)), 0);
  const isLeast = others > 0 && others === beyond.length && bounds.length + others < nlist;
  return { count: count + others, isLeast };
}
