import { css, type Palette } from "../../look/palette";
import { box, circle, fill, font, picture, stroke } from "../draw";
import { wrapped } from "../textBlock";
import type { Mark } from "./marks";
import { pointColours } from "./pointColours";
import type { Place } from "./points";
import type { PointScene, RowImage, RowImages } from "./scene";

/** Width of a frame as a share of its picture's side. */
const FRAME = 0.07;
const BACK = 0.4;
const RING = 4.5;
/** Size and distance of the lines of a label in a frame. */
const TEXT_SIZE = 9;
const TEXT_LINE = 10;
/** Edge of a missed neighbour. */
const DASH = [3.5, 2.5];

/** Larger for the nearer; an unknown place comes first. */
const nearness = ({ place }: Mark) => (Number.isFinite(place) ? -place : -Number.MAX_VALUE);

/** Draws the results, then the missed neighbours: the nearest last, on top, and dots above pictures. */
export function paintMarks(
  context: CanvasRenderingContext2D,
  scene: Pick<PointScene, "marks" | "points" | "selected" | "emphasised" | "labels">,
  palette: Palette,
  placeOf: (point: number) => Place,
  images: RowImages,
): void {
  const { marks, points, selected } = scene;
  const { groups, colourOf, standsOut } = pointColours(scene, palette);
  const order = [...marks].sort(
    (left, right) =>
      Number(left.side === 0) - Number(right.side === 0) ||
      Number(left.isMissed) - Number(right.isMissed) ||
      nearness(left) - nearness(right),
  );
  const styleOf = ({ point, isMissed }: Mark) => {
    context.globalAlpha = standsOut === null || standsOut(point) ? 1 : BACK;
    return isMissed ? palette.danger : css(colourOf(groups[point]));
  };
  for (const mark of order) {
    const { point, dx, dy, side } = mark;
    if (side === 0 || (dx === 0 && dy === 0)) continue;
    const { x, y } = placeOf(point);
    context.strokeStyle = context.fillStyle = styleOf(mark);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + dx, y + dy);
    context.lineWidth = 1;
    context.stroke();
    circle(context, x, y, 2.5);
    context.fill();
  }
  for (const mark of order) {
    const { x, y } = placeOf(mark.point);
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    const colour = styleOf(mark);
    const isSelected = selected !== null && selected[mark.point] === 1;
    const dash = mark.isMissed ? DASH : [];
    if (mark.side === 0) ringed(context, palette, colour, x, y, isSelected, dash);
    else {
      const row = [points.ids[mark.point], points.ranks[mark.point]] as const;
      const image = images.get(...row);
      const place = [x + mark.dx, y + mark.dy] as const;
      framed(context, palette, colour, mark.side, ...place, image, isSelected, dash);
      const label = image === null ? (images.label?.(...row) ?? null) : null;
      if (label !== null) written(context, palette, label, mark.side, ...place);
    }
  }
  // Where pictures lie on each other, their numbers still show.
  for (const mark of order) {
    const { point, place, side, dx, dy } = mark;
    const { x, y } = placeOf(point);
    if (side === 0 || ![x, y, place].every(Number.isFinite)) continue;
    badge(context, palette, styleOf(mark), String(place), x + dx - side / 2 + 1, y + dy - side / 2 + 1, side);
  }
  context.globalAlpha = 1;
}

/** Draws the query: a ring with a middle in the colour of the page, as on the map. */
export function paintQuery(context: CanvasRenderingContext2D, palette: Palette, x: number, y: number): void {
  circle(context, x, y, 8.5);
  fill(context, palette.background);
  stroke(context, palette.text, 3.5);
}

function ringed(
  context: CanvasRenderingContext2D,
  palette: Palette,
  colour: string,
  x: number,
  y: number,
  isSelected: boolean,
  dash: number[],
): void {
  circle(context, x, y, RING);
  fill(context, dash.length > 0 ? palette.background : colour);
  stroke(context, dash.length > 0 ? colour : palette.text, isSelected ? 2.5 : 1.5, dash);
}

function framed(
  context: CanvasRenderingContext2D,
  palette: Palette,
  colour: string,
  side: number,
  x: number,
  y: number,
  image: RowImage | null,
  isSelected: boolean,
  dash: number[],
): void {
  const width = Math.min(2.5, Math.max(1.5, side * FRAME));
  const corner = Math.min(6, side / 6);
  const inner = side - 2 * width;
  box(context, x, y, side, side, corner);
  fill(context, palette.raised);
  if (image !== null) picture(context, image, x, y, inner, Math.max(1, corner - width));
  box(context, x, y, side - width, side - width, corner);
  stroke(context, colour, width, dash);
  if (isSelected) {
    box(context, x, y, side + 3, side + 3, corner + 1.5);
    stroke(context, palette.text, 2.5);
  }
}

/** The beginning of a label, in the frame of a row without a picture. */
function written(
  context: CanvasRenderingContext2D,
  palette: Palette,
  label: string,
  side: number,
  x: number,
  y: number,
): void {
  const lines = Math.floor((side - 8) / TEXT_LINE);
  if (lines < 1) return;
  font(context, TEXT_SIZE, 400);
  context.fillStyle = palette.text;
  const texts = wrapped(context, label, side - 8, Math.min(3, lines));
  texts.forEach((line, i) => {
    context.fillText(line, x, y + TEXT_LINE * (i - (texts.length - 1) / 2));
  });
}

/** The place among the results, at the corner of the picture. */
function badge(
  context: CanvasRenderingContext2D,
  palette: Palette,
  colour: string,
  text: string,
  x: number,
  y: number,
  side: number,
): void {
  const height = side >= 30 ? 15 : side >= 20 ? 13 : 11;
  font(context, height - 4);
  const width = Math.max(height, context.measureText(text).width + 6);
  box(context, x, y, width, height, height / 2);
  fill(context, palette.background);
  stroke(context, colour, 1.25);
  context.fillStyle = palette.text;
  context.fillText(text, x, y + 0.5);
}
