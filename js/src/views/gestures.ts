import type { Box } from "./placer";
import { UNZOOMED, type Zoom } from "./viewport";

/** How much a picture can be enlarged, where nothing else is said. */
export const CLOSEST = 80;
const CLICK_SLACK = 4;

/**
 * Zooms by wheel, pinch and keys, and pans by dragging, within the element's own bounds. The picture always fills the
 * element. A press that does not move is a click.
 */
export class Gestures {
  readonly #element: HTMLElement;
  readonly #changed: (zoom: Zoom) => void;
  readonly #clicked: (x: number, y: number, event: PointerEvent) => void;
  readonly #closest: (x: number, y: number) => number;
  readonly #beside: number;
  readonly #pointers = new Map<number, { x: number; y: number }>();
  #zoom = UNZOOMED;
  #travelled = 0;

  /**
   * @param closest  how much the picture can be enlarged about a place in the element
   * @param beside  CSS pixels by which an enlarged picture may be moved off each side of the element
   */
  constructor(
    element: HTMLElement,
    changed: (zoom: Zoom) => void,
    clicked: (x: number, y: number, event: PointerEvent) => void,
    abort: AbortSignal,
    closest: (x: number, y: number) => number = () => CLOSEST,
    beside = 0,
  ) {
    this.#element = element;
    this.#changed = changed;
    this.#clicked = clicked;
    this.#closest = closest;
    this.#beside = beside;
    const on = <K extends keyof HTMLElementEventMap>(
      type: K,
      listener: (event: HTMLElementEventMap[K]) => void,
    ) => element.addEventListener(type, listener, { signal: abort, passive: false });
    on("wheel", (event) => this.#wheel(event));
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointercancel", (event) => this.#pointers.delete(event.pointerId));
    // One finger scrolls the page, unless the picture is enlarged; two always zoom the picture.
    on("touchmove", (event) => {
      if (event.cancelable && (event.touches.length > 1 || this.#zoom.k > 1)) event.preventDefault();
    });
  }

  get dragging(): boolean {
    return this.#pointers.size > 0 && this.#travelled > CLICK_SLACK;
  }

  /** Zoom about a place in the element; about its middle when none is given. */
  scale(factor: number, x = this.#element.clientWidth / 2, y = this.#element.clientHeight / 2): void {
    // Where less is allowed than what is shown, nothing jumps back.
    const closest = Math.max(this.#closest(x, y), this.#zoom.k);
    const k = Math.min(closest, Math.max(1, this.#zoom.k * factor));
    const change = k / this.#zoom.k;
    this.#set({ k, x: x - (x - this.#zoom.x) * change, y: y - (y - this.#zoom.y) * change });
  }

  reset(): void {
    this.#set(UNZOOMED);
  }

  /** Zoom so that a box of the picture, in CSS pixels where it is not enlarged, fills the element up to a margin. */
  fit({ left, top, right, bottom }: Box, margin = 30): void {
    const { clientWidth: width, clientHeight: height } = this.#element;
    const room = Math.min((width - 2 * margin) / (right - left), (height - 2 * margin) / (bottom - top));
    const k = Math.min(this.#closest(width / 2, height / 2), Math.max(1, room));
    this.#set({ k, x: (width - k * (left + right)) / 2, y: (height - k * (top + bottom)) / 2 });
  }

  /** Move as little as needed so that a place of the picture is in sight, `margin` pixels from the edge. */
  reveal(x: number, y: number, margin = 30): void {
    const { clientWidth: width, clientHeight: height } = this.#element;
    const dx = Math.max(0, margin - x) - Math.max(0, x - (width - margin));
    const dy = Math.max(0, margin - y) - Math.max(0, y - (height - margin));
    if (dx !== 0 || dy !== 0) this.#pan(dx, dy);
  }

  /** Stay within bounds after the element's size has changed. */
  resized(): void {
    if (this.#element.clientWidth > 0) this.#set(this.#zoom);
  }

  #pan(dx: number, dy: number): void {
    this.#set({ k: this.#zoom.k, x: this.#zoom.x + dx, y: this.#zoom.y + dy });
  }

  #set({ k, x, y }: Zoom): void {
    const { clientWidth: width, clientHeight: height } = this.#element;
    const beside = Math.min(1, k - 1) * this.#beside;
    this.#zoom = {
      k,
      x: Math.min(beside, Math.max(width * (1 - k) - beside, x)),
      y: Math.min(beside, Math.max(height * (1 - k) - beside, y)),
    };
    this.#changed(this.#zoom);
  }

  /** Zoom; but where there is nothing left to zoom out of, let the notebook scroll. */
  #wheel(event: WheelEvent): void {
    event.stopPropagation();
    if (this.#zoom.k === 1 && event.deltaY > 0 && !event.ctrlKey) return;
    event.preventDefault();
    const unit = [1, 20, 400][event.deltaMode] ?? 1;
    this.scale(2 ** ((-event.deltaY * unit * (event.ctrlKey ? 8 : 1)) / 400), event.offsetX, event.offsetY);
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return;
    if (this.#pointers.size === 0) this.#travelled = 0;
    this.#element.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  }

  #move(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) return;
    const now = { x: event.offsetX, y: event.offsetY };
    this.#travelled += Math.hypot(now.x - before.x, now.y - before.y);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, now);
    if (other === undefined) {
      if (this.dragging) this.#pan(now.x - before.x, now.y - before.y);
      return;
    }
    const spread = Math.hypot(now.x - other.x, now.y - other.y);
    const was = Math.hypot(before.x - other.x, before.y - other.y) || 1;
    this.scale(spread / was, (now.x + other.x) / 2, (now.y + other.y) / 2);
    this.#pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  }

  #up(event: PointerEvent): void {
    if (!this.#pointers.delete(event.pointerId)) return;
    if (this.#pointers.size === 0 && this.#travelled <= CLICK_SLACK)
      this.#clicked(event.offsetX, event.offsetY, event);
  }
}
