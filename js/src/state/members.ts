import { type ReadonlySignal, signal } from "@preact/signals";
import { nearestFirst } from "../model/candidateOrder";
import { type ClusterCandidates, isOutdated, type Search } from "../model/search";
import type { Summary } from "../model/summary";
import type { Asker } from "../protocol/asker";

interface Member {
  readonly id: bigint;
  /** To the query; NaN before a search. */
  readonly distance: number;
}

/** Sorted in the page up to here (a few milliseconds); beyond, the kernel sorts. */
const SORT_LIMIT = 20_000;
const WINDOW = 512;

/** One cluster's rows, nearest to the query first: from its candidates, or in windows that the kernel sorts. */
export class MemberList {
  /** Grows when more members are known, and when the kernel has failed at some: they have to be asked for again. */
  readonly revision: ReadonlySignal<number>;
  readonly ordered: boolean;
  /** The search on screen, unless the index has changed since. */
  readonly #search: Search | null;
  readonly #revision = signal(0);
  readonly #asker: Asker;
  readonly #windows = new Map<number, readonly Member[] | null>();
  readonly #sorted: readonly Member[] | null;
  #total: number;

  constructor(
    readonly cluster: number,
    summary: Summary,
    search: Search | null,
    asker: Asker,
  ) {
    const size = summary.sizes[cluster];
    this.revision = this.#revision;
    this.#asker = asker;
    this.#total = size;
    this.ordered = search !== null;
    this.#search = search !== null && !isOutdated(search, summary) ? search : null;
    const rank = this.#search?.rankOf[cluster] ?? 0;
    const here = this.#search?.isWhole(rank) && size <= SORT_LIMIT ? this.#search.at(rank) : null;
    this.#sorted = size === 0 ? [] : here && sorted(here, summary.similarity);
  }

  get total(): number {
    return this.#sorted?.length ?? this.#total;
  }

  /** The i-th nearest, or null until it has arrived. */
  at(i: number): Member | null {
    if (this.#sorted !== null) return this.#sorted[i] ?? null;
    return this.#windows.get(Math.floor(i / WINDOW))?.[i % WINDOW] ?? null;
  }

  /** Ask for the members from one place to before another that are missing. */
  need(first: number, last: number): void {
    if (this.#sorted !== null) return;
    for (let number = Math.floor(first / WINDOW); number * WINDOW < Math.min(last, this.total); number++) {
      if (this.#windows.has(number)) continue;
      this.#windows.set(number, null);
      void this.#fetch(number);
    }
  }

  async #fetch(number: number): Promise<void> {
    const answer = await this.#asker.members(this.cluster, number * WINDOW, WINDOW);
    if (answer.kind === "error") {
      this.#windows.delete(number);
      this.#revision.value++;
      return;
    }
    // Sorted for a newer search, of which the page has yet to hear.
    if (this.#search !== null && answer.serial !== this.#search.serial) {
      this.#windows.delete(number);
      return;
    }
    const members: Member[] = [];
    answer.ids.forEach((id, i) => {
      members.push({ id, distance: answer.distances[i] });
    });
    this.#windows.set(number, members);
    this.#total = answer.total;
    this.#revision.value++;
  }
}

function sorted({ ids, distances, start, end }: ClusterCandidates, similarity: boolean): Member[] {
  const order = nearestFirst(distances.subarray(start, end), similarity);
  return Array.from(order, (i) => ({ id: ids[start + i], distance: distances[start + i] }));
}
