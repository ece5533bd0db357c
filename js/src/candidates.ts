import type { Search } from "./search";

/** The candidates of the probed clusters, in the order in which they were compared. */
export interface CandidateSet {
  readonly count: number;
  readonly ids: BigInt64Array;
  readonly distances: Float32Array;
  /** Rank of each candidate's cluster, 1 = nearest. */
  readonly ranks: Uint32Array;
  /** `starts[r - 1] .. starts[r]` are the candidates of the cluster at rank r. */
  readonly starts: Uint32Array;
  /** Whether these are all: false while some clusters have sent only their nearest. */
  readonly whole: boolean;
}

/** Everything received of the `probed` nearest clusters. */
export function candidatesAt(search: Search, probed: number): CandidateSet {
  const ranks = Math.min(probed, search.received);
  const starts = new Uint32Array(ranks + 1);
  let whole = ranks === probed;
  for (let rank = 1; rank <= ranks; rank++) {
    const list = search.at(rank);
    starts[rank] = starts[rank - 1] + (list === null ? 0 : list.end - list.start);
    if (!search.isWhole(rank)) whole = false;
  }
  const count = starts[ranks];
  const ids = new BigInt64Array(count);
  const distances = new Float32Array(count);
  const rankOf = new Uint32Array(count);
  for (let rank = 1; rank <= ranks; rank++) {
    const list = search.at(rank);
    if (list === null) continue;
    ids.set(list.ids.subarray(list.start, list.end), starts[rank - 1]);
    distances.set(list.distances.subarray(list.start, list.end), starts[rank - 1]);
    rankOf.fill(rank, starts[rank - 1], starts[rank]);
  }
  return { count, ids, distances, ranks: rankOf, starts, whole };
}
