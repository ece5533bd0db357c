import { css, type Palette, rankColour } from "../../look/palette";
import { box, circle, fill, font, haloed, stroke } from "../draw";
import { type Box, centreOf } from "../placer";
import type { Dot, MapLabel } from "./rankLabels";

type Context = CanvasRenderingContext2D;

const DOT = 3.5;
const DASH = [3, 2];

/**
 * Draws the ranks, titles and counts of the map.
 *
 * @param isRankless  whether colours mean something else than ranks
 */
export function paintLabels(
  context: Context,
  { labels, dots }: { readonly labels: readonly MapLabel[]; readonly dots: readonly Dot[] },
  palette: Palette,
  isRankless = false,
): void {
  const colourOf = ({ rank, isMissed }: Pick<MapLabel, "rank" | "isMissed">) =>
    isMissed ? palette.danger : isRankless ? palette.text : css(rankColour(palette, rank));
  for (const { from, box } of labels) {
    if (from !== null) paintLine(context, from, box, colourOf(from), palette);
  }
  for (const dot of dots) {
    circle(context, dot.x, dot.y, DOT);
    fill(context, colourOf(dot));
    stroke(context, palette.background, 1.5);
  }
  for (const label of labels) {
    if (label.kind === "target") paintTarget(context, label.box, colourOf(label), palette);
    else if (label.kind === "more") paintMore(context, label, palette, isRankless);
    else if (label.kind === "figure") paintFigure(context, label, palette);
    else paintPill(context, label, colourOf(label), palette);
  }
}

function paintLine(context: Context, from: Dot, box: Box, edge: string, palette: Palette): void {
  const [x, y] = centreOf(box);
  for (const [colour, width] of [
    [palette.background, 3],
    [edge, 1.25],
  ] as const) {
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(x, y);
    stroke(context, colour, width);
  }
}

function paintPill(context: Context, label: MapLabel, edge: string, palette: Palette): void {
  const [x, y] = centreOf(label.box);
  const height = label.box.bottom - label.box.top;
  const isCount = label.kind === "missed";
  box(context, x, y, label.box.right - label.box.left, height, height / 2);
  fill(context, isCount ? palette.danger : palette.background);
  if (!isCount) stroke(context, edge, 1.5, label.isMissed ? DASH : []);
  font(context, label.kind === "title" ? 12 : 11);
  context.fillStyle = isCount ? palette.background : label.isMissed ? palette.danger : palette.text;
  context.fillText(label.text, x, y + 0.5);
}

function paintFigure(context: Context, { box: at, text }: MapLabel, palette: Palette): void {
  const [x, y] = centreOf(at);
  context.globalAlpha = 0.9;
  box(context, x, y, at.right - at.left, at.bottom - at.top, 4);
  fill(context, palette.background);
  context.globalAlpha = 1;
  font(context, 11, 500);
  context.fillStyle = palette.text;
  context.fillText(text, x, y + 0.5);
}

function paintMore(
  context: Context,
  { box: at, text, rank }: MapLabel,
  palette: Palette,
  isRankless: boolean,
): void {
  const [x, y] = centreOf(at);
  font(context, 11, 500);
  if (isRankless) {
    // The colour of a cell may be as dark as text.
    haloed(context, text, x, y + 0.5, palette.text, palette.background);
    return;
  }
  // As faint as the rows of a cluster that is not probed.
  context.fillStyle = rank > 0 ? palette.text : palette.muted;
  context.fillText(text, x, y + 0.5);
}

/** Marks the cell whose centroid is nearest to the query. */
function paintTarget(context: Context, at: Box, edge: string, palette: Palette): void {
  const [x, y] = centreOf(at);
  const radius = (at.right - at.left) / 2 - 2.5;
  circle(context, x, y, radius);
  fill(context, palette.background);
  stroke(context, palette.text, 3);
  circle(context, x, y, radius + 2.5);
  stroke(context, edge, 1);
}
