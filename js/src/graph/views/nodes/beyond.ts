import { type Camera, toScreen } from "../../../views/clusters/camera";
import { stroke } from "../../../views/draw";
import type { Size } from "../../../views/viewport";

/** CSS pixels of a node that a larger efSearch visits. */
const RADIUS = 1.4;

/** Draws the nodes that a larger efSearch visits, hollow; `places` are x y x y … in the scene's coordinates. */
export function paintBeyond(
  context: CanvasRenderingContext2D,
  places: Float32Array,
  visits: number,
  camera: Camera,
  { width, height }: Size,
  colour: string,
): void {
  context.beginPath();
  for (let place = visits; 2 * place < places.length; place++) {
    const [x, y] = toScreen(camera, places[2 * place], places[2 * place + 1]);
    if (!(x > 0 && y > 0 && x < width && y < height)) continue;
    context.moveTo(x + RADIUS, y);
    context.arc(x, y, RADIUS, 0, 2 * Math.PI);
  }
  context.globalAlpha = 0.5;
  stroke(context, colour, 0.75);
  context.globalAlpha = 1;
}
