import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";

/** Milliseconds of one step, and of a whole search at most. */
const PACE = 420;
const LONGEST = 12_000;
const LEAST = 50;

/**
 * Plays a search of a graph step by step: 0 is the entry point, then each hop of the descent, then each expansion; null
 * is the end. Every display of the widget shows the same step.
 */
export class WalkPlayer {
  readonly step: Signal<number | null> = signal(null);
  readonly playing = signal(false);
  readonly #steps: ReadonlySignal<number>;

  /** @param steps  hops and expansions of the search */
  constructor(steps: ReadonlySignal<number>, abort: AbortSignal) {
    this.#steps = steps;
    const stop = effect(() => {
      if (!this.playing.value) return;
      const last = this.last;
      const pace = Math.max(LEAST, Math.min(PACE, LONGEST / Math.max(1, last)));
      const stride = Math.max(1, Math.round((last * pace) / LONGEST));
      const timer = setInterval(() => this.seek((this.step.peek() ?? last) + stride), pace);
      return () => clearInterval(timer);
    });
    abort.addEventListener("abort", stop);
  }

  /** The step that shows the whole search. */
  get last(): number {
    return this.#steps.value;
  }

  get now(): number {
    return Math.min(this.step.value ?? this.last, this.last);
  }

  /** Go to a step; at the last one, playing ends. */
  seek(step: number): void {
    const isEnd = step >= this.#steps.peek();
    if (isEnd) this.playing.value = false;
    this.step.value = isEnd ? null : Math.max(0, step);
  }

  /** Play from here, or from the start when at the end; pause when playing. */
  toggle(): void {
    if (!this.playing.peek() && this.step.peek() === null) this.step.value = 0;
    this.playing.value = !this.playing.peek();
  }

  back(): void {
    this.playing.value = false;
    this.seek(this.now - 1);
  }

  forward(): void {
    this.playing.value = false;
    this.seek(this.now + 1);
  }

  /** Show the whole search. */
  finish(): void {
    this.playing.value = false;
    this.step.value = null;
  }
}
