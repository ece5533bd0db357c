import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Asker } from "../protocol/asker";
import type { Hardest, HardestRequest, Message, Progress, RequestName, Workload } from "../protocol/messages";

/** Milliseconds that nprobe has to rest before the queries that are hardest there are asked for. */
const REST = 150;

/** A list of the hardest queries as it was asked for. */
interface Listing {
  readonly request: RequestName;
  readonly order: HardestRequest["order"];
  readonly nprobe: number;
  readonly workload: Workload;
}

/** The workload that the kernel evaluates or has evaluated last, for the page or for a cell. */
export class Workloads {
  readonly latest = signal<Workload | null>(null);
  /** Of the evaluation under way; null when none is. */
  readonly progress = signal<Omit<Progress, "kind" | "request"> | null>(null);
  /** The hardest queries of the latest workload, or of one before until these arrive. */
  readonly hardest = signal<Hardest | null>(null);
  /** What makes a query hard: the recall at nprobe, or the nprobe that it needs. */
  readonly order: Signal<HardestRequest["order"]> = signal("recall");
  /** Whether the hardest queries are those of the latest workload at the present nprobe, in this order. */
  readonly isListed: ReadonlySignal<boolean>;
  /** Why these cannot be listed; null where they can be, or it is not known. */
  readonly refusal: ReadonlySignal<string | null>;
  /** How many want the hardest queries: the kernel is asked for them only while there are any. */
  readonly #wants = signal(0);
  readonly #asker: Asker;
  readonly #failed: (message: string) => void;
  #running: RequestName | null = null;
  #listing: Listing | null = null;
  readonly #listed = signal<Listing | null>(null);
  readonly #refused = signal<{ readonly listing: Listing; readonly reason: string } | null>(null);

  /** @param failed  called with the reason when an evaluation fails */
  constructor(
    asker: Asker,
    nprobe: ReadonlySignal<number>,
    failed: (message: string) => void,
    abort: AbortSignal,
  ) {
    this.#asker = asker;
    this.#failed = failed;
    asker.onMessage((message) => this.#take(message));
    const stop = effect(() => {
      // A kernel that is gone evaluates nothing more.
      if (!asker.connected.value) this.progress.value = null;
    });
    const isPresent = ({ workload, order, nprobe: at }: Listing) =>
      workload === this.latest.value && order === this.order.value && at === nprobe.value;
    this.isListed = computed(() => this.#listed.value !== null && isPresent(this.#listed.value));
    const isWanted = computed(() => this.#wants.value > 0);
    this.refusal = computed(() => {
      const refused = this.#refused.value;
      return refused !== null && isPresent(refused.listing) ? refused.reason : null;
    });
    const list = effect(() => {
      const [at, order, workload] = [nprobe.value, this.order.value, this.latest.value];
      if (!asker.connected.value || !workload?.computed || !isWanted.value || this.isListed.peek()) return;
      const timer = setTimeout(() => {
        const request = asker.askHardest(order, at);
        this.#listing = request === null ? null : { request, order, nprobe: at, workload };
      }, REST);
      return () => clearTimeout(timer);
    });
    abort.addEventListener("abort", () => {
      stop();
      list();
    });
    asker.askWorkload();
  }

  /** Evaluate queries drawn from the index. */
  evaluate(sample: number, seed: number, k: number, includeSelf: boolean): void {
    this.#running = this.#asker.askEvaluate(sample, seed, k, includeSelf);
    this.progress.value =
      this.#running === null ? null : { done: 0, asked: sample, cancellable: true, dashboard: null };
  }

  /** Have the hardest queries listed, anew wherever nprobe rests, until the function returned is called. */
  want(): () => void {
    this.#wants.value++;
    let isOver = false;
    return () => {
      if (!isOver) this.#wants.value--;
      isOver = true;
    };
  }

  /** End the evaluation under way; a last message brings what was computed. */
  cancel(): void {
    if (this.#running !== null) this.#asker.cancel(this.#running);
  }

  #take(message: Message): void {
    if (message.kind === "progress") {
      this.#running = message.request;
      this.progress.value = message;
    } else if (message.kind === "workload") {
      batch(() => {
        this.latest.value = message;
        if (message.final) this.progress.value = null;
      });
    } else if (message.kind === "hardest" && message.request === this.#listing?.request) {
      batch(() => {
        this.hardest.value = message;
        this.#listed.value = this.#listing;
      });
    } else if (message.kind === "error" && this.#listing?.request === message.request) {
      this.#refused.value = { listing: this.#listing, reason: message.message };
    } else if (message.kind === "error" && message.request !== null && message.request === this.#running) {
      this.progress.value = null;
      if (message.code !== "superseded") this.#failed(message.message);
    }
  }
}
