import type { Search } from "../../../model/search";

/** The row of each cluster that is nearest to the query, as far as candidates have been received. */
export class NearestRows {
  readonly #search: Search;
  readonly #sign: number;
  readonly #rows = new Map<number, bigint>();

  constructor(search: Search, similarity: boolean) {
    this.#search = search;
    this.#sign = similarity ? -1 : 1;
  }

  /** Null where no candidate has been received, or there is none. */
  of(cluster: number): bigint | null {
    const known = this.#rows.get(cluster);
    if (known !== undefined) return known;
    const list = this.#search.at(this.#search.rankOf[cluster]);
    if (list === null) return null;
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = list.start; i < list.end; i++) {
      const key = this.#sign * list.distances[i];
      if (best < 0 || key < least) {
        best = i;
        least = key;
      }
    }
    if (best < 0) return null;
    this.#rows.set(cluster, list.ids[best]);
    return list.ids[best];
  }
}
