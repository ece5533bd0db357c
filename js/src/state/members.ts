import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { nearestFirst } from "../model/candidateOrder";
import { type ClusterCandidates, isOutdated, type Search } from "../model/search";
import type { Summary } from "../model/summary";
import type { Asker } from "../protocol/asker";
import type { Members } from "../protocol/messages";

export interface Member {
  readonly id: bigint;
  /** To the query; NaN before a search. */
  readonly distance: number;
}

/** Sorted in the page up to here (a few milliseconds); beyond, the kernel sorts. */
const SORT_LIMIT = 20_000;
/** Members that are asked for and kept together. */
export const WINDOW = 512;
/** Windows in one request. */
const RUN = 64;

/**
 * One cluster's rows, nearest to the query first, before a search nearest to the centroid: from its candidates, or in
 * windows that the kernel sorts.
 */
export class MemberList {
  /** Grows when more members are known, and when the kernel has failed at some: they have to be asked for again. */
  readonly revision: ReadonlySignal<number>;
  readonly ordered: boolean;
  /** The search on screen, unless the index has changed since. */
  readonly #search: Search | null;
  readonly #revision: Signal<number>;
  readonly #asker: Asker;
  /** Null where it was asked for. */
  readonly #windows = new Map<number, readonly Member[] | null>();
  readonly #sorted: readonly Member[] | null;
  #total: number;

  /** @param revision  that of several lists, which grows with any of them */
  constructor(
    readonly cluster: number,
    summary: Summary,
    search: Search | null,
    asker: Asker,
    revision = signal(0),
  ) {
    this.revision = this.#revision = revision;
    this.#asker = asker;
    this.#total = summary.sizes[cluster];
    this.ordered = search !== null;
    this.#search = search !== null && !isOutdated(search, summary) ? search : null;
    const here = this.#search === null ? null : candidatesHere(this.#search, cluster);
    this.#sorted = this.#total === 0 ? [] : here && sorted(here, summary.similarity);
  }

  get total(): number {
    return this.#sorted?.length ?? this.#total;
  }

  /** Whether the nearest members are known. */
  get hasBegun(): boolean {
    return this.#sorted !== null || (this.#windows.get(0) ?? null) !== null;
  }

  /** Whether the page holds all members, so that the kernel need not sort them. */
  get isSortedHere(): boolean {
    return this.#sorted !== null;
  }

  /** The i-th nearest, or null until it has arrived. */
  at(i: number): Member | null {
    if (this.#sorted !== null) return this.#sorted[i] ?? null;
    return this.#windows.get(Math.floor(i / WINDOW))?.[i % WINDOW] ?? null;
  }

  /** Ask for the members from one place to before another that are missing. */
  need(first: number, last: number): void {
    if (this.#sorted !== null) return;
    const end = Math.ceil(Math.min(last, this.total) / WINDOW);
    for (let from = Math.floor(first / WINDOW); from < end; from++) {
      if (this.#windows.has(from)) continue;
      let to = from;
      while (to < end && to < from + RUN && !this.#windows.has(to)) this.#windows.set(to++, null);
      void this.#fetch(from, to);
      from = to - 1;
    }
  }

  /** Take in windows that were asked for; false where they were sorted for a newer search. */
  take(answer: Members, first: number, last: number): boolean {
    // The page has yet to hear of that search.
    if (this.#search !== null && answer.serial !== this.#search.serial) {
      this.#forget(first, last);
      return false;
    }
    const place = answer.clusters.indexOf(this.cluster);
    // A recording may lack this cluster.
    if (place < 0) return true;
    const start = answer.counts.subarray(0, place).reduce((sum, count) => sum + count, 0);
    for (let number = first; number < last; number++) {
      const from = start + (number - first) * WINDOW;
      const to = Math.min(start + answer.counts[place], from + WINDOW);
      const members: Member[] = [];
      for (let i = from; i < to; i++) members.push({ id: answer.ids[i], distance: answer.distances[i] });
      this.#windows.set(number, members);
    }
    this.#total = answer.totals[place];
    this.#revision.value++;
    return true;
  }

  async #fetch(from: number, to: number): Promise<void> {
    const answer = await this.#asker.members([this.cluster], from * WINDOW, (to - from) * WINDOW);
    if (answer.kind !== "error") {
      this.take(answer, from, to);
      return;
    }
    this.#forget(from, to);
    this.#revision.value++;
  }

  #forget(from: number, to: number): void {
    for (let number = from; number < to; number++) this.#windows.delete(number);
  }
}

/** Every candidate of a cluster, where the page has them and can sort them. */
export function candidatesHere(search: Search, cluster: number): ClusterCandidates | null {
  const rank = search.rankOf[cluster];
  return search.isWhole(rank) && search.sizeAt(rank) <= SORT_LIMIT ? search.at(rank) : null;
}

function sorted({ ids, distances, start, end }: ClusterCandidates, similarity: boolean): Member[] {
  const order = nearestFirst(distances.subarray(start, end), similarity);
  return Array.from(order, (i) => ({ id: ids[start + i], distance: distances[start + i] }));
}
