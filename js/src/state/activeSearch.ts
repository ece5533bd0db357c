import { signal } from "@preact/signals";
import type { Search } from "../model/search";
import type { Asker } from "../protocol/asker";
import type {
  Bounds,
  Candidates,
  Done,
  FaissResults,
  Message,
  Remarks,
  RequestName,
  TrueNeighbours,
  TruthProgress,
} from "../protocol/messages";
import { Patience } from "../protocol/retry";

/** Requests about one search: the search itself, and the ones that complete it. */
type Purpose = "search" | "rest" | "candidates" | "clusters" | "results" | "truth";

/** The search on screen: its candidates, the other messages about it, and its pending requests. */
export class ActiveSearch {
  readonly timings = signal<Done | null>(null);
  /** The best distance that any vector of each cluster can have, by rank. */
  readonly bounds = signal<Bounds | null>(null);
  readonly remarks = signal<Remarks | null>(null);
  readonly faissResults = signal<FaissResults | null>(null);
  readonly groundTruth = signal<TrueNeighbours | null>(null);
  /** How far the kernel is with the true neighbours; null where none are under way. */
  readonly truthProgress = signal<TruthProgress | null>(null);
  readonly #asker: Asker;
  readonly #requests = new Map<Purpose, RequestName>();
  /** The last rank whose candidates were all asked for. */
  #candidatesUpTo = 0;
  /** The last rank of the rest that is under way, 0 for none; the clusters received when it was asked for. */
  #restUpTo = 0;
  #restFrom = -1;
  /** Ranks that were asked for by themselves, until their answer is complete. */
  #clusters = new Set<number>();
  /** Clusters whose ranks were asked for. */
  readonly #ranks = new Set<number>();
  // A request whose answer no message ends, or without which the search does not end.
  readonly #candidatesPatience = new Patience(() => this.#sendCandidates(this.#candidatesUpTo));
  readonly #restPatience = new Patience(() => this.#sendRest(this.#restUpTo));

  /** @param request  the name of the request that `search` answers */
  constructor(
    readonly search: Search,
    request: RequestName,
    asker: Asker,
  ) {
    this.#asker = asker;
    this.#requests.set("search", request);
  }

