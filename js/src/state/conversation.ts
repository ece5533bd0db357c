import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import { isOutdated, Search } from "../model/search";
import type { Summary } from "../model/summary";
import type { Asker } from "../protocol/asker";
import type { Coarse, Done, Failure, Message, QueryChoice, RequestName } from "../protocol/messages";
import { ActiveSearch } from "./activeSearch";
import type { Settings } from "./settings";

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
  /** Whether a search was asked for and the kernel has been silent since: a cell runs. */
  readonly kernelBusy = signal(false);
  readonly #summary: ReadonlySignal<Summary>;
  readonly #settings: Settings;
  readonly #asker: Asker;
  readonly #adopted: () => void;
  readonly #isWaiting = signal(false);
  /** The search that was asked for last, and the one that was asked for to mend an answer. */
  #asked: RequestName | null = null;
  #mending: RequestName | null = null;
  #patience: ReturnType<typeof setTimeout> | undefined;

  /** @param adopted  called when another search comes on screen, in the same batch */
  constructor(
    summary: ReadonlySignal<Summary>,
    settings: Settings,
    asker: Asker,
    adopted: () => void,
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
    abort.addEventListener("abort", () => clearTimeout(this.#patience));
  }

  /** Ask for the search that the kernel has already, for a page that opens. */
  resume(): void {
    this.#ask({ resume: true });
  }

  /** Start a search; its answer replaces the one on screen when its first message arrives. */
  ask(query: QueryChoice): void {
    this.failure.value = null;
    this.#isWaiting.value = true;
    this.active.peek()?.stop();
    this.#ask(query);
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
    if (!active.askRest(lastRank)) this.#askAgain();
    else this.#isWaiting.value = active.isPending("rest");
  }

  /** Show a sentence on what is wrong with an entry; the answer on screen stays. */
  complain(message: string): void {
    this.failure.value = message;
  }

  dismiss(): void {
    this.failure.value = null;
  }

  #ask(query: QueryChoice): void {
    const { nprobe, k } = this.#settings;
    this.#asked = this.#asker.askSearch(query, nprobe.peek(), k.peek());
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      this.kernelBusy.value = this.status.peek() === "searching";
    }, PATIENCE);
    if (this.#asked === null) this.#isWaiting.value = false;
  }

  #receive(message: Message): void {
    this.kernelBusy.value = false;
    clearTimeout(this.#patience);
    if (message.kind === "coarse") this.#adopt(message);
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
      this.active.value = new ActiveSearch(search, coarse.request, this.#asker);
      if (coarse.request !== this.#mending) this.failure.value = null;
      this.#adopted();
      this.#isWaiting.value = true;
      if (coarse.request === this.#asked) this.#settings.queryId.value = search.id;
    });
  }

  #finish({ request }: Done): void {
    const active = this.active.peek();
    const purpose = active?.purposeOf(request) ?? null;
    if (purpose === "search" || purpose === "rest") this.#isWaiting.value = false;
    if (active !== null && purpose === "search") this.#mend(active.search);
    // The coarse message of the search was lost.
    else if (purpose === null && request === this.#asked) this.#askAgain();
  }

  #fail({ request, code, message }: Failure): void {
    // The newer search that superseded this one answers for it.
    if (code === "superseded") return;
    const active = this.active.peek();
    const purpose = active?.purposeOf(request) ?? null;
    const isOwn = request === this.#asked || (purpose !== null && purpose !== "candidates");
    if (request !== null && !isOwn) return;
    batch(() => {
      this.failure.value = message;
      this.#isWaiting.value = false;
    });
    // A failure of no request interrupts no answer, and what has failed twice fails again.
    if (active === null || request === null || request === this.#mending) return;
    const isDone = active.timings.peek() !== null;
    if (!isDone || active.search.received < this.#settings.nprobe.peek()) this.#askAgain();
  }

  /** Ask once more for an answer of which messages were lost on the way. */
  #mend({ exhaustive, received, nlist }: Search): void {
    if (!exhaustive || received === nlist) return;
    if (this.active.peek()?.purposeOf(this.#mending) === "search") {
      this.failure.value = "Parts of this answer were lost on the way. Search again.";
    } else this.#askAgain();
  }

  /** Ask for the answer on screen again, which was cut off. */
  #askAgain(): void {
    const { nprobe, k } = this.#settings;
    this.#mending = this.#asker.askSearch({ resume: true }, nprobe.peek(), k.peek());
  }
}
