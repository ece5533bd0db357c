type Context = CanvasRenderingContext2D;
type Places = readonly (readonly [x: number, y: number])[];

/** From so many dots on they are written pixel by pixel: thousands of paths would take longer than a frame. */
const MANY = 200;

/** Dots that look alike, in CSS pixels. */
export interface DotKind {
  readonly places: Places;
  readonly radius: number;
  readonly colour: string;
  readonly edge: string;
  /** Width of the edge; 0 for none. */
  readonly rim: number;
}

/** A part of a picture, in its pixels. */
interface Part {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * Draws circles by the thousand. It belongs to one view: megabytes for every frame would have to be collected, so it
 * holds the pixels of a canvas until it is closed.
 */
export class DotSheet {
  #stamp: OffscreenCanvasRenderingContext2D | null = null;
  #sheet: OffscreenCanvasRenderingContext2D | null = null;
  #pixels: ImageData | null = null;

  /** Whether it holds pixels. */
  get isHolding(): boolean {
    return this.#pixels !== null;
  }

  /** Draws dots, the last kind on top. */
  paint(context: Context, kinds: readonly DotKind[]): void {
    for (const kind of kinds) {
      if (kind.places.length >= MANY) this.#print(context, kind);
      else for (const [x, y] of kind.places) paintDot(context, x, y, kind);
    }
  }

  #print(context: Context, kind: DotKind): void {
    const ratio = context.getTransform().a;
    const { width, height } = context.canvas;
    const pixels = this.#pixelsOf(width, height);
    const sheet = this.#sheet;
    const dot = this.#dotOf(kind, ratio);
    if (sheet === null || dot === null) return;
    const used = print(pixels, kind.places, ratio, dot);
    if (used.right <= used.left || used.bottom <= used.top) return;
    const box = [used.left, used.top, used.right - used.left, used.bottom - used.top] as const;
    sheet.putImageData(pixels, 0, 0, ...box);
    wipe(pixels, used);
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(sheet.canvas, ...box, ...box);
    context.restore();
  }

  /** Gives back what it holds. */
  close(): void {
    for (const held of [this.#stamp, this.#sheet])
      if (held !== null) held.canvas.width = held.canvas.height = 0;
    this.#stamp = this.#sheet = this.#pixels = null;
  }

  #pixelsOf(width: number, height: number): ImageData {
    if (this.#pixels?.width !== width || this.#pixels.height !== height) {
      this.close();
      this.#pixels = new ImageData(width, height);
      this.#sheet = readable(width, height);
    }
    return this.#pixels;
  }

  /** One dot in the middle of a picture, in device pixels. */
  #dotOf(kind: DotKind, ratio: number): ImageData | null {
    const half = Math.ceil((kind.radius + kind.rim) * ratio + 1);
    const side = 2 * half;
    this.#stamp ??= readable(side, side);
    const stamp = this.#stamp;
    if (stamp === null) return null;
    // Setting the size empties it; a larger one does not need that.
    if (stamp.canvas.width < side) stamp.canvas.width = stamp.canvas.height = side;
    stamp.setTransform(1, 0, 0, 1, 0, 0);
    stamp.clearRect(0, 0, side, side);
    stamp.setTransform(ratio, 0, 0, ratio, half, half);
    paintDot(stamp, 0, 0, kind);
    return stamp.getImageData(0, 0, side, side);
  }
}

function readable(width: number, height: number): OffscreenCanvasRenderingContext2D | null {
  return new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
}

function paintDot(
  context: Context | OffscreenCanvasRenderingContext2D,
  x: number,
  y: number,
  { radius, colour, edge, rim }: DotKind,
): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  if (rim <= 0) return;
  context.strokeStyle = edge;
  context.lineWidth = rim;
  context.stroke();
}

function wipe({ data, width }: Pixels, { left, top, right, bottom }: Part): void {
  for (let row = top; row < bottom; row++) data.fill(0, 4 * (row * width + left), 4 * (row * width + right));
}

interface Pixels {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Writes one picture of a dot at every place, in device pixels, the last on top. Returns the part that was written on. */
export function print(pixels: Pixels, places: Places, ratio: number, dot: Pixels): Part {
  const { width, height, data } = pixels;
  const half = dot.width / 2;
  const onto = new Uint32Array(data.buffer);
  const from = new Uint32Array(dot.data.buffer, dot.data.byteOffset, dot.data.length / 4);
  const seen = Array.from(from.keys()).filter((at) => dot.data[4 * at + 3] > 0);
  const whole = Int32Array.from(seen.filter((at) => dot.data[4 * at + 3] === 255));
  const partial = Int32Array.from(seen.filter((at) => dot.data[4 * at + 3] < 255));
  /** How far each of these pixels is from the dot's first one, in a row-by-row picture as wide as the canvas. */
  const offsets = (of: Int32Array) => of.map((at) => Math.floor(at / dot.width) * width + (at % dot.width));
  const [wholeOffsets, partialOffsets] = [offsets(whole), offsets(partial)];
  const [wholeColours, partialColours] = [whole, partial].map((of) => Uint32Array.from(of, (at) => from[at]));
  const lay = (to: number, at: number) => {
    if (onto[to] === 0) onto[to] = from[at];
    else mixInto(data, 4 * to, dot.data, 4 * at);
  };
  const used = { left: width, top: height, right: 0, bottom: 0 };
  for (const [x, y] of places) {
    const left = Math.round(x * ratio) - half;
    const top = Math.round(y * ratio) - half;
    if (!(left > -dot.width && top > -dot.height && left < width && top < height)) continue;
    if (left < used.left) used.left = left;
    if (top < used.top) used.top = top;
    if (left + dot.width > used.right) used.right = left + dot.width;
    if (top + dot.height > used.bottom) used.bottom = top + dot.height;
    const isInside = left >= 0 && top >= 0 && left + dot.width <= width && top + dot.height <= height;
    if (isInside) {
      const first = top * width + left;
      for (let i = 0; i < wholeOffsets.length; i++) onto[first + wholeOffsets[i]] = wholeColours[i];
      // Not by `lay`: there are a hundred thousand of these in a frame.
      for (let i = 0; i < partialOffsets.length; i++) {
        const to = first + partialOffsets[i];
        if (onto[to] === 0) onto[to] = partialColours[i];
        else mixInto(data, 4 * to, dot.data, 4 * partial[i]);
      }
      continue;
    }
    for (const at of seen) {
      const column = left + (at % dot.width);
      const row = top + Math.floor(at / dot.width);
      if (column < 0 || row < 0 || column >= width || row >= height) continue;
      if (dot.data[4 * at + 3] === 255) onto[row * width + column] = from[at];
      else lay(row * width + column, at);
    }
  }
  return {
    left: Math.max(0, used.left),
    top: Math.max(0, used.top),
    right: Math.min(width, used.right),
    bottom: Math.min(height, used.bottom),
  };
}

/** Lays a colour that covers a pixel in part over what is there. */
function mixInto(onto: Uint8ClampedArray, to: number, from: Uint8ClampedArray, at: number): void {
  const alpha = from[at + 3];
  const share = alpha / 255;
  onto[to] += share * (from[at] - onto[to]);
  onto[to + 1] += share * (from[at + 1] - onto[to + 1]);
  onto[to + 2] += share * (from[at + 2] - onto[to + 2]);
  if (onto[to + 3] < alpha) onto[to + 3] = alpha;
}
