/**
 * Tells a moving pointer from a resting one. When a key brings the picture into sight, the page scrolls under a resting
 * pointer, and the browser reports that as a move. The key's choice must stay.
 */
export class RestingPointer {
  #rests = false;

  /** Notes that a key has chosen. */
  keyed(): void {
    this.#rests = true;
  }

  /** Whether a person has moved or pressed the pointer since the last key. */
  moved(event: PointerEvent): boolean {
    if (event.type === "pointerdown" || event.movementX !== 0 || event.movementY !== 0) this.#rests = false;
    return !this.#rests;
  }

  /** Whether the pointer has left. A lifted finger has not: its tap stays. */
  left(event: PointerEvent): boolean {
    return event.pointerType !== "touch" && this.moved(event);
  }
}
