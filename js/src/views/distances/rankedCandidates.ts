import type { CandidateSet } from "../../model/candidates";
import type { Result } from "../../model/results";
import type { Search } from "../../model/search";
import type { Missed } from "../../model/truth";
import type { Found } from "../points/points";
import { type Domain, domainOf } from "./radialScale";

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

/** The candidates of the first so many clusters out of more. */
export function firstClusters(set: CandidateSet, clusters: number): CandidateSet {
  return { ...set, count: set.starts[Math.min(clusters, set.starts.length - 1)] };
}

/** Fewer candidates than twice this are always all drawn. */
export const SAMPLE = 30_000;

/** Every 2nd, 4th, 8th … candidate, so that they can be laid out in a frame; and all that were found. */
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

/** Where the results stand among the candidates, the best first, and then the rows behind them that were missed. */
export function foundAmong(
  results: readonly Result[],
  missed: readonly Missed[],
  { set, order }: Ranked,
): Found[] {
  const placeOf = new Map<bigint, number>();
  const wanted = new Set(results.map(({ id }) => id));
  const least = Math.max(0, ...results.map(({ clusterRank }) => clusterRank));
  for (let k = 0; k < order.length && placeOf.size < wanted.size; k++) {
    const place = order[k];
    if (set.ranks[place] <= least && wanted.has(set.ids[place])) placeOf.set(set.ids[place], place);
  }
  // A row that has only just come is not among them yet, and one that is stored twice is one.
  const found = new Map<number, Found>();
  results.forEach(({ id }, i) => {
    const point = placeOf.get(id);
    if (point !== undefined) found.set(point, { point, place: i + 1, isMissed: false });
  });
  missed.forEach(({ place }, i) => {
    const point = set.count - missed.length + i;
    found.set(point, { point, place, isMissed: true });
  });
  return [...found.values()];
}
