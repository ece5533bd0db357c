import { type Camera, sameCamera, toScreen } from "../../../views/clusters/camera";
import { stroke } from "../../../views/draw";
import type { Size } from "../../../views/viewport";

/** CSS pixels of a node that a larger efSearch visits. */
const RADIUS = 1.4;
/** Nodes whose circles are one path, made once: most of them stay when efSearch moves. */
const BLOCK = 256;

/** The circles of visits, as paths by blocks of their places, for one camera. */
export class BeyondPaths {
  #places: Float32Array | null = null;
  #camera: Camera | null = null;
  #size: Size | null = null;
  #blocks: Path2D[] = [];

  /** The circles in sight from one visit on. */
  from(visits: number, places: Float32Array, camera: Camera, size: Size): Path2D {
    const isSame = this.#places === places && this.#size === size && this.#camera !== null;
    if (!isSame || !sameCamera(this.#camera as Camera, camera)) {
      [this.#places, this.#camera, this.#size, this.#blocks] = [places, camera, size, []];
    }
    const count = places.length / 2;
    const whole = Math.min(count, BLOCK * Math.ceil(visits / BLOCK));
    const path = pathOf(visits, whole, places, camera, size);
    for (let start = whole; start < count; start += BLOCK) {
      const block = start / BLOCK;
      this.#blocks[block] ??= pathOf(start, Math.min(count, start + BLOCK), places, camera, size);
      path.addPath(this.#blocks[block]);
    }
    return path;
  }
}

function pathOf(
  first: number,
  end: number,
  places: Float32Array,
  camera: Camera,
  { width, height }: Size,
): Path2D {
  const path = new Path2D();
  for (let place = first; place < end; place++) {
    const [x, y] = toScreen(camera, places[2 * place], places[2 * place + 1]);
    if (!(x > 0 && y > 0 && x < width && y < height)) continue;
    path.moveTo(x + RADIUS, y);
    path.arc(x, y, RADIUS, 0, 2 * Math.PI);
  }
  return path;
}

/** Draws the nodes that a larger efSearch visits, hollow; `places` are x y x y … in the scene's coordinates. */
export function paintBeyond(
  context: CanvasRenderingContext2D,
  paths: BeyondPaths,
  places: Float32Array,
  visits: number,
  camera: Camera,
  size: Size,
  colour: string,
): void {
  const circles = paths.from(visits, places, camera, size);
  context.globalAlpha = 0.5;
  stroke(context, colour, 0.75, [], circles);
  context.globalAlpha = 1;
}
