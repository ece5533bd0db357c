import type { Size, Zoom } from "../viewport";

/** How map units become CSS pixels: `x * sx + tx`, `y * sy + ty`. */
export interface Camera {
  readonly sx: number;
  readonly sy: number;
  readonly tx: number;
  readonly ty: number;
}

/** Room around the map, in CSS pixels. */
const MARGIN = 6;

/** Fits the whole map into the canvas, then zooms and moves it. */
export function camera(size: Size, aspect: number, zoom: Zoom): Camera {
  const width = Math.max(1, size.width - 2 * MARGIN);
  const height = Math.max(1, size.height - 2 * MARGIN);
  return {
    sx: (zoom.k * width) / aspect,
    sy: zoom.k * height,
    tx: zoom.k * MARGIN + zoom.x,
    ty: zoom.k * MARGIN + zoom.y,
  };
}

export function toMap(view: Camera, x: number, y: number): [number, number] {
  return [(x - view.tx) / view.sx, (y - view.ty) / view.sy];
}

export function toScreen(view: Camera, x: number, y: number): [number, number] {
  return [x * view.sx + view.tx, y * view.sy + view.ty];
}

export function sameCamera(left: Camera, right: Camera): boolean {
  return left.sx === right.sx && left.sy === right.sy && left.tx === right.tx && left.ty === right.ty;
}
