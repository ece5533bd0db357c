import { css, type Palette } from "../../look/palette";
import { box, circle, clear, fill, fillAll, stroke } from "../draw";
import type { Viewport } from "../viewport";
import { paintCloud } from "./cloud";
import { paintMarks, paintQuery } from "./markPainter";
import { pointColours } from "./pointColours";
import type { Place } from "./points";
import { dotRadius, type Overlay, type PointContent, type PointScene, type RowImages } from "./scene";

type Context = CanvasRenderingContext2D;

/** Draws a scene on a canvas, and nothing else. */
export type PointPainter<Content extends PointContent> = (
  context: Context,
  scene: PointScene<Content>,
  palette: Palette,
  viewport: Viewport,
  images: RowImages,
) => void;

/** Where a point is in the canvas, in CSS pixels. */
export function placeOf(
  { positions }: Pick<PointContent, "positions">,
  { k, x, y }: Viewport["zoom"],
  i: number,
): Place {
  return { x: positions[2 * i] * k + x, y: positions[2 * i + 1] * k + y };
}

/** Draws points, results and missed neighbours, and the query. */
export const paintPoints: PointPainter<PointContent> = (context, scene, palette, viewport, images) => {
  fillAll(context, viewport.size, palette.background);
  paintDots(context, scene, palette, viewport);
  paintFound(context, scene, palette, viewport, images);
};

/** Draws all points but the marked ones. */
export function paintDots(
  context: Context,
  scene: PointScene,
  palette: Palette,
  { size, zoom }: Viewport,
): void {
  const hidden = new Uint8Array(scene.points.count);
  for (const { point } of scene.marks) hidden[point] = 1;
  paintCloud(context, size, zoom, palette, { ...scene, hidden });
}

/** Draws the results, the missed neighbours and the query. */
export function paintFound(
  context: Context,
  scene: PointScene,
  palette: Palette,
  { zoom }: Viewport,
  images: RowImages,
): void {
  paintMarks(context, scene, palette, (point) => placeOf(scene, zoom, point), images);
  const { query } = scene;
  if (query !== null) paintQuery(context, palette, query.x * zoom.k + zoom.x, query.y * zoom.k + zoom.y);
}

/** Draws halos around the points under the pointer, and the outline of a selection. */
export function paintOverlay(
  context: Context,
  scene: PointScene,
  { points: haloed, outline }: Overlay,
  palette: Palette,
  { size, zoom }: Viewport,
): void {
  clear(context, size);
  const { points, marks } = scene;
  const { groups, colourOf } = pointColours(scene, palette);
  for (const point of haloed) {
    const { x, y } = placeOf(scene, zoom, point);
    if (point >= points.count || !Number.isFinite(x)) continue;
    const mark = marks.find((one) => one.point === point);
    if (mark !== undefined && mark.side > 0) {
      box(context, x + mark.dx, y + mark.dy, mark.side + 8, mark.side + 8, 7);
      stroke(context, palette.text, 2);
      continue;
    }
    const radius = Math.max(3, dotRadius(points.count, size, zoom.k));
    circle(context, x, y, radius + 4.5);
    fill(context, palette.background);
    stroke(context, palette.text, 2);
    circle(context, x, y, radius + 1);
    fill(context, css(colourOf(groups[point])));
  }
  if (outline !== null && outline.length >= 4) {
    context.beginPath();
    for (let i = 0; i < outline.length; i += 2) context.lineTo(outline[i], outline[i + 1]);
    context.closePath();
    context.globalAlpha = 0.12;
    fill(context, palette.accent);
    context.globalAlpha = 1;
    stroke(context, palette.accent, 1.25, [4, 3]);
  }
}
