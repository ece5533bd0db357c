import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Summary } from "../model/summary";
import type { Asker } from "../protocol/asker";
import type { Composition } from "../protocol/messages";

const REMEMBERED = 512;

/** The labels of clusters, asked for when they are looked at. */
export class Compositions {
  readonly #summary: ReadonlySignal<Summary>;
  readonly #asker: Asker;
  readonly #known = new Map<number, Signal<Composition | null>>();

  #version: number;

  constructor(summary: ReadonlySignal<Summary>, asker: Asker) {
    this.#summary = summary;
    this.#asker = asker;
    this.#version = summary.peek().indexVersion;
  }

  /** The labels of a cluster; null until they are known, and where rows have none. */
  of(cluster: number): ReadonlySignal<Composition | null> {
    const { labels, indexVersion } = this.#summary.peek();
    if (!labels) return signal(null);
    if (indexVersion !== this.#version) this.#known.clear();
    this.#version = indexVersion;
    const known = this.#known.get(cluster);
    if (known !== undefined) return known;
    const composition = signal<Composition | null>(null);
    this.#known.set(cluster, composition);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= REMEMBERED) break;
      this.#known.delete(oldest);
    }
    void this.#asker.composition(cluster).then((answer) => {
      if (answer.kind === "composition") composition.value = answer;
      else if (this.#known.get(cluster) === composition) this.#known.delete(cluster);
    });
    return composition;
  }
}
