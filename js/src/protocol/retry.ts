/** Milliseconds until an answer counts as lost and is asked for again; twice as long each time. */
const LOST = 10_000;

/** Milliseconds until a request that has failed may be sent again; twice as long each time. */
export const FAILED = 1000;

/** Waits for an answer, and has it asked for again whenever it counts as lost. */
export class Patience {
  readonly #askAgain: () => void;
  #wait = LOST;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(askAgain: () => void) {
    this.#askAgain = askAgain;
  }

  /** Wait from now on: a request was sent, or a part of its answer has come. */
  begin(): void {
    this.#wait = LOST;
    this.#go();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #go(): void {
    this.end();
    this.#timer = setTimeout(() => {
      this.#wait *= 2;
      this.#go();
      this.#askAgain();
    }, this.#wait);
  }
}
