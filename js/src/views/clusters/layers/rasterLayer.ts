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
  #isExpired = false;
  readonly #context: CanvasRenderingContext2D;
  readonly #image: ImageData;
  readonly #pixels: Uint32Array;
  readonly #owner: Uint32Array;
  readonly #shown: Uint32Array;
  #next = 0;
  #isClosed = false;
  #colours: CellColours | null = null;

  readonly #cells: readonly number[] | null;
  readonly #isProvisional: boolean;

  /**
   * @param cells  those in sight; null for all cells of the map
   * @param isProvisional  whether shapes are on their way
   */
  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly frame: LayerFrame,
    cells: readonly number[] | null = null,
    isProvisional = false,
  ) {
    this.#cells = cells;
    this.#isProvisional = isProvisional;
    sizeCanvas(canvas, frame);
    this.#context = canvas.getContext("2d") as CanvasRenderingContext2D;
    this.#image = this.#context.createImageData(canvas.width, canvas.height);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
    this.#owner = new Uint32Array(this.#pixels.length).fill(OUTSIDE);
    this.#shown = new Uint32Array(frame.cells.inradii.length);
  }

  get isExpired(): boolean {
    return this.#isExpired;
  }

  /** Shapes have come that this layer lacks. */
  expire(): void {
    this.#isExpired = this.#isProvisional;
  }

  /** Finds owners until `deadline`, then colours all pixels; true when the picture shows `colours`. */
  paint(colours: CellColours, deadline: number): boolean {
    const nlist = this.frame.cells.inradii.length;
    const { shapes } = this.frame.cells;
    const listed = this.#cells;
    const count = listed === null ? nlist : listed.length;
    while (this.#next < count) {
      const stop = Math.min(count, this.#next + STRIDE);
      for (; this.#next < stop; this.#next++) {
        const cell = listed === null ? this.#next : listed[this.#next];
        if (shapes === null || shapes.has(cell)) this.#own(cell);
        else this.#ownSquare(cell);
      }
      if (performance.now() > deadline) return false;
    }
    if (!this.#isClosed && shapes !== null) this.#close();
    this.#isClosed = true;
    if (colours === this.#colours) return true;
    this.#colours = colours;
    const { fill, edge } = colours;
    const shown = this.#shown;
    for (let i = 0; i < count; i++) {
      const cell = listed === null ? i : listed[i];
      shown[cell] = pixel(edge[cell] || fill[cell]);
    }
    const owner = this.#owner;
    const pixels = this.#pixels;
    for (let i = 0; i < pixels.length; i++) pixels[i] = owner[i] === OUTSIDE ? 0 : shown[owner[i]];
    this.#context.putImageData(this.#image, 0, 0);
    return true;
  }

  /** Gives the cell the pixels whose centres lie in its polygon, row by row. */
  #own(cell: number): void {
    const corners = this.frame.cells.corners(cell);
    const { ratio } = this.frame.size;
    const { sx, sy, tx, ty } = layerCamera(this.frame);
    const { width, height } = this.canvas;
    const last = corners.length / 2;
    let top = Number.POSITIVE_INFINITY;
    let bottom = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < last; i++) {
      const y = (corners[2 * i + 1] * sy + ty) * ratio;
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    const lastRow = Math.min(height - 1, Math.floor(bottom - 0.5));
    for (let row = Math.max(0, Math.ceil(top - 0.5)); row <= lastRow; row++) {
      const y = row + 0.5;
      let left = Number.POSITIVE_INFINITY;
      let right = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < last; i++) {
        const j = i + 1 === last ? 0 : i + 1;
        const y0 = (corners[2 * i + 1] * sy + ty) * ratio;
        const y1 = (corners[2 * j + 1] * sy + ty) * ratio;
        if (y0 <= y === y1 <= y) continue;
        const x0 = (corners[2 * i] * sx + tx) * ratio;
        const x1 = (corners[2 * j] * sx + tx) * ratio;
        const x = x0 + ((y - y0) / (y1 - y0)) * (x1 - x0);
        left = Math.min(left, x);
        right = Math.max(right, x);
      }
      const start = Math.max(0, Math.ceil(left - 0.5));
      const end = Math.min(width, Math.ceil(right - 0.5));
      if (end > start) this.#owner.fill(cell, row * width + start, row * width + end);
    }
  }

  /** Gives the cell the pixels of a square of its area, at least the one that its centre is in. */
  #ownSquare(cell: number): void {
    const { centres, inradii } = this.frame.cells;
    const half = inradii[cell];
    if (half === 0) return;
    const { ratio } = this.frame.size;
    const { sx, sy, tx, ty } = layerCamera(this.frame);
    const { width, height } = this.canvas;
    const x = (centres[2 * cell] * sx + tx) * ratio;
    const y = (centres[2 * cell + 1] * sy + ty) * ratio;
    const across = half * sx * ratio;
    const down = half * sy * ratio;
    const start = Math.max(0, Math.min(Math.floor(x), Math.ceil(x - across - 0.5)));
    const end = Math.min(width, Math.max(Math.floor(x) + 1, Math.ceil(x + across - 0.5)));
    if (end <= start) return;
    const lastRow = Math.min(height - 1, Math.max(Math.floor(y), Math.floor(y + down - 0.5)));
    for (let row = Math.max(0, Math.min(Math.floor(y), Math.ceil(y - down - 0.5))); row <= lastRow; row++) {
      this.#owner.fill(cell, row * width + start, row * width + end);
    }
  }

  /** Closes the slits between squares: a pixel of the map without an owner has that of the one beside or above. */
  #close(): void {
    const owner = this.#owner;
    const { ratio } = this.frame.size;
    const { sx, sy, tx, ty } = layerCamera(this.frame);
    const { width, height } = this.canvas;
    const right = Math.min(width, Math.round((this.frame.cells.aspect * sx + tx) * ratio));
    const bottom = Math.min(height, Math.round((sy + ty) * ratio));
    const left = Math.max(0, Math.round(tx * ratio));
    for (let row = Math.max(0, Math.round(ty * ratio)); row < bottom; row++) {
      for (let at = row * width + left; at < row * width + right; at++) {
        if (owner[at] !== OUTSIDE) continue;
        if (at % width > left && owner[at - 1] !== OUTSIDE) owner[at] = owner[at - 1];
        else if (at >= width) owner[at] = owner[at - width];
      }
    }
  }
}

/** A packed colour as ImageData holds it on a little-endian machine: alpha, blue, green, red. */
function pixel(colour: number): number {
  return (0xff000000 | ((colour & 0xff) << 16) | (colour & 0xff00) | ((colour >> 16) & 0xff)) >>> 0;
}
