import { vi } from "vitest";

/** The page's animation frames, told when to come. */
export class Frames {
  readonly #waiting = new Map<number, FrameRequestCallback>();
  #last = 0;
  #now = 1000;

  constructor() {
    vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) => {
      this.#waiting.set(++this.#last, callback);
      return this.#last;
    });
    vi.stubGlobal("cancelAnimationFrame", (frame: number) => this.#waiting.delete(frame));
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** One frame, so many milliseconds after the one before. */
  next(milliseconds = 10): void {
    const callbacks = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#now += milliseconds;
    for (const callback of callbacks) callback(this.#now);
  }

  end(): void {
    vi.unstubAllGlobals();
    this.next();
  }
}
