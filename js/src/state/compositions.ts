import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Summary } from "../model/summary";
import type { Asker } from "../protocol/asker";
import type { Composition } from "../protocol/messages";

const REMEMBERED = 512;

/** The labels of clusters, asked for when they are looked at. */
export class Compositions {
  readonly #summary: ReadonlySignal<Summary>;
  readonly #asker: Asker;
  /** By column and cluster. */
  readonly #known = new Map<string, Signal<Composition | null>>();

  #version: number;

  constructor(summary: ReadonlySignal<Summary>, asker: Asker) {
    this.#summary = summary;
    this.#asker = asker;
    this.#version = summary.peek().indexVersion;
  }

  /**
   * The labels of a cluster; null until they are known, and where rows have none.
   *
   * @param column  whose values are the labels; null for the labels themselves
   */
  of(cluster: number, column: number | null = null): ReadonlySignal<Composition | null> {
    const { labels, indexVersion } = this.#summary.peek();
    if (!labels && column === null) return signal(null);
    if (indexVersion !== this.#version) this.#known.clear();
    this.#version = indexVersion;
    const key = `${column}/${cluster}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const composition = signal<Composition | null>(null);
    this.#known.set(key, composition);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= REMEMBERED) break;
      this.#known.delete(oldest);
    }
    void this.#asker.composition(cluster, column).then((answer) => {
      if (answer.kind === "composition") composition.value = answer;
      else if (this.#known.get(key) === composition) this.#known.delete(key);
    });
    return composition;
  }
}
