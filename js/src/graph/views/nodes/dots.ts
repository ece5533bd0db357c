import type { Size } from "../../../views/viewport";

type Context = CanvasRenderingContext2D;
type Places = readonly (readonly [x: number, y: number])[];

/** Sizes of the marks of nodes, in CSS pixels. */
export interface Dots {
  readonly visited: number;
  readonly expanded: number;
  readonly result: number;
}

/** The more nodes are in sight, the smaller their marks. */
export function dotsFor(places: Places, { width, height }: Size): Dots {
  const inSight = places.filter(([x, y]) => x > 0 && y > 0 && x < width && y < height).length;
  const room = Math.sqrt((width * height) / Math.max(1, inSight));
  const visited = Math.max(1.2, Math.min(3.6, 0.07 * room));
  return { visited, expanded: visited + 1.4, result: visited + 2.6 };
}

/** From so many dots on they are written pixel by pixel: thousands of paths would take longer than a frame. */
const MANY = 200;

/** Draws circles of one kind, each with an edge. */
export function paintDots(
  context: Context,
  places: Places,
  radius: number,
  colour: string,
  edge: string,
  rim: number,
): void {
  const draw = (on: Context | OffscreenCanvasRenderingContext2D, x: number, y: number) => {
    on.beginPath();
    on.arc(x, y, radius, 0, 2 * Math.PI);
    on.fillStyle = colour;
    on.fill();
    if (rim <= 0) return;
    on.strokeStyle = edge;
    on.lineWidth = rim;
    on.stroke();
  };
  if (places.length < MANY) {
    for (const [x, y] of places) draw(context, x, y);
    return;
  }
  const ratio = context.getTransform().a;
  const half = Math.ceil((radius + rim) * ratio + 1);
  const side = 2 * half;
  const own = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
  const { width, height } = context.canvas;
  if (own === null) return;
  own.setTransform(ratio, 0, 0, ratio, half, half);
  draw(own, 0, 0);
  const { canvas, sheet, pixels } = sheetOf(width, height);
  pixels.data.fill(0);
  print(pixels, places, ratio, own.getImageData(0, 0, side, side));
  sheet.putImageData(pixels, 0, 0);
  context.drawImage(canvas, 0, 0, width / ratio, height / ratio);
}

/** A canvas to write dots on, and its pixels. */
interface Sheet {
  readonly canvas: OffscreenCanvas;
  readonly sheet: OffscreenCanvasRenderingContext2D;
  readonly pixels: ImageData;
}

/** The sheet used last: megabytes for every frame would have to be collected. */
let lastSheet: Sheet | null = null;

function sheetOf(width: number, height: number): Sheet {
  if (lastSheet?.canvas.width === width && lastSheet.canvas.height === height) return lastSheet;
  const canvas = new OffscreenCanvas(width, height);
  const sheet = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  lastSheet = { canvas, sheet, pixels: new ImageData(width, height) };
  return lastSheet;
}

interface Pixels {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Writes one picture of a dot at every place, in device pixels, the last on top. */
export function print(pixels: Pixels, places: Places, ratio: number, dot: Pixels): void {
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
  const lay = (to: number, at: number) => {
    if (onto[to] === 0) onto[to] = from[at];
    else mixInto(data, 4 * to, dot.data, 4 * at, dot.data[4 * at + 3] / 255);
  };
  for (const [x, y] of places) {
    const left = Math.round(x * ratio) - half;
    const top = Math.round(y * ratio) - half;
    if (!(left > -dot.width && top > -dot.height && left < width && top < height)) continue;
    const isInside = left >= 0 && top >= 0 && left + dot.width <= width && top + dot.height <= height;
    if (isInside) {
      const first = top * width + left;
      for (let i = 0; i < whole.length; i++) onto[first + wholeOffsets[i]] = from[whole[i]];
      for (let i = 0; i < partial.length; i++) lay(first + partialOffsets[i], partial[i]);
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
}

/** Lays a colour that covers a pixel in part over what is there. */
function mixInto(
  onto: Uint8ClampedArray,
  to: number,
  from: Uint8ClampedArray,
  at: number,
  share: number,
): void {
  for (let i = 0; i < 3; i++) onto[to + i] += share * (from[at + i] - onto[to + i]);
  onto[to + 3] = Math.max(onto[to + 3], from[at + 3]);
}
