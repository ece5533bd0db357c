/**
 * Tells a pointer that is moved from one that rests. When a key brings the picture into sight, the page scrolls under
 * a resting pointer and the browser reports it as moved, come or gone; what the key chose must stay.
 */
export class Rest {
  #rests = false;

  /** A key has chosen. */
  keyed(): void {
    this.#rests = true;
  }

  /** Whether a person has moved the pointer since the last key. */
  moved(event: PointerEvent): boolean {
    if (event.movementX !== 0 || event.movementY !== 0) this.#rests = false;
    return !this.#rests;
  }
}
