import { useEffect, useMemo } from "preact/hooks";

type Context = CanvasRenderingContext2D;
type Layer = OffscreenCanvasRenderingContext2D;

/**
 * What lies below all else on a canvas, drawn once and then copied for as long as nothing that it shows changes. It holds
 * the pixels of a canvas until it is closed.
 */
export class KeptLayer {
  #key: readonly unknown[] = [];
  #layer: Layer | null = null;

  /** Whether it holds pixels. */
  get isHolding(): boolean {
    return this.#layer !== null;
  }

  /**
   * Draws on the whole canvas.
   *
   * @param key  all that the picture depends on: while it changes, as in a zoom, nothing is kept
   */
  paint(context: Context, key: readonly unknown[], draw: (context: Context) => void): void {
    const { width, height } = context.canvas;
    const now = [width, height, ...key];
    const isSame = now.length === this.#key.length && now.every((part, i) => Object.is(part, this.#key[i]));
    if (!isSame) {
      this.close();
      this.#key = now;
      draw(context);
      return;
    }
    if (this.#layer === null) {
      this.#layer = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
      this.#layer?.setTransform(context.getTransform());
      if (this.#layer !== null) draw(this.#layer as unknown as Context);
    }
    if (this.#layer === null) {
      draw(context);
      return;
    }
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.#layer.canvas, 0, 0);
    context.restore();
  }

  /** Gives back what it holds. */
  close(): void {
    if (this.#layer !== null) this.#layer.canvas.width = this.#layer.canvas.height = 0;
    this.#layer = null;
    this.#key = [];
  }
}

/** A layer for as long as the view is there. */
export function useKeptLayer(): KeptLayer {
  const layer = useMemo(() => new KeptLayer(), []);
  useEffect(() => () => layer.close(), [layer]);
  return layer;
}
