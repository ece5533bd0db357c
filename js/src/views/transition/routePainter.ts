import { type Palette, rankColour } from "../../look/palette";
import { circles } from "../points/cloud";
import { paintMarks, paintQuery } from "../points/markPainter";
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
): void {
  const { points, starts, ends, query } = routes;
  const positions = starts.map((start, i) => blend(start, ends[i], share));
  const start = from.dot ?? to.dot;
  const end = to.dot ?? from.dot;
  if (start === null || end === null) return;
  const dots = circles(context, { points, positions }, UNZOOMED);
  dots.draw(
    blend(start[0], end[0], share),
    blend(start[1], end[1], share),
    (rank) => rankColour(palette, rank),
    (point) => point >= routes.marks.length,
  );
  const marks = routes.marks.map((mark) => markBetween(mark.start, mark.end, share));
  paintMarks(
    context,
    { marks, points, selected: null, emphasised: null },
    palette,
    (point) => ({ x: positions[2 * point], y: positions[2 * point + 1] }),
    { get: (id, rank) => to.imageOf(id, rank) ?? from.imageOf(id, rank) },
  );
  if (query !== null) {
    const [before, after] = query;
    paintQuery(context, palette, blend(before.x, after.x, share), blend(before.y, after.y, share));
  }
}
