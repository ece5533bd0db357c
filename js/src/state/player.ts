import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";

/** Milliseconds of one step, and of a whole search at most. */
const PACE = 700;
const LONGEST = 12_000;
/** The shortest step in milliseconds: a search of many clusters skips some. */
const LEAST = 50;

/**
 * Plays the search step by step: 0 overview, 1 coarse search, 1 + r after the r nearest clusters, null at the end. Every
 * display of the widget shows the same step.
 */
export class Player {
  readonly step: Signal<number | null> = signal(null);
  readonly playing = signal(false);
  readonly #clusters: ReadonlySignal<number>;

  /** @param clusters  how many are probed at the end */
  constructor(clusters: ReadonlySignal<number>, abort: AbortSignal) {
    this.#clusters = clusters;
    const stop = effect(() => {
      if (!this.playing.value) return;
      const last = this.last;
      const pace = Math.max(LEAST, Math.min(PACE, LONGEST / last));
      const stride = Math.max(1, Math.round((last * pace) / LONGEST));
      const timer = setInterval(() => this.seek((this.step.peek() ?? last) + stride), pace);
      return () => clearInterval(timer);
    });
    abort.addEventListener("abort", stop);
  }

  /** The step that shows the whole search. */
  get last(): number {
    return this.#clusters.value + 1;
  }

  /** The present step as a number. */
  get now(): number {
    return Math.min(this.step.value ?? this.last, this.last);
  }

  /** Go to a step; from the last one on, playing ends. */
  seek(step: number): void {
    const end = step >= this.#clusters.peek() + 1;
    if (end) this.playing.value = false;
    this.step.value = end ? null : Math.max(0, step);
  }

  /** Play from here, or from the start when at the end; pause when playing. */
  toggle(): void {
    if (!this.playing.peek() && this.now === this.last) this.step.value = 0;
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
