import { batch, computed, effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { isOutdated, isSameQuery, Search } from "../model/search";
import type { Summary } from "../model/summary";
import type { Asker, PictureQuery } from "../protocol/asker";
import type { Coarse, Done, Failure, Message, QueryChoice, RequestName } from "../protocol/messages";
import { deliver } from "../protocol/transport";
import { ActiveSearch } from "./activeSearch";
import type { Settings } from "./settings";

/** A choice of a query, the vector itself, float32 (dim,), or a picture. */
export type Wish = QueryChoice | Float32Array | PictureQuery;

export type Status = "idle" | "searching" | "done" | "error" | "disconnected";

/** Milliseconds without a message after which a kernel counts as busy. */
const PATIENCE = 900;

/** Asks for searches, and keeps the one on screen until the next begins. */
export class Conversation {
  readonly active = signal<ActiveSearch | null>(null);
  /** Grows whenever more candidates of the search have arrived. */
  readonly revision = signal(0);
  readonly status: ReadonlySignal<Status>;
  /** Whether a request can complete the search on screen: it is finished, and the index has not changed since. */
  readonly canComplete: ReadonlySignal<boolean>;
  readonly failure = signal<string | null>(null);
  /** Searches that this page has begun. */
  readonly begun = signal(0);
  /** Whether a search was asked for and the kernel has been silent since: a cell runs. */
  readonly kernelBusy = signal(false);
  readonly #summary: ReadonlySignal<Summary>;
  readonly #settings: Settings;
  readonly #asker: Asker;
  readonly #adopted: (isOtherQuery: boolean) => void;
  /** Whether the kernel has failed at completing the search on screen: nothing more is asked for unasked. */
  readonly isRefused = signal(false);
  readonly #isWaiting = signal(false);
  /** The latest search request, and the latest one that repairs a lost answer. */
  #asked: RequestName | null = null;
  #mending: RequestName | null = null;
  /** Queries that were asked for or announced. */
  #wishes = 0;
  /** The query of the latest search request, until a ranking arrives. */
  #unanswered: Wish | null = null;
  /** The query to repeat once the kernel is back. */
  #lost: Wish | null = null;
  /** Messages from a ranking on whose index the page has yet to be told of. */
  #early: Message[] = [];
  #patience: ReturnType<typeof setTimeout> | undefined;

  /** @param adopted  called when another search comes on screen, in the same batch */
  constructor(
    summary: ReadonlySignal<Summary>,
    settings: Settings,
    asker: Asker,
    adopted: (isOtherQuery: boolean) => void,
    abort: AbortSignal,
  ) {
    this.#summary = summary;
    this.#settings = settings;
    this.#asker = asker;
    this.#adopted = adopted;
    this.status = computed(() => {
      if (!asker.connected.value) return "disconnected";
      if (this.#isWaiting.value) return "searching";
      if (this.failure.value !== null) return "error";
      return this.active.value === null ? "idle" : "done";
    });
    this.canComplete = computed(() => {
      const active = this.active.value;
      if (active === null || this.#isWaiting.value || !asker.connected.value) return false;
      return !isOutdated(active.search, summary.value);
    });
    asker.onMessage((message) => this.#receive(message));
    const follow = effect(() => {
      const isBack = asker.connected.value;
      untracked(() => (isBack ? this.#return() : this.#lose()));
    });
    const release = effect(() => {
      summary.value;
      untracked(() => this.#release());
    });
    abort.addEventListener("abort", () => {
      clearTimeout(this.#patience);
      this.active.peek()?.close();
      follow();
      release();
    });
  }

  /** Ask for the search that the kernel has already, for a page that opens. */
  resume(): void {
    this.#ask({ resume: true });
  }

  /** Start a search; its answer replaces the one on screen when its first message arrives. */
  ask(query: Wish): void {
    this.#wishes++;
    this.failure.value = null;
    this.begun.value++;
    this.#repeat(query);
  }

  /** Announce a query that is still to be read. The function says whether none was asked for or announced since. */
  announce(): () => boolean {
    const announced = ++this.#wishes;
    return () => announced === this.#wishes;
  }

  /** Search for the query on screen once more, as another nprobe may rank the clusters in another way. */
  rankAgain(): void {
    if (this.canComplete.peek()) this.#askAgain();
  }

  /** Ask for every candidate of the probed clusters. */
  needCandidates(): void {
    this.current()?.askCandidates(this.#settings.nprobe.peek());
  }

  /** The search on screen where the kernel can complete it. */
  current(): ActiveSearch | null {
    return this.canComplete.peek() ? this.active.peek() : null;
  }

  /** Have the clusters up to this rank compared, of a search that ended with the probed ones. */
  needRest(lastRank: number): void {
    const active = this.current();
    if (active === null || active.search.received >= lastRank) return;
    if (active.askRest(lastRank)) this.#isWaiting.value = active.isComparing;
    else this.#askAgain();
  }

  /** Have the rank of a cluster told, where the search came without it. */
  needRank(cluster: number): void {
    this.current()?.askRank(cluster);
  }

  /** Show a sentence on what is wrong with an entry; the answer on screen stays. */
  complain(message: string): void {
    this.failure.value = message;
  }

  dismiss(): void {
    this.failure.value = null;
    this.isRefused.value = false;
  }

  #ask(query: Wish): void {
    this.#asked = this.#search(query);
    if (this.#asked === null) this.#isWaiting.value = false;
  }

  #search(query: Wish): RequestName | null {
    const { nprobe, k, includeSelf } = this.#settings;
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      this.kernelBusy.value = this.status.peek() === "searching";
    }, PATIENCE);
    const request = this.#asker.askSearch(query, nprobe.peek(), k.peek(), includeSelf.peek());
    this.#unanswered = request === null ? null : query;
    this.#lost = null;
    return request;
  }

  #repeat(query: Wish): void {
    this.#isWaiting.value = true;
    this.#ask(query);
  }

  #lose(): void {
    this.active.peek()?.lose();
    if (this.#isWaiting.peek()) this.#lost = this.#unanswered ?? { resume: true };
  }

  /** Repeat the search that the kernel may not have heard of, or whose answer it may have sent to nobody. */
  #return(): void {
    if (this.#lost !== null) this.#repeat(this.#lost);
  }

  #release(): void {
    const early = this.#early;
    this.#early = [];
    for (const message of early) deliver((one) => this.#receive(one), message);
  }

  #receive(message: Message): void {
    this.kernelBusy.value = false;
    clearTimeout(this.#patience);
    const isEarly = message.kind === "coarse" && message.index_version > this.#summary.peek().indexVersion;
    if (isEarly || this.#early.length > 0) this.#early.push(message);
    else if (message.kind === "coarse") this.#adopt(message);
    else if (message.kind === "error") this.#fail(message);
    else {
      batch(() => {
        if (this.active.peek()?.take(message)) this.revision.value++;
        if (message.kind === "done") this.#finish(message);
      });
    }
  }

  #adopt(coarse: Coarse): void {
    const shown = this.active.peek()?.search;
    if (shown !== undefined && coarse.serial <= shown.serial) return;
    const search = new Search(coarse, this.#summary.peek().sizes);
    batch(() => {
      this.active.peek()?.close();
      this.active.value = new ActiveSearch(search, coarse.request, this.#asker);
      if (coarse.request !== this.#mending) this.failure.value = null;
      this.#unanswered = null;
      this.isRefused.value = false;
      this.#adopted(shown !== undefined && !isSameQuery(shown, search));
      this.#isWaiting.value = true;
      if (coarse.request === this.#asked) this.#settings.queryId.value = search.id;
    });
  }

  #finish({ request }: Done): void {
    const active = this.active.peek();
    const purpose = active?.purposeOf(request) ?? null;
    if (purpose === null) {
      // The ranking was lost.
      if (request === this.#mending) this.#giveUp();
      else if (request === this.#asked) this.#askAgain();
    } else if (this.#unanswered === null && (purpose === "search" || purpose === "rest")) {
      this.#isWaiting.value = false;
      if (active !== null && purpose === "search") this.#mend(active.search);
    }
  }

  #fail({ request, code, message }: Failure): void {
    const active = this.active.peek();
    const purpose = active?.purposeOf(request) ?? null;
    active?.fail(purpose);
    // The newer search that superseded this one answers for it.
    if (code === "superseded") return;
    const isLatest = request === this.#asked || request === this.#mending;
    const isAboutShown = purpose !== null && purpose !== "candidates" && this.#unanswered === null;
    if (request !== null && !isLatest && !isAboutShown) return;
    batch(() => {
      const isCutOff = request === null && this.#isWaiting.peek();
      if (isCutOff || purpose !== null || request === this.#mending) this.isRefused.value = true;
      this.failure.value = message;
      this.#isWaiting.value = false;
      this.#unanswered = null;
      // A failure of no request interrupts no answer, and what has failed twice fails again.
      if (active === null || request === null || request === this.#mending) return;
      const isDone = active.timings.peek() !== null;
      if (!isDone || active.search.received < this.#settings.nprobe.peek()) this.#askAgain();
    });
  }

  /** Repeat a search whose messages were lost. */
  #mend({ exhaustive, received, nlist }: Search): void {
    if (!exhaustive || received === nlist) return;
    if (this.active.peek()?.purposeOf(this.#mending) === "search") this.#giveUp();
    else this.#askAgain();
  }

  /** Search for the query on screen again: its answer was cut off, or another nprobe ranks the clusters anew. */
  #askAgain(): void {
    this.#mending = this.#search({ resume: true });
    this.#isWaiting.value = this.#mending !== null;
  }

  #giveUp(): void {
    this.#isWaiting.value = false;
    this.#unanswered = null;
    this.isRefused.value = true;
    this.failure.value = "Parts of this answer were lost on the way. Search again.";
  }
}
