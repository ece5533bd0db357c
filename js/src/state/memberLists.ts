import { type ReadonlySignal, signal } from "@preact/signals";
import { isOutdated, type Search } from "../model/search";
import type { Summary } from "../model/summary";
import type { Asker } from "../protocol/asker";
import { candidatesHere, MemberList, WINDOW } from "./members";

/** Clusters in one request: the kernel sorts so many in some milliseconds. */
const BATCH = 16;
/** Requests under way. */
const IN_FLIGHT = 2;

/** The members of the clusters that a picture shows. What is asked for follows the picture: nothing is queued. */
export class MemberLists {
  /** Grows when more members are known. */
  readonly revision: ReadonlySignal<number>;
  readonly #revision = signal(0);
  readonly #asker: Asker;
  readonly #lists = new Map<number, MemberList>();
  /** Clusters whose nearest members were asked for. */
  readonly #asked = new Set<number>();
  #summary: Summary;
  #search: Search | null = null;
  #wanted: readonly number[] = [];
  #inFlight = 0;
  /** Counts how often the lists were dropped: an answer to an earlier request is not taken in. */
  #round = 0;

  constructor(summary: Summary, asker: Asker) {
    this.#summary = summary;
    this.#asker = asker;
    this.revision = this.#revision;
  }

  /** Order members for this search; before one, by their centroids. */
  orderFor(search: Search | null, summary: Summary): void {
    if (search === this.#search && summary === this.#summary) return;
    this.#search = search;
    this.#summary = summary;
    this.#round++;
    this.#inFlight = 0;
    this.#lists.clear();
    this.#asked.clear();
  }

  of(cluster: number): MemberList {
    const known = this.#lists.get(cluster);
    // Its candidates may have arrived since it was made.
    if (known !== undefined && (known.isSortedHere || !this.#isHere(cluster))) return known;
    const list = new MemberList(cluster, this.#summary, this.#search, this.#asker, this.#revision);
    this.#lists.set(cluster, list);
    return list;
  }

  /** Ask for the nearest members of these clusters, the first ones first, as far as they are not known. */
  need(clusters: readonly number[]): void {
    this.#wanted = clusters;
    while (this.#inFlight < IN_FLIGHT && this.#ask());
  }

  #isHere(cluster: number): boolean {
    const search = this.#search;
    return search !== null && !isOutdated(search, this.#summary) && candidatesHere(search, cluster) !== null;
  }

  #ask(): boolean {
    const batch: number[] = [];
    for (const cluster of this.#wanted) {
      if (batch.length === BATCH) break;
      if (!this.#asked.has(cluster) && !this.of(cluster).hasBegun) batch.push(cluster);
    }
    if (batch.length === 0) return false;
    for (const cluster of batch) this.#asked.add(cluster);
    this.#inFlight++;
    void this.#fetch(batch);
    return true;
  }

  async #fetch(batch: readonly number[]): Promise<void> {
    const round = this.#round;
    const answer = await this.#asker.members(batch, 0, WINDOW);
    if (round !== this.#round) return;
    this.#inFlight--;
    if (answer.kind === "error") for (const cluster of batch) this.#asked.delete(cluster);
    else for (const cluster of batch) this.of(cluster).take(answer, 0, 1);
    this.need(this.#wanted);
  }
}
