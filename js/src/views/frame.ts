/** Draws in the browser's next animation frame, however often it is asked for before that. */
export class Frame {
  readonly #draw: (now: number) => boolean | undefined;
  #request = 0;

  /** @param draw  gets the frame's time in milliseconds; true asks for one more frame */
  constructor(draw: (now: number) => boolean | undefined) {
    this.#draw = draw;
  }

  get isPending(): boolean {
    return this.#request !== 0;
  }

  request(): void {
    if (this.#request !== 0) return;
    this.#request = requestAnimationFrame((now) => {
      this.#request = 0;
      if (this.#draw(now) === true) this.request();
    });
  }

  cancel(): void {
    cancelAnimationFrame(this.#request);
    this.#request = 0;
  }
}
