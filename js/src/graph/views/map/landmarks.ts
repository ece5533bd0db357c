import { type Camera, toScreen } from "../../../views/clusters/camera";
import { cellCentre, cellRadius } from "../../../views/clusters/cellPath";
import { circle, fill, picture } from "../../../views/draw";
import { type Box, BoxPlacer, boxAround } from "../../../views/placer";
import type { Size } from "../../../views/viewport";
import type { DrawnDistricts } from "../../model/districts";
import type { NodePictures } from "../nodes/nodePictures";

type Context = CanvasRenderingContext2D;

/** The row nearest to the middle of a district in which nothing was visited. */
export interface Landmark {
  readonly id: bigint;
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

/** CSS pixels of the circle in a district that has room for a picture, and of a picture. */
const ROOM = 20;
const SMALLEST = 24;
const LARGEST = 72;
/** Pictures shown at most. */
const MOST = 150;
const PALE = 0.5;
/** Stands where there is no row. */
const NO_ROW = -(2n ** 63n);

/** The districts in sight that show what lies there: those without visited nodes, where there is room. */
export function landmarksOf(
  { cells, medoids }: DrawnDistricts,
  visited: ReadonlySet<number>,
  camera: Camera,
  { width, height }: Size,
  taken: readonly Box[],
): Landmark[] {
  const placer = new BoxPlacer({ taken });
  const found: Landmark[] = [];
  for (let district = 0; district < medoids.length && found.length < MOST; district++) {
    const radius = cellRadius(cells, district, camera);
    if (radius < ROOM || visited.has(district) || medoids[district] === NO_ROW) continue;
    const [x, y] = cellCentre(cells, district, camera);
    const side = Math.max(SMALLEST, Math.min(LARGEST, 1.05 * radius));
    if (x < -side || y < -side || x > width + side || y > height + side) continue;
    if (placer.placeFree([boxAround(x, y, side, side)]) === null) continue;
    found.push({ id: medoids[district], x, y, side });
  }
  return found;
}

export function paintLandmarks(context: Context, landmarks: readonly Landmark[], images: NodePictures): void {
  context.globalAlpha = PALE;
  for (const { id, x, y, side } of landmarks) {
    const image = images.image(id);
    if (image !== null) picture(context, image, x, y, side, 6);
  }
  context.globalAlpha = 1;
}

/** CSS pixels of a grain. */
const GRAIN = 1.1;

/**
 * Draws nodes of the upper levels that were not visited, as grains.
 *
 * @param isShown  by the place among `upper`
 */
export function paintGrains(
  context: Context,
  { upper }: DrawnDistricts,
  isShown: (at: number) => boolean,
  camera: Camera,
  { width, height }: Size,
  colour: string,
): void {
  for (let at = 0; at < upper.length; at++) {
    if (!isShown(at)) continue;
    const [left, top] = toScreen(camera, upper[at].x, upper[at].y);
    if (left < 0 || top < 0 || left > width || top > height) continue;
    circle(context, left, top, GRAIN);
    fill(context, colour);
  }
}
