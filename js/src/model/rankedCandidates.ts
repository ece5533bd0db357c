import { extendOrder } from "./candidateOrder";
import { type CandidateSet, withOthers } from "./candidates";
import { type Domain, domainOf } from "./distanceDomain";
import type { Probe } from "./probe";
import type { Search } from "./search";
import type { Missed } from "./truth";

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
