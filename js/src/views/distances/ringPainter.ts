import type { Palette } from "../../look/palette";
import { circle, font, haloed, stroke } from "../draw";
import { type Box, type BoxPlacer, boxAround, centreOf } from "../placer";
import type { Circle } from "./layout";
import type { RadialScale } from "./radialScale";

/** Places tried for a text on a circle. */
const TURNS = 36;

/** Draws the rings of a scale; rings of compressed distances are dashed. */
export function paintRings(
  context: CanvasRenderingContext2D,
  { x, y, radius: outer }: Circle,
  scale: RadialScale,
  palette: Palette,
): void {
  context.lineWidth = 1;
  for (const { radius, isCompressed } of scale.rings) {
    ring(context, x, y, radius, palette.control, 0.38, isCompressed ? [2, 4] : []);
  }
  ring(context, x, y, outer, palette.line, 1, []);
}

/** Writes the values of the rings, at 12 o'clock or where else there is room. */
export function paintRingLabels(
  context: CanvasRenderingContext2D,
  circle: Circle,
  scale: RadialScale,
  palette: Palette,
  placer: BoxPlacer,
): void {
  font(context, 11, 400);
  for (const { radius, label } of scale.rings) {
    const width = context.measureText(label).width + 4;
    const box = placer.placeFree(boxesOn(circle, radius, width, 14));
    if (box !== null) haloed(context, label, ...centreOf(box), palette.muted, palette.background);
  }
}

/** Boxes for a text on a circle: at 12 o'clock, else at these angles, else anywhere. */
export function boxesOn(
  { x, y }: Circle,
  radius: number,
  width: number,
  height: number,
  angles: readonly number[] = [],
): Box[] {
  const turns = Array.from({ length: TURNS }, (_, i) => (2 * Math.PI * i) / TURNS);
  return [0, ...angles, ...turns].map((angle) =>
    boxAround(x + radius * Math.sin(angle), y - radius * Math.cos(angle), width, height),
  );
}

/** Draws a circle in this colour and opacity. */
export function ring(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  colour: string,
  opacity: number,
  dash: number[],
  width = 1,
): void {
  circle(context, x, y, radius);
  context.globalAlpha = opacity;
  stroke(context, colour, width, dash);
  context.globalAlpha = 1;
}
