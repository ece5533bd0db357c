import { css, type Palette, rankColour } from "../../palette";
import type { Scene } from "./painter";
import type { Mark, Place } from "./points";
import type { Thumbnails } from "./thumbnails";

/** A frame is this much of its picture's side, within bounds. */
const FRAME = 0.07;
const BACK = 0.4;
const RING = 4.5;
/** The edge of what was missed. */
const DASH = [3.5, 2.5];

/** Draw the results and what was missed: the nearest last, on top. */
export function paintMarks(
  context: CanvasRenderingContext2D,
  { marks, points, palette, selected, emphasised }: Scene,
  placeOf: (point: number) => Place,
  thumbnails: Thumbnails,
): void {
  const order = [...marks].sort((left, right) => right.place - left.place);
  const styleOf = ({ point, isMissed }: Mark) => {
    const rank = points.ranks[point];
    context.globalAlpha = emphasised === null || emphasised === rank ? 1 : BACK;
    return isMissed ? palette.danger : css(rankColour(palette, rank));
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
    context.beginPath();
    context.arc(x, y, 2.5, 0, 2 * Math.PI);
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
      const image = thumbnails.get(points.ids[mark.point]);
      picture(context, palette, colour, mark.side, x + mark.dx, y + mark.dy, image, isSelected, dash);
    }
  }
  // Where pictures lie on each other, their numbers still show.
  for (const mark of order) {
    const { point, place, side, dx, dy } = mark;
    const { x, y } = placeOf(point);
    if (side === 0 || !Number.isFinite(x) || !Number.isFinite(y)) continue;
    badge(context, palette, styleOf(mark), String(place), x + dx - side / 2 + 1, y + dy - side / 2 + 1, side);
  }
  context.globalAlpha = 1;
}

/** The query: a ring with a middle in the colour of the page, as on the map. */
export function paintQuery(context: CanvasRenderingContext2D, palette: Palette, x: number, y: number): void {
  context.beginPath();
  context.arc(x, y, 8.5, 0, 2 * Math.PI);
  context.fillStyle = palette.background;
  context.fill();
  context.lineWidth = 3.5;
  context.strokeStyle = palette.text;
  context.stroke();
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
  context.beginPath();
  context.arc(x, y, RING, 0, 2 * Math.PI);
  context.fillStyle = dash.length > 0 ? palette.background : colour;
  context.fill();
  context.lineWidth = isSelected ? 2.5 : 1.5;
  context.strokeStyle = dash.length > 0 ? colour : palette.text;
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
}

function picture(
  context: CanvasRenderingContext2D,
  palette: Palette,
  colour: string,
  side: number,
  x: number,
  y: number,
  image: HTMLImageElement | null,
  isSelected: boolean,
  dash: number[],
): void {
  const width = Math.min(2.5, Math.max(1.5, side * FRAME));
  const corner = Math.min(6, side / 6);
  const inner = side - 2 * width;
  context.fillStyle = palette.raised;
  context.beginPath();
  context.roundRect(x - side / 2, y - side / 2, side, side, corner);
  context.fill();
  if (image !== null) {
    context.save();
    context.beginPath();
    context.roundRect(x - inner / 2, y - inner / 2, inner, inner, Math.max(1, corner - width));
    context.clip();
    const scale = inner / Math.max(image.naturalWidth, image.naturalHeight, 1);
    const w = image.naturalWidth * scale;
    const h = image.naturalHeight * scale;
    context.drawImage(image, x - w / 2, y - h / 2, w, h);
    context.restore();
  }
  context.beginPath();
  context.roundRect(x - (side - width) / 2, y - (side - width) / 2, side - width, side - width, corner);
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
  if (isSelected) {
    context.beginPath();
    context.roundRect(x - side / 2 - 1.5, y - side / 2 - 1.5, side + 3, side + 3, corner + 1.5);
    context.lineWidth = 2.5;
    context.strokeStyle = palette.text;
    context.stroke();
  }
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
  context.font = `650 ${height - 4}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const width = Math.max(height, context.measureText(text).width + 6);
  context.beginPath();
  context.roundRect(x - width / 2, y - height / 2, width, height, height / 2);
  context.fillStyle = palette.background;
  context.fill();
  context.lineWidth = 1.25;
  context.strokeStyle = colour;
  context.stroke();
  context.fillStyle = palette.text;
  context.fillText(text, x, y + 0.5);
}
