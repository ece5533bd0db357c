import type { Palette } from "../../../look/palette";
import { circle, stroke } from "../../../views/draw";
import type { GraphWalk } from "../../model/walk";
import type { LayersScene } from "./layersScene";

/** A node under the pointer; one node may stand on several levels. */
export interface ScenePoint {
  readonly id: bigint;
  readonly x: number;
  readonly y: number;
}

/** All nodes drawn, those of the top level first. */
export function pointsOf({ bands, floor }: LayersScene): ScenePoint[] {
  const points: ScenePoint[] = [];
  for (const { stays, nearest, dots } of bands) {
    points.push(...stays, ...dots);
    if (nearest !== null) points.push(nearest);
  }
  points.push(...floor.plot.dots);
  return points;
}

/** The nearest node within a distance of a place; null where there is none. */
export function pointNear(
  points: readonly ScenePoint[],
  x: number,
  y: number,
  within: number,
): ScenePoint | null {
  let best: ScenePoint | null = null;
  let least = within ** 2;
  for (const point of points) {
    const far = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (far < least) [best, least] = [point, far];
  }
  return best;
}

/** The nodes through which the walk came to one, from where it began; that node is the last. */
export function pathTo(walk: GraphWalk, id: bigint): bigint[] {
  const path: bigint[] = [];
  for (let place = walk.placeOf(id); place !== null; ) {
    path.unshift(walk.ids[place]);
    const led = walk.ledBy[place];
    place = led < 0 ? null : walk.expanded[led];
  }
  return path;
}

/** Rings a node on every level, and draws the path by which the walk came to it. */
export function paintHovered(
  context: CanvasRenderingContext2D,
  scene: LayersScene,
  walk: GraphWalk,
  hovered: bigint,
  palette: Palette,
): void {
  const places = new Map(scene.floor.plot.dots.map((dot) => [dot.id, dot]));
  const path = places.has(hovered) ? pathTo(walk, hovered) : [];
  for (let i = 1; i < path.length; i++) {
    const [from, to] = [places.get(path[i - 1]), places.get(path[i])];
    if (from === undefined || to === undefined) continue;
    const rise = Math.min(26, 8 + 0.12 * Math.abs(from.x - to.x));
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.quadraticCurveTo((from.x + to.x) / 2, Math.min(from.y, to.y) - rise, to.x, to.y);
    stroke(context, palette.background, 4);
    stroke(context, palette.text, 1.5);
  }
  for (const { id, x, y } of pointsOf(scene)) {
    if (id !== hovered) continue;
    circle(context, x, y, 8);
    stroke(context, palette.background, 4.5);
    stroke(context, palette.text, 2);
  }
}
