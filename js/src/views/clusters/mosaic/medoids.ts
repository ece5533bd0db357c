import type { Asker } from "../../../protocol/asker";

/** Medoids asked for at once. */
const BATCH = 256;

/** The row nearest to the centroid of each cluster, as far as it was asked for. */
export class Medoids {
  readonly #asker: Asker;
  readonly #changed: () => void;
  /** Null where it was asked for, or the cluster is empty. */
  readonly #rows = new Map<number, bigint | null>();
  /** Counts how often the rows were dropped: an answer to an earlier request is not taken in. */
  #round = 0;

  /** @param changed  called when more rows are known */
  constructor(asker: Asker, changed: () => void) {
    this.#asker = asker;
    this.#changed = changed;
  }

  get(cluster: number): bigint | null {
    return this.#rows.get(cluster) ?? null;
  }

  need(clusters: readonly number[]): void {
    const missing = clusters.filter((cluster) => !this.#rows.has(cluster));
    for (let first = 0; first < missing.length; first += BATCH) {
      void this.#fetch(missing.slice(first, first + BATCH));
    }
  }

  /** Drop all rows: the index has changed, and other ones may be nearest to the centroids. */
  clear(): void {
    this.#round++;
    this.#rows.clear();
  }

  async #fetch(clusters: readonly number[]): Promise<void> {
    const round = this.#round;
    for (const cluster of clusters) this.#rows.set(cluster, null);
    const answer = await this.#asker.medoids(clusters);
    if (round !== this.#round) return;
    // After a lost answer, whoever needs them next asks again.
    if (answer === null) for (const cluster of clusters) this.#rows.delete(cluster);
    else for (const [i, cluster] of answer.clusters.entries()) this.#rows.set(cluster, answer.ids[i]);
    this.#changed();
  }
}
