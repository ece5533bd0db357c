import type { CandidateSet } from "../../model/candidates";
import type { Probe } from "../../model/probe";
import type { RankedCandidates } from "../../model/rankedCandidates";
import type { Result } from "../../model/results";
import { type Found, foundPoints } from "../points/marks";
import { candidateFinder } from "../points/points";

/** Candidates as far as they are drawn: all, or a sample while a slider moves. */
export interface DrawnCandidates {
  readonly ranked: RankedCandidates;
  readonly set: CandidateSet;
  readonly found: readonly Found[];
}

export function drawnCandidates(
  ranked: RankedCandidates,
  results: readonly Result[],
  probe: Probe,
  isSample: boolean,
): DrawnCandidates {
  const found = foundAmong(results, ranked, probe);
  return { ranked, ...(isSample ? sampleOf(ranked.set, found) : { set: ranked.set, found }) };
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
  return [
    ...found,
    ...beyond.map(({ place }, i) => ({ point: first + i, place, isMissed: true, isOfAll: true })),
  ];
}
