import type { Search } from "./search";

/** The clusters that the fine search compares with the query: by nprobe, and as switched by hand. */
export class Probe {
  /** @param ranks  of these clusters, ascending; 1 = nearest */
  constructor(readonly ranks: ArrayLike<number> & Iterable<number>) {}

  get count(): number {
    return this.ranks.length;
  }

  has(rank: number): boolean {
    return this.placeOf(rank) > 0;
  }

  /** The place of this rank among the probed ones, from 1; 0 where it is not probed. */
  placeOf(rank: number): number {
    const { ranks } = this;
    // The common case: a prefix of the ranking is probed.
    if (ranks[rank - 1] === rank) return rank;
    let low = 0;
    let high = ranks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ranks[middle] < rank) low = middle + 1;
      else high = middle;
    }
    return ranks[low] === rank ? low + 1 : 0;
  }

  /** The `count` nearest of these clusters. */
  first(count: number): Probe {
    return count >= this.count ? this : new Probe(Array.from(this.ranks).slice(0, count));
  }
}

/** The `count` nearest clusters. */
export function nearest(count: number): Probe {
  return new Probe(Uint32Array.from({ length: count }, (_, i) => i + 1));
}

/** Clusters that are switched on (true) or off by hand, whatever nprobe says. */
export type Switched = ReadonlyMap<number, boolean>;

/** Whether the cluster at a rank is switched off by hand. */
export function isSwitchedOff(search: Search, switched: Switched, rank: number): boolean {
  return switched.get(search.order[rank - 1]) === false;
}

/** The `nprobe` nearest clusters without the ones switched off, and the ones switched on. */
export function probeOf(search: Search, nprobe: number, switched: Switched): Probe {
  const reached = Math.min(nprobe, search.reach);
  if (switched.size === 0) return nearest(reached);
  const ranks: number[] = [];
  for (let rank = 1; rank <= reached; rank++)
    if (switched.get(search.order[rank - 1]) !== false) ranks.push(rank);
  const beyond = [...switched].filter(([cluster, isOn]) => isOn && search.rankOf[cluster] > reached);
  return new Probe([...ranks, ...beyond.map(([cluster]) => search.rankOf[cluster]).sort((a, b) => a - b)]);
}

/**
 * Ranks of probed clusters whose candidates do not tell the results of this set of clusters: of a very large index the
 * kernel keeps only candidates that can be results where every nearer cluster is probed too.
 */
export function prunedRanks(search: Search, { ranks }: Probe): number[] {
  if (search.complete) return [];
  return Array.from(ranks).filter((rank, i) => rank !== i + 1 && search.isPruned(rank));
}
