import { batch, signal } from "@preact/signals";
import type { Asker } from "../protocol/asker";
import type { Message, Progress, Workload } from "../protocol/messages";

/** Many queries at once, as far as the kernel has evaluated them. */
export class Workloads {
  readonly latest = signal<Workload | null>(null);
  /** How far the evaluation is that is under way; null when none is. */
  readonly progress = signal<Pick<Progress, "done" | "asked"> | null>(null);
  readonly #asker: Asker;
  #running: string | number | null = null;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  /** What the evaluation is called that is under way or was last, here or in Python. */
  get running(): string | number | null {
    return this.#running;
  }

  /** Evaluate queries drawn from the index. */
  evaluate(sample: number, seed: number, k: number): void {
    this.#running = this.#asker.askEvaluate(sample, seed, k);
    this.progress.value = this.#running === null ? null : { done: 0, asked: sample };
  }

  /** End what is under way; what was computed comes as the last word of it. */
  cancel(): void {
    if (this.#running !== null) this.#asker.cancel(String(this.#running));
  }

  /** Take in a message if it is about a workload. */
  take(message: Message): void {
    if (message.kind === "progress") {
      this.#running = message.request;
      this.progress.value = message;
    } else if (message.kind === "workload") {
      batch(() => {
        this.latest.value = message;
        if (message.final) this.progress.value = null;
      });
    } else if (message.kind === "error" && message.request === this.#running) this.progress.value = null;
  }

  /** A kernel that is gone evaluates nothing more. */
  lose(): void {
    this.progress.value = null;
  }
}
