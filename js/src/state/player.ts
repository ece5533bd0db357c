import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";

/** Milliseconds of one step, and of a whole search at most. */
const PACE = 700;
const LONGEST = 12_000;
/** The shortest step in milliseconds: a search of many clusters skips some. */
const LEAST = 50;
/** Milliseconds between two ranks of the coarse step, and for all of them at most. */
const RANK_PACE = 260;
const RANKS_LONGEST = 2500;

/**
 * Plays the search step by step: 0 overview, 1 coarse search, 1 + r after the r nearest clusters, null at the end. Every
 * display of the widget shows the same step.
 */
export class Player {
  readonly step: Signal<number | null> = signal(null);
  readonly playing = signal(false);
  /** In the coarse step: how many of the nearest clusters have been named; all unless it is being played. */
  readonly named: Signal<number> = signal(Infinity);
  readonly #clusters: ReadonlySignal<number>;

  /** @param clusters  how many are probed at the end */
  constructor(clusters: ReadonlySignal<number>, abort: AbortSignal) {
    this.#clusters = clusters;
    const isNaming = computed(() => this.playing.value && this.step.value === 1);
    const stop = effect(() => {
      if (!this.playing.value) return;
      if (isNaming.value) return this.#nameRanks();
      const last = this.last;
      const pace = Math.max(LEAST, Math.min(PACE, LONGEST / last));
      const stride = Math.max(1, Math.round((last * pace) / LONGEST));
      const timer = setInterval(() => this.seek((this.step.peek() ?? last) + stride), pace);
      return () => clearInterval(timer);
    });
    abort.addEventListener("abort", stop);
  }

  /** Name the clusters that are to be probed, one after another, then go on; returns what ends it. */
  #nameRanks(): () => void {
    const clusters = this.#clusters.peek();
    const pace = Math.max(LEAST, Math.min(RANK_PACE, RANKS_LONGEST / clusters));
    const stride = Math.max(1, Math.ceil((clusters * pace) / RANKS_LONGEST));
    this.named.value = 1;
    const timer = setInterval(() => {
      if (this.named.peek() >= clusters) this.seek(2);
      else this.named.value = Math.min(clusters, this.named.peek() + stride);
    }, pace);
    return () => {
      clearInterval(timer);
      this.named.value = Infinity;
    };
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
