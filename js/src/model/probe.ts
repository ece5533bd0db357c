import type { Search } from "./search";

/** The clusters that the fine search compares with the query: by nprobe, and as switched by hand. */
export class Probe {
  /** @param ranks  ascending; of clusters, 1 = nearest */
  constructor(readonly ranks: ArrayLike<number> & Iterable<number>) {}

  get count(): number {
    return this.ranks.length;
  }

  has(rank: number): boolean {
    return this.placeOf(rank) > 0;
  }

  /** Which of them this is, from 1; 0 for one that is not probed. */
  placeOf(rank: number): number {
    const { ranks } = this;
    // Most often the nearest are probed without a gap.
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

  /** The nearest so many of them. */
  first(count: number): Probe {
    return count >= this.count ? this : new Probe(Array.from(this.ranks).slice(0, count));
  }
}

/** The nearest clusters. */
export function nearest(count: number): Probe {
  return new Probe(Uint32Array.from({ length: count }, (_, i) => i + 1));
}

/** The `nprobe` nearest clusters but those that are switched off, and those that are switched on. */
export function probeOf(search: Search, nprobe: number, switched: ReadonlyMap<number, boolean>): Probe {
  if (switched.size === 0) return nearest(nprobe);
  const ranks: number[] = [];
  for (let rank = 1; rank <= nprobe; rank++)
    if (switched.get(search.order[rank - 1]) !== false) ranks.push(rank);
  const beyond = [...switched].filter(([cluster, isOn]) => isOn && search.rankOf[cluster] > nprobe);
  return new Probe([...ranks, ...beyond.map(([cluster]) => search.rankOf[cluster]).sort((a, b) => a - b)]);
}
