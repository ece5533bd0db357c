import { circle, fill, stroke } from "../../../views/draw";
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

/** From so many dots on, each is a copy of one picture: thousands of paths would take longer than a frame. */
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
  const draw = (on: Context, x: number, y: number) => {
    circle(on, x, y, radius);
    fill(on, colour);
    if (rim > 0) stroke(on, edge, rim);
  };
  if (places.length < MANY) {
    for (const [x, y] of places) draw(context, x, y);
    return;
  }
  const ratio = context.getTransform().a;
  const half = Math.ceil((radius + rim) * ratio + 1);
  const stamp = document.createElement("canvas");
  stamp.width = stamp.height = 2 * half;
  const own = stamp.getContext("2d") as Context;
  own.setTransform(ratio, 0, 0, ratio, half, half);
  draw(own, 0, 0);
  const side = half / ratio;
  const { width, height } = context.canvas;
  for (const [x, y] of places) {
    const isInSight = x > -side && y > -side && x < width / ratio + side && y < height / ratio + side;
    if (isInSight) context.drawImage(stamp, x - side, y - side, 2 * side, 2 * side);
  }
}
