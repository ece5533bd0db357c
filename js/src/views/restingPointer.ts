/**
 * Tells a pointer that is moved from one that rests. When a key brings the picture into sight, the page scrolls under
 * a resting pointer and the browser reports it as moved, come or gone; what the key chose must stay.
 */
export class RestingPointer {
  #rests = false;

  /** A key has chosen. */
  keyed(): void {
    this.#rests = true;
  }

  /** Whether a person has moved or pressed the pointer since the last key. */
  moved(event: PointerEvent): boolean {
    if (event.type === "pointerdown" || event.movementX !== 0 || event.movementY !== 0) this.#rests = false;
    return !this.#rests;
  }

  /** Whether the pointer has gone elsewhere. A finger that is lifted has not: what it has tapped stays. */
  left(event: PointerEvent): boolean {
    return event.pointerType !== "touch" && this.moved(event);
  }
}
