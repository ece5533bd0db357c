import type { Palette } from "../../look/palette";
import { circles } from "../points/cloud";
import { paintMarks, paintQuery } from "../points/markPainter";
import { type PointLabels, pointColours } from "../points/pointColours";
import { UNZOOMED } from "../viewport";
import type { Drawing } from "./drawing";
import { blend, markBetween, type Routes } from "./routes";

/** Draws points, results and the query on their way from one picture to another. */
export function paintRoutes(
  context: CanvasRenderingContext2D,
  routes: Routes,
  from: Drawing,
  to: Drawing,
  share: number,
  palette: Palette,
  labels: PointLabels | null = null,
): void {
  const { points, starts, ends, query } = routes;
  const positions = starts.map((start, i) => blend(start, ends[i], share));
  const start = from.dot ?? to.dot;
  const end = to.dot ?? from.dot;
  if (start === null || end === null) return;
  const { groups, colourOf } = pointColours({ points, emphasised: null, labels }, palette);
  const dots = circles(context, { points, positions, groups }, UNZOOMED);
  dots.draw(
    blend(start[0], end[0], share),
    blend(start[1], end[1], share),
    colourOf,
    (point) => point >= routes.marks.length,
  );
  const marks = routes.marks.map((mark) => markBetween(mark.start, mark.end, share));
  paintMarks(
    context,
    { marks, points, selected: null, emphasised: null, labels },
    palette,
    (point) => ({ x: positions[2 * point], y: positions[2 * point + 1] }),
    { get: (id, rank) => to.imageOf(id, rank) ?? from.imageOf(id, rank) },
  );
  if (query !== null) {
    const [before, after] = query;
    paintQuery(context, palette, blend(before.x, after.x, share), blend(before.y, after.y, share));
  }
}
