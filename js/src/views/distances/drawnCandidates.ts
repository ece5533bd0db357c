import { extendOrder } from "../../model/candidateOrder";
import { type CandidateSet, withOthers } from "../../model/candidates";
import type { Probe } from "../../model/probe";
import type { Result } from "../../model/results";
import type { Search } from "../../model/search";
import type { Missed } from "../../model/truth";
import { type Found, foundPoints } from "../points/marks";
import { candidateFinder } from "../points/points";
import { type Domain, domainOf } from "./radialScale";

/** The candidates of the probed clusters and the missed neighbours of other clusters, by distance. */
export interface RankedCandidates {
  /** The candidates by cluster; behind them, as those of one more cluster, the missed neighbours beyond. */
  readonly set: CandidateSet;
  /** Places from the nearest to the farthest. */
  readonly order: Uint32Array;
  /** Null without candidates. */
  readonly domain: Domain | null;
  /** Missed neighbours in clusters that are not probed, at the distance that the lists have for them. */
  readonly beyond: readonly Missed[];
  /** Missed neighbours in probed clusters: they are candidates themselves. */
  readonly within: readonly Missed[];
}

/** The last ranking with each list of missed neighbours: picture and legend ask for the same one. */
const latest = new WeakMap<
  readonly Missed[],
  { readonly candidates: CandidateSet; readonly probe: Probe; readonly ranked: RankedCandidates }
>();

/**
 * @param candidates  those of the probed clusters
 * @param order  their places from the nearest to the farthest
 */
export function rankCandidates(
  candidates: CandidateSet,
  order: Uint32Array,
  probe: Probe,
  missed: readonly Missed[],
  search: Search,
  similarity: boolean,
): RankedCandidates {
  const known = latest.get(missed);
  if (known?.candidates === candidates && known.probe === probe) return known.ranked;
  const ranked = rankedWith(candidates, order, probe, missed, search, similarity);
  latest.set(missed, { candidates, probe, ranked });
  return ranked;
}

function rankedWith(
  candidates: CandidateSet,
  order: Uint32Array,
  probe: Probe,
  missed: readonly Missed[],
  search: Search,
  similarity: boolean,
): RankedCandidates {
  const within = missed.filter(({ clusterRank }) => probe.has(clusterRank));
  // Every radius is a distance of the lists: a row whose distance there is unknown has no place.
  const beyond = missed.flatMap((one) =>
    probe.has(one.clusterRank) || one.codeDistance === null ? [] : [{ ...one, distance: one.codeDistance }],
  );
  const set = withOthers(candidates, beyond);
  const all = extendOrder(order, set.distances, similarity);
  const own = search.id === null ? -1 : set.ids.indexOf(search.id);
  const domain = set.count === 0 ? null : domainOf(set.distances, all, similarity, own);
  return { set, order: all, domain, beyond, within };
}

/** The candidates of the first so many clusters out of more. */
export function firstClusters(set: CandidateSet, clusters: number): CandidateSet {
  return { ...set, count: set.starts[Math.min(clusters, set.starts.length - 1)] };
}

/** Fewer candidates than twice this are always all drawn. */
export const SAMPLE = 30_000;

/** Every 2nd, 4th, 8th … candidate, so that they can be laid out in a frame; and all found ones. */
export function sampleOf(
  set: CandidateSet,
  found: readonly Found[],
): { set: CandidateSet; found: readonly Found[] } {
  const stride = 2 ** Math.floor(Math.log2(set.count / SAMPLE));
  if (!(stride > 1)) return { set, found };
  const all: number[] = [];
  const starts = set.starts.map((end, place) => {
    const start = set.starts[place - 1] ?? 0;
    for (let i = Math.ceil(start / stride) * stride; i < end; i += stride) all.push(i);
    for (const { point } of found) {
      if (point >= start && point < end && point % stride > 0) all.push(point);
    }
    return all.length;
  });
  const kept = Uint32Array.from(all);
  return {
    set: {
      ...set,
      count: kept.length,
      ids: new BigInt64Array(kept.length).map((_, k) => set.ids[kept[k]]),
      distances: new Float32Array(kept.length).map((_, k) => set.distances[kept[k]]),
      ranks: kept.map((i) => set.ranks[i]),
      places: kept.map((i) => set.places[i]),
      starts,
    },
    found: found.map((one) => ({ ...one, point: kept.indexOf(one.point) })),
  };
}

/** The results among the candidates, then the missed neighbours; one that has not come yet is left out. */
export function foundAmong(
  results: readonly Result[],
  { set, beyond, within }: Pick<RankedCandidates, "set" | "beyond" | "within">,
  probe: Probe,
): Found[] {
  const found = foundPoints(results, within, candidateFinder(set, probe));
  const first = set.count - beyond.length;
  return [...found, ...beyond.map(({ place }, i) => ({ point: first + i, place, isMissed: true }))];
}
