import { batch, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Asker } from "../protocol/asker";
import type { Hardest, HardestRequest, Message, Progress, RequestName, Workload } from "../protocol/messages";

/** Milliseconds that nprobe has to rest before the queries that are hardest there are asked for. */
const REST = 150;

/** The workload that the kernel evaluates or has evaluated last, for the page or for a cell. */
export class Workloads {
  readonly latest = signal<Workload | null>(null);
  /** Of the evaluation under way; null when none is. */
  readonly progress = signal<Pick<Progress, "done" | "asked" | "cancellable"> | null>(null);
  /** The hardest queries of the latest workload, or of one before until these arrive. */
  readonly hardest = signal<Hardest | null>(null);
  /** What makes a query hard: the recall at nprobe, or the nprobe that it needs. */
  readonly order: Signal<HardestRequest["order"]> = signal("recall");
  readonly #asker: Asker;
  readonly #failed: (message: string) => void;
  #running: RequestName | null = null;
  #listing: RequestName | null = null;

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
    const list = effect(() => {
      const [at, order] = [nprobe.value, this.order.value];
      if (!asker.connected.value || !this.latest.value?.computed) return;
      const timer = setTimeout(() => {
        this.#listing = asker.askHardest(order, at);
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
    this.progress.value = this.#running === null ? null : { done: 0, asked: sample, cancellable: true };
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
    } else if (message.kind === "hardest" && message.request === this.#listing) {
      this.hardest.value = message;
    } else if (message.kind === "error" && message.request !== null && message.request === this.#running) {
      this.progress.value = null;
      if (message.code !== "superseded") this.#failed(message.message);
    }
  }
}
