import type { Probe } from "./probe";
import type { Result } from "./results";
import type { Search } from "./search";

/** The candidates of the probed clusters, in the order in which they were compared. */
export interface CandidateSet {
  readonly count: number;
  readonly ids: BigInt64Array;
  readonly distances: Float32Array;
  /** Rank of each candidate's cluster, 1 = nearest. */
  readonly ranks: Uint32Array;
  /** Place of that cluster among the probed ones, from 1; its rank where all nearer clusters are probed. */
  readonly places: Uint32Array;
  /** `starts[p - 1] .. starts[p]` are the candidates of the p-th cluster. */
  readonly starts: Uint32Array;
  /** Whether every candidate is here; false while of some clusters only the kept ones are. */
  readonly whole: boolean;
}

/** The candidates received of the probed clusters. */
export function candidatesAt(search: Search, probe: Probe): CandidateSet {
  return setOf(search, probe, null);
}

/** Makes sets of candidates; the ones of smaller prefixes of the ranking share the arrays of the largest. */
export class Prefixes {
  #largest: { readonly search: Search; readonly version: number; readonly set: CandidateSet } | null = null;

  of(search: Search, probe: Probe): CandidateSet {
    const { version } = search;
    const known =
      this.#largest?.search === search && this.#largest.version === version ? this.#largest.set : null;
    const set = setOf(search, probe, known);
    const isLarger = known === null || set.starts.length > known.starts.length;
    if (isLarger && isPrefix(probe)) this.#largest = { search, version, set };
    return set;
  }
}

function isPrefix({ ranks, count }: Probe): boolean {
  return count === 0 || ranks[count - 1] === count;
}

/** @param larger  of a prefix of the ranking, as far as it has been received now */
function setOf(search: Search, probe: Probe, larger: CandidateSet | null): CandidateSet {
  const { ranks: probed } = probe;
  const starts = new Uint32Array(probed.length + 1);
  let whole = true;
  let place = 0;
  for (const rank of probed) {
    const list = search.at(rank);
    starts[place + 1] = starts[place] + (list === null ? 0 : list.end - list.start);
    place++;
    if (!search.isWhole(rank)) whole = false;
  }
  const count = starts[place];
  const follows = isPrefix(probe);
  if (follows && larger !== null && larger.starts.length > place) {
    const places = larger.places.subarray(0, count);
    return {
      count,
      ids: larger.ids.subarray(0, count),
      distances: larger.distances.subarray(0, count),
      ranks: places,
      places,
      starts,
      whole,
    };
  }
  const ids = new BigInt64Array(count);
  const distances = new Float32Array(count);
  const places = new Uint32Array(count);
  const ranks = follows ? places : new Uint32Array(count);
  place = 0;
  for (const rank of probed) {
    const list = search.at(rank);
    const start = starts[place++];
    if (list === null) continue;
    ids.set(list.ids.subarray(list.start, list.end), start);
    distances.set(list.distances.subarray(list.start, list.end), start);
    places.fill(place, start, starts[place]);
    if (!follows) ranks.fill(rank, start, starts[place]);
  }
  return { count, ids, distances, ranks, places, starts, whole };
}

/** Candidates followed by other rows, as if these were of one more cluster. */
export function withOthers(set: CandidateSet, others: readonly Result[]): CandidateSet {
  if (others.length === 0) return set;
  const place = set.starts.length;
  const count = set.count + others.length;
  const longer = <T extends BigInt64Array | Float32Array | Uint32Array>(values: T, larger: T): T => {
    larger.set(values as never);
    return larger;
  };
  const ids = longer(set.ids, new BigInt64Array(count));
  const distances = longer(set.distances, new Float32Array(count));
  const ranks = longer(set.ranks, new Uint32Array(count));
  const places = longer(set.places, new Uint32Array(count));
  others.forEach((other, i) => {
    ids[set.count + i] = other.id;
    distances[set.count + i] = other.distance;
    ranks[set.count + i] = other.clusterRank;
  });
  places.fill(place, set.count);
  const starts = longer(set.starts, new Uint32Array(place + 1));
  starts[place] = count;
  return { ...set, count, ids, distances, ranks, places, starts };
}
