import { type ReadonlySignal, signal } from "@preact/signals";
import type { Summary } from "../model/summary";

/** Rows of one cluster, and a code of each. */
interface ClusterRows {
  readonly ids: BigInt64Array;
  readonly codes: Uint8Array;
}

/** Rows of clusters, `counts[i]` of them in `clusters[i]`. */
interface Answer extends ClusterRows {
  readonly clusters: Int32Array;
  readonly counts: Int32Array;
}

/** Rows that the page learns the codes of at most: more dots than that cannot be told apart. */
const MOST_ROWS = 262_144;

/**
 * Codes of rows, cluster by cluster, asked for as they are needed: their labels as places among the named ones, or their
 * values as levels of a scale.
 */
export class RowCodes<Meaning> {
  /** Grows when more codes are known. */
  readonly revision: ReadonlySignal<number>;
  readonly #revision = signal(0);
  readonly #summary: ReadonlySignal<Summary>;
  readonly #meaning: ReadonlySignal<Meaning | null>;
  readonly #ask: (clusters: readonly number[], meaning: Meaning) => Promise<Answer | null>;
  readonly #known = new Map<number, ClusterRows>();
  #needed: readonly number[] = [];
  #isAsking = false;
  /** What the known codes mean. */
  #knownBy: Meaning | null = null;

  /**
   * @param meaning  what codes mean; null while they mean nothing
   * @param ask  asks for the codes of some clusters; null where there are none, or they mean something else
   */
  constructor(
    summary: ReadonlySignal<Summary>,
    meaning: ReadonlySignal<Meaning | null>,
    ask: (clusters: readonly number[], meaning: Meaning) => Promise<Answer | null>,
  ) {
    this.revision = this.#revision;
    this.#summary = summary;
    this.#meaning = meaning;
    this.#ask = ask;
  }

  /** The rows of a cluster whose codes are known; null until some are. */
  of(cluster: number): ClusterRows | null {
    return this.#current().get(cluster) ?? null;
  }

  /** Ask for the codes of the rows of these clusters, the first ones first, in place of what was needed before. */
  need(clusters: readonly number[]): void {
    const { sizes } = this.#summary.peek();
    let rows = 0;
    this.#needed = clusters.filter((cluster) => {
      rows += sizes[cluster];
      return rows <= MOST_ROWS;
    });
    if (!this.#isAsking) void this.#askAll();
  }

  async #askAll(): Promise<void> {
    this.#isAsking = true;
    const { batchLimit } = this.#summary.peek().constants;
    for (;;) {
      const known = this.#current();
      const meaning = this.#knownBy;
      const missing = this.#needed.filter((cluster) => !known.has(cluster)).slice(0, batchLimit);
      if (meaning === null || missing.length === 0) break;
      const answer = await this.#ask(missing, meaning);
      if (meaning !== this.#meaning.peek()) continue;
      // Clusters that the kernel does not tell of would be asked for without end.
      if (answer === null || answer.clusters.length === 0) break;
      this.#take(answer);
    }
    this.#isAsking = false;
  }

  /** The rows whose codes mean what they mean now. */
  #current(): Map<number, ClusterRows> {
    const meaning = this.#meaning.peek();
    if (meaning !== this.#knownBy) this.#known.clear();
    this.#knownBy = meaning;
    return this.#known;
  }

  #take({ clusters, counts, ids, codes }: Answer): void {
    let start = 0;
    clusters.forEach((cluster, i) => {
      const end = start + counts[i];
      this.#known.set(cluster, { ids: ids.subarray(start, end), codes: codes.subarray(start, end) });
      start = end;
    });
    this.#revision.value++;
  }
}
