import { batch, effect, signal } from "@preact/signals";
import type { Asker } from "../protocol/asker";
import type { Message, Progress, RequestName, Workload } from "../protocol/messages";

/** The workload that the kernel evaluates or has evaluated last, for the page or for a cell. */
export class Workloads {
  readonly latest = signal<Workload | null>(null);
  /** Of the evaluation under way; null when none is. */
  readonly progress = signal<Pick<Progress, "done" | "asked" | "cancellable"> | null>(null);
  readonly #asker: Asker;
  readonly #failed: (message: string) => void;
  #running: RequestName | null = null;

  /** @param failed  called with the reason when an evaluation fails */
  constructor(asker: Asker, failed: (message: string) => void, abort: AbortSignal) {
    this.#asker = asker;
    this.#failed = failed;
    asker.onMessage((message) => this.#take(message));
    const stop = effect(() => {
      // A kernel that is gone evaluates nothing more.
      if (!asker.connected.value) this.progress.value = null;
    });
    abort.addEventListener("abort", stop);
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
    } else if (message.kind === "error" && message.request !== null && message.request === this.#running) {
      this.progress.value = null;
      if (message.code !== "superseded") this.#failed(message.message);
    }
  }
}
