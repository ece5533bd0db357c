const SLACK = 4;
/** Most CSS pixels between two corners of an outline. */
const SPACING = 3;

type Shape = "lasso" | "box";

interface Listeners {
  /** The shape that a drag with these keys draws; null leaves the drag to other listeners. */
  shape(event: PointerEvent): Shape | null;
  /** The outline so far, x y x y … in CSS pixels of the element; null when it is given up. */
  drawn(outline: number[] | null): void;
  done(outline: number[], event: PointerEvent): void;
  clicked(x: number, y: number, event: PointerEvent): void;
}

/** Draws outlines by dragging. A press that does not move is a click. */
export class OutlineDrag {
  readonly #element: HTMLElement;
  readonly #listeners: Listeners;
  #pointer: number | null = null;
  #shape: Shape = "lasso";
  #outline: number[] = [];
  #isMoving = false;

  constructor(element: HTMLElement, listeners: Listeners, abort: AbortSignal) {
    this.#element = element;
    this.#listeners = listeners;
    const on = (
      type: "pointerdown" | "pointermove" | "pointerup" | "pointercancel",
      listener: (event: PointerEvent) => void,
    ) => element.addEventListener(type, listener, { signal: abort });
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointercancel", () => this.cancel());
  }

  get isDrawing(): boolean {
    return this.#pointer !== null && this.#isMoving;
  }

  cancel(): void {
    this.#pointer = null;
    this.#isMoving = false;
    this.#listeners.drawn(null);
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0 || this.#pointer !== null) return;
    const shape = this.#listeners.shape(event);
    if (shape === null) return;
    // The gestures that pan listen on the same element.
    event.stopImmediatePropagation();
    this.#element.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#shape = shape;
    this.#isMoving = false;
    this.#outline = [event.offsetX, event.offsetY];
  }

  #move(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return;
    const outline = this.#outline;
    const { offsetX: x, offsetY: y } = event;
    if (!this.#isMoving && Math.hypot(x - outline[0], y - outline[1]) <= SLACK) return;
    this.#isMoving = true;
    if (this.#shape === "box") {
      this.#outline = [outline[0], outline[1], x, outline[1], x, y, outline[0], y];
    } else if (Math.hypot(x - (outline.at(-2) as number), y - (outline.at(-1) as number)) >= SPACING) {
      outline.push(x, y);
    }
    this.#listeners.drawn([...this.#outline]);
  }

  #up(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return;
    const outline = this.#outline;
    const hasMoved = this.#isMoving;
    this.cancel();
    if (hasMoved) this.#listeners.done(outline, event);
    else this.#listeners.clicked(event.offsetX, event.offsetY, event);
  }
}