  /** The purpose of a request of this search; null for any other, and for one that a later request replaces. */
  purposeOf(request: RequestName | null): Purpose | null {
    for (const [purpose, name] of this.#requests) if (name === request) return purpose;
    return null;
  }

  /** Take in a message about this search; returns whether it has brought candidates. */
  take(message: Message): boolean {
    switch (message.kind) {
      case "fine":
      case "nearest":
        return this.#extend(message);
      case "ranked":
        if (message.serial !== this.search.serial) return false;
        this.search.learn(message);
        return true;
      case "done":
        if (this.purposeOf(message.request) === "search") this.timings.value = message;
        if (this.purposeOf(message.request) === "rest") this.#endRest();
        if (this.purposeOf(message.request) === "clusters") this.#clusters.clear();
        break;
      case "remarks":
        if (message.serial === this.search.serial) this.remarks.value = message;
        break;
      case "bounds":
        if (message.serial === this.search.serial) this.bounds.value = message;
        break;
      case "results":
        if (this.#isAbout(message)) this.faissResults.value = message;
        break;
      case "truth":
        if (this.#isAbout(message)) this.groundTruth.value = message;
        this.truthProgress.value = null;
        break;
      case "truth_progress":
        if (message.serial === this.search.serial && this.purposeOf(message.request) === "truth")
          this.truthProgress.value = message;
        break;
    }
    return false;
  }

  /** Ask for every candidate of the clusters up to this rank. */
  askCandidates(lastRank: number): void {
    const { search } = this;
    if (search.fine >= lastRank || this.#candidatesUpTo >= lastRank) return;
    this.#candidatesPatience.begin();
    this.#sendCandidates(lastRank);
  }

  /** Ask for the rank of a cluster, unless it is known or on its way. */
  askRank(cluster: number): void {
    if (this.search.rankIn(cluster) !== null || this.#ranks.has(cluster)) return;
    if (this.#asker.askRanks(this.search.serial, [cluster]) !== null) this.#ranks.add(cluster);
  }

  /** Whether the clusters beyond the probed ones are on their way. */
  get isComparing(): boolean {
    return this.#restUpTo > 0;
  }

  /**
   * Ask for the clusters up to this rank, unless they are on their way. Returns false where the same request has
   * brought nothing.
   */
  askRest(lastRank: number): boolean {
    const { search } = this;
    if (lastRank <= this.#restUpTo) return true;
    if (this.#restFrom === search.received) return false;
    this.#restPatience.begin();
    this.#sendRest(lastRank);
    return true;
  }

  /**
   * Ask for candidates of these clusters that hold for any set of clusters, unless these are on their way.
   *
   * @param limit  clusters in one request; further ones have to be asked for once its answer is complete
   * @param isRepeat  whether a request for them counts as lost
   */
  askClusters(ranks: readonly number[], limit: number, isRepeat: boolean): void {
    const underWay = ranks.filter((rank) => this.#clusters.has(rank)).length;
    const isFull = underWay > 0 && this.#clusters.size === limit;
    if (!isRepeat && (underWay === ranks.length || isFull)) return;
    const some = ranks.slice(0, limit);
    const request = this.#asker.askClusters(this.search.serial, some);
    if (request !== null) this.#clusters = new Set(some);
    this.#note("clusters", request);
  }

  askResults(nprobe: number, k: number, includeSelf: boolean): void {
    this.#note("results", this.#asker.askResults(this.search.serial, nprobe, k, includeSelf));
  }

  askTruth(nprobe: number, k: number, includeSelf: boolean): void {
    this.#note("truth", this.#asker.askTruth(this.search.serial, nprobe, k, includeSelf));
  }

  /** Wait no longer for the answer to a request that the kernel has failed at. */
  fail(purpose: Purpose | null): void {
    if (purpose === "candidates") this.#candidatesPatience.end();
    if (purpose === "rest") this.#endRest();
    if (purpose === "truth") this.truthProgress.value = null;
  }

  /** Forget what was asked for: a kernel that comes back may not have heard of it. */
  lose(): void {
    this.close();
    this.#candidatesUpTo = 0;
    this.#restFrom = -1;
    this.#endRest();
    this.#clusters.clear();
    this.#ranks.clear();
    this.truthProgress.value = null;
  }

  /** Wait for no answer any more. */
  close(): void {
    this.#candidatesPatience.end();
    this.#restPatience.end();
  }

  /** Of a rest that was asked for before, the kernel sends what it has not yet sent, and that it is done. */
  #sendRest(lastRank: number): void {
    const { serial, received } = this.search;
    const request = this.#asker.askRest(serial, lastRank);
    if (request !== null) {
      this.#restFrom = received;
      this.#restUpTo = lastRank;
    }
    this.#note("rest", request);
  }

  #endRest(): void {
    this.#restPatience.end();
    this.#restUpTo = 0;
  }

  #sendCandidates(lastRank: number): void {
    const { serial, fine } = this.search;
    const request = this.#asker.askCandidates(serial, fine + 1, lastRank);
    if (request !== null) this.#candidatesUpTo = lastRank;
    this.#note("candidates", request);
  }

  #note(purpose: Purpose, request: RequestName | null): void {
    if (request === null) this.#requests.delete(purpose);
    else this.#requests.set(purpose, request);
  }

  #extend(message: Candidates): boolean {
    const purpose = this.purposeOf(message.request);
    if (purpose === null) return false;
    if (purpose === "clusters") this.search.addUnpruned(message);
    else this.search.add(message);
    if (purpose === "rest") this.#restPatience.begin();
    if (purpose === "candidates" && this.search.fine < this.#candidatesUpTo) this.#candidatesPatience.begin();
    else if (purpose === "candidates") this.#candidatesPatience.end();
    return true;
  }

  #isAbout({ serial, rank_of }: FaissResults | TrueNeighbours): boolean {
    return serial === this.search.serial && rank_of.every((rank) => rank <= this.search.nlist);
  }
}
