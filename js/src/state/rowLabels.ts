import { type ReadonlySignal, signal } from "@preact/signals";
import type { LabelCounts } from "../model/labels";
import type { Summary } from "../model/summary";
import type { Asker } from "../protocol/asker";

/** Rows of one cluster, and their labels as places among the named ones. */
interface ClusterRows {
  readonly ids: BigInt64Array;
  readonly codes: Uint8Array;
}

/** Rows that the page learns the labels of at most: more dots than that cannot be told apart. */
const MOST_ROWS = 262_144;

/** The labels of rows, cluster by cluster, asked for as they are needed. */
export class RowLabels {
  /** Grows when more labels are known. */
  readonly revision: ReadonlySignal<number>;
  readonly #revision = signal(0);
  readonly #summary: ReadonlySignal<Summary>;
  readonly #counts: ReadonlySignal<LabelCounts | null>;
  readonly #asker: Asker;
  readonly #known = new Map<number, ClusterRows>();
  #needed: readonly number[] = [];
  #isAsking = false;
  /** What the labels of rows are places in. */
  #among: LabelCounts | null = null;

  constructor(summary: ReadonlySignal<Summary>, counts: ReadonlySignal<LabelCounts | null>, asker: Asker) {
    this.revision = this.#revision;
    this.#summary = summary;
    this.#counts = counts;
    this.#asker = asker;
  }

  /** The rows of a cluster whose labels are known; null until some are. */
  of(cluster: number): ClusterRows | null {
    return this.#current().get(cluster) ?? null;
  }

  /** Ask for the labels of the rows of these clusters, the first ones first, in place of what was needed before. */
  need(clusters: readonly number[]): void {
    const { sizes } = this.#summary.peek();
    let rows = 0;
    this.#needed = clusters.filter((cluster) => {
      rows += sizes[cluster];
      return rows <= MOST_ROWS;
    });
    if (!this.#isAsking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    const { batchLimit } = this.#summary.peek().constants;
    for (;;) {
      const known = this.#current();
      const among = this.#among;
      const missing = this.#needed.filter((cluster) => !known.has(cluster)).slice(0, batchLimit);
      if (!among?.final || missing.length === 0) break;
      const answer = await this.#asker.rowLabels(missing, among.column);
      if (among !== this.#counts.peek()) continue;
      // Clusters that the kernel does not tell of would be asked for without end.
      if (answer.kind === "error" || answer.clusters.length === 0) break;
      if (answer.names.join("\n") !== among.names.join("\n")) break;
      this.#take(answer.clusters, answer.counts, answer.ids, answer.codes);
    }
    this.#isAsking = false;
  }

  /** What is known of the rows as they were counted last. */
  #current(): Map<number, ClusterRows> {
    const counts = this.#counts.peek();
    if (counts !== this.#among) this.#known.clear();
    this.#among = counts;
    return this.#known;
  }

  #take(clusters: Int32Array, counts: Int32Array, ids: BigInt64Array, codes: Uint8Array): void {
    let start = 0;
    clusters.forEach((cluster, i) => {
      const end = start + counts[i];
      this.#known.set(cluster, { ids: ids.subarray(start, end), codes: codes.subarray(start, end) });
      start = end;
    });
    this.#revision.value++;
  }
}
