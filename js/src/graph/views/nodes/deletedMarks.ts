import { stroke } from "../../../views/draw";

type Places = readonly (readonly [x: number, y: number])[];

/** Draws nodes that are marked as deleted over their dots: hollow, with a cross. */
export function paintDeleted(
  context: CanvasRenderingContext2D,
  places: Places,
  radius: number,
  colour: string,
  background: string,
): void {
  if (places.length === 0) return;
  context.beginPath();
  for (const [x, y] of places) {
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
  context.fillStyle = background;
  context.fill();
  const arm = radius * Math.SQRT1_2;
  for (const [x, y] of places) {
    context.moveTo(x - arm, y - arm);
    context.lineTo(x + arm, y + arm);
    context.moveTo(x - arm, y + arm);
    context.lineTo(x + arm, y - arm);
  }
  stroke(context, colour, 1);
}
