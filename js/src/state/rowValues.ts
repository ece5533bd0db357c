import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Summary } from "../model/summary";
import type { Asker } from "../protocol/asker";

/** The values of a row, one for each column, null for a missing one; none at all for a row without metadata. */
export type Values = readonly (string | null)[];

/** A row that has been asked for. */
interface Row {
  readonly texts: Signal<Values | null>;
  /** By column: the value where the column has a scale, NaN elsewhere; null until they have come. */
  readonly numbers: Signal<Float64Array | null>;
}

/** Rows whose values are kept. */
const KEPT = 2000;
/** Times that rows are asked for while the kernel answers with an error. */
const ATTEMPTS = 5;

/** The values of rows in the columns of their metadata: asked for in batches when they are shown, newest first. */
export class RowValues {
  readonly #summary: ReadonlySignal<Summary>;
  readonly #asker: Asker;
  /** By row id, the one that was asked for last at the end. */
  readonly #known = new Map<bigint, Row>();
  #queue: bigint[] = [];
  #isAsking = false;

  constructor(summary: ReadonlySignal<Summary>, asker: Asker) {
    this.#summary = summary;
    this.#asker = asker;
  }

  /** The values of a row; null until they have come. */
  of(id: bigint): ReadonlySignal<Values | null> {
    return this.#row(id).texts;
  }

  /** The values of a row in columns with a scale, NaN in others; null until they have come. */
  numbersOf(id: bigint): ReadonlySignal<Float64Array | null> {
    return this.#row(id).numbers;
  }

  #row(id: bigint): Row {
    const row = this.#known.get(id) ?? { texts: signal(null), numbers: signal(null) };
    const isNew = !this.#known.delete(id);
    this.#known.set(id, row);
    if (isNew && this.#summary.peek().columns.length > 0) {
      this.#queue.push(id);
      this.#trim();
      if (!this.#isAsking) void this.#ask();
    }
    return row;
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    // What is shown together is asked for together.
    await Promise.resolve();
    const { valuesLimit } = this.#summary.peek().constants;
    while (this.#queue.length > 0) await this.#fetch(this.#queue.splice(-valuesLimit), ATTEMPTS);
    this.#isAsking = false;
  }

  async #fetch(ids: readonly bigint[], attempts: number): Promise<void> {
    const answer = await this.#asker.rowValues(ids);
    if (answer.kind !== "error") {
      ids.forEach((id, i) => {
        const row = this.#known.get(id);
        if (row === undefined) return;
        const width = answer.numbers.length / ids.length;
        row.texts.value = answer.values[i] ?? [];
        row.numbers.value = answer.numbers.subarray(i * width, (i + 1) * width);
      });
      return;
    }
    // The asker rests before it repeats a request that failed. Other rows do not wait for that.
    if (attempts > 1) void this.#fetch(ids, attempts - 1);
    else for (const id of ids) this.#known.delete(id);
  }

  #trim(): void {
    for (const id of this.#known.keys()) {
      if (this.#known.size <= KEPT) break;
      this.#known.delete(id);
    }
    // Rows that were scrolled past before anybody asked for them.
    if (this.#queue.length > KEPT) this.#queue = this.#queue.filter((id) => this.#known.has(id));
  }
}
