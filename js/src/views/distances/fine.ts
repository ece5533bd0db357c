import type { CandidateSet } from "../../candidates";
import type { Result } from "../../results";
import type { Search } from "../../search";
import type { Points } from "../points/points";
import { type Domain, domainOf } from "./scale";

/** Candidates from the nearest to the farthest, and what a scale needs to know of them. */
export interface Ranked {
  readonly set: CandidateSet;
  readonly order: Uint32Array;
  /** Null without candidates. */
  readonly domain: Domain | null;
}

/** @param order  places from the nearest to the farthest */
export function rank(set: CandidateSet, order: Uint32Array, search: Search, similarity: boolean): Ranked {
  const own = search.id === null ? -1 : set.ids.indexOf(search.id);
  const domain = set.count === 0 ? null : domainOf(set.distances, order, similarity, own);
  return { set, order, domain };
}

/** The candidates of the `probed` nearest clusters out of more. */
export function firstClusters({ ids, distances, ranks, starts }: CandidateSet, probed: number): Points {
  return { count: starts[Math.min(probed, starts.length - 1)], ids, distances, ranks };
}

/** Where the results stand among the candidates, the best first; -1 for one that has only just come. */
export function placesOf(results: readonly Result[], { set, order }: Ranked): number[] {
  const placeOf = new Map<bigint, number>();
  const wanted = new Set(results.map(({ id }) => id));
  const least = Math.max(0, ...results.map(({ clusterRank }) => clusterRank));
  for (let k = 0; k < order.length && placeOf.size < wanted.size; k++) {
    const place = order[k];
    if (set.ranks[place] <= least && wanted.has(set.ids[place])) placeOf.set(set.ids[place], place);
  }
  return results.map(({ id }) => placeOf.get(id) ?? -1);
}
