import type { CellColours } from "../cellColours";
import { type Layer, type LayerFrame, layerCamera, sizeCanvas } from "./layer";

const OUTSIDE = 0xffffffff;
/** Cells painted between two readings of the clock. */
const STRIDE = 256;

/**
 * Many small cells as pixels, each with the cell that it belongs to. Owners are found once for a camera; then a change
 * of colours costs one pass over the pixels, however many cells there are.
 */
export class RasterLayer implements Layer {
  readonly isQuick = false;
  readonly #context: CanvasRenderingContext2D;
  readonly #image: ImageData;
  readonly #pixels: Uint32Array;
  readonly #owner: Uint32Array;
  readonly #shown: Uint32Array;
  #next = 0;
  #colours: CellColours | null = null;

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly frame: LayerFrame,
  ) {
    sizeCanvas(canvas, frame);
    this.#context = canvas.getContext("2d") as CanvasRenderingContext2D;
    this.#image = this.#context.createImageData(canvas.width, canvas.height);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
    this.#owner = new Uint32Array(this.#pixels.length).fill(OUTSIDE);
    this.#shown = new Uint32Array(frame.cells.inradii.length);
  }

  /** Finds owners until `deadline`, then colours all pixels; true when the picture shows `colours`. */
  paint(colours: CellColours, deadline: number): boolean {
    const nlist = this.frame.cells.inradii.length;
    while (this.#next < nlist) {
      const stop = Math.min(nlist, this.#next + STRIDE);
      for (; this.#next < stop; this.#next++) this.#own(this.#next);
      if (performance.now() > deadline) return false;
    }
    if (colours === this.#colours) return true;
    this.#colours = colours;
    const { fill, edge } = colours;
    const shown = this.#shown;
    for (let cell = 0; cell < nlist; cell++) shown[cell] = pixel(edge[cell] || fill[cell]);
    const owner = this.#owner;
    const pixels = this.#pixels;
    for (let i = 0; i < pixels.length; i++) pixels[i] = owner[i] === OUTSIDE ? 0 : shown[owner[i]];
    this.#context.putImageData(this.#image, 0, 0);
    return true;
  }

  /** Gives the cell the pixels whose centres lie in its polygon, row by row. */
  #own(cell: number): void {
    const { points, offsets } = this.frame.cells;
    const { ratio } = this.frame.size;
    const { sx, sy, tx, ty } = layerCamera(this.frame);
    const { width, height } = this.canvas;
    const first = offsets[cell];
    const last = offsets[cell + 1];
    let top = Number.POSITIVE_INFINITY;
    let bottom = Number.NEGATIVE_INFINITY;
    for (let i = first; i < last; i++) {
      const y = (points[2 * i + 1] * sy + ty) * ratio;
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    const lastRow = Math.min(height - 1, Math.floor(bottom - 0.5));
    for (let row = Math.max(0, Math.ceil(top - 0.5)); row <= lastRow; row++) {
      const y = row + 0.5;
      let left = Number.POSITIVE_INFINITY;
      let right = Number.NEGATIVE_INFINITY;
      for (let i = first; i < last; i++) {
        const j = i + 1 === last ? first : i + 1;
        const y0 = (points[2 * i + 1] * sy + ty) * ratio;
        const y1 = (points[2 * j + 1] * sy + ty) * ratio;
        if (y0 <= y === y1 <= y) continue;
        const x0 = (points[2 * i] * sx + tx) * ratio;
        const x1 = (points[2 * j] * sx + tx) * ratio;
        const x = x0 + ((y - y0) / (y1 - y0)) * (x1 - x0);
        left = Math.min(left, x);
        right = Math.max(right, x);
      }
      const start = Math.max(0, Math.ceil(left - 0.5));
      const end = Math.min(width, Math.ceil(right - 0.5));
      if (end > start) this.#owner.fill(cell, row * width + start, row * width + end);
    }
  }
}

/** A packed colour as ImageData holds it on a little-endian machine: alpha, blue, green, red. */
function pixel(colour: number): number {
  return (0xff000000 | ((colour & 0xff) << 16) | (colour & 0xff00) | ((colour >> 16) & 0xff)) >>> 0;
}
