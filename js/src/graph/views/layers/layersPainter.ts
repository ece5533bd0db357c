import { css, mix, type Palette, rgbOf } from "../../../look/palette";
import { count } from "../../../model/format";
import { circle, fill, fillAll, font, haloed, stroke } from "../../../views/draw";
import type { Size } from "../../../views/viewport";
import { inkOf } from "../walk/walkPainter";
import { type Band, DOT, type HopArc } from "./bands";
import { paintBeyondBar, paintFloor } from "./floorPainter";
import type { LayersInk } from "./layersInk";
import type { LayersScene } from "./layersScene";
import type { WordLine } from "./levelWords";
import { type Labels, SIZE, type Tone } from "./nodeCaptions";

type Context = CanvasRenderingContext2D;

/** Draws all levels but for the pictures. */
export function paintLayers(
  context: Context,
  size: Size,
  scene: LayersScene,
  { labels, portraits }: Labels,
  words: readonly WordLine[],
  palette: Palette,
  sign: number,
): void {
  const background = rgbOf(palette.background);
  const ink: LayersInk = {
    ...inkOf(palette),
    palette,
    grid: css(mix(background, rgbOf(palette.line), 0.7)),
  };
  fillAll(context, size, palette.background);
  paintBeyondBar(context, scene, ink);
  paintGround(context, scene, ink, sign);
  for (const { toX, toY, left, top, side, kind } of portraits) {
    context.beginPath();
    context.moveTo(toX, toY);
    context.lineTo(Math.max(left + 4, Math.min(left + side - 4, toX)), top + side - 2);
    stroke(context, kind === "stay" ? palette.control : palette.danger, 1, kind === "missed" ? [4, 3] : []);
  }
  paintFloor(context, scene, ink);
  for (const { x, top, bottom, endX } of scene.falls) {
    context.beginPath();
    context.moveTo(x, top + 6);
    context.lineTo(endX, bottom - 6);
    stroke(context, palette.text, 2, [2, 3]);
  }
  for (const band of scene.bands) paintBand(context, band, ink, band === scene.bands[0]);
  paintStart(context, scene, palette);
  paintWords(context, scene, words, palette);
  const tones = tonesOf(palette, ink);
  for (const { text, x, y, width, tone, weight } of labels) {
    // On the line of a level a halo would leave that line between the words.
    context.fillStyle = palette.background;
    if (y < scene.floor.top) context.fillRect(x - 2, y - 7, width + 4, 14);
    font(context, SIZE, weight);
    context.textAlign = "left";
    haloed(context, text, x, y, tones[tone], palette.background);
  }
}

function tonesOf(palette: Palette, ink: LayersInk): Record<Tone, string> {
  return { text: palette.text, muted: palette.muted, danger: palette.danger, bar: ink.bar };
}

/** The lines of the levels, and the values of the scale through all of them. */
function paintGround(
  context: Context,
  { frame, scale, bands, floor }: LayersScene,
  ink: LayersInk,
  sign: number,
): void {
  const { palette } = ink;
  for (const { x } of scale.ticks) {
    context.beginPath();
    context.moveTo(x, frame.top);
    context.lineTo(x, floor.bottom);
    stroke(context, ink.grid, 1);
  }
  for (const { bottom } of bands) {
    context.beginPath();
    context.moveTo(frame.left, Math.round(bottom) + 0.5);
    context.lineTo(frame.right, Math.round(bottom) + 0.5);
    stroke(context, palette.line, 1);
  }
  for (const { base } of bands) rule(context, scale, frame.plotLeft, frame.right, base, palette.control);
  rule(context, scale, frame.plotLeft, frame.right, floor.bottom, palette.control);
  font(context, 11, 400);
  context.fillStyle = palette.muted;
  const ticks = scale.isBroken ? [{ key: scale.first, x: scale.beyondX }, ...scale.ticks] : scale.ticks;
  for (const { key, x } of ticks) {
    context.beginPath();
    context.moveTo(x, floor.bottom);
    context.lineTo(x, floor.bottom + 4);
    stroke(context, palette.control, 1);
    context.fillText(valueText(sign * key), x, floor.bottom + 14);
  }
}

/** A line along the scale, interrupted where that is broken. */
function rule(
  context: Context,
  scale: LayersScene["scale"],
  left: number,
  right: number,
  y: number,
  colour: string,
): void {
  context.beginPath();
  context.moveTo(left, y);
  if (scale.isBroken) {
    const x = scale.breakX;
    context.lineTo(x - 3, y);
    context.moveTo(x - 5, y + 4);
    context.lineTo(x - 1, y - 4);
    context.moveTo(x + 1, y + 4);
    context.lineTo(x + 5, y - 4);
    context.moveTo(x + 3, y);
  }
  context.lineTo(right, y);
  stroke(context, colour, 1);
}

/** A round value, without the zeros that a measured one has. */
export function valueText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-4)) return value.toExponential();
  return size >= 1000 ? count(value) : Number(value.toPrecision(4)).toString();
}

function paintBand(
  context: Context,
  { dots, stays, arcs, nearest, isOff, base, state }: Band,
  ink: LayersInk,
  isTop: boolean,
): void {
  const { palette } = ink;
  for (const { x, y } of dots) {
    circle(context, x, y, DOT);
    fill(context, palette.background);
    fill(context, ink.pale);
  }
  arcs.forEach((arc, i) => {
    paintArc(context, arc, i === arcs.length - 1, palette.text);
  });
  if (nearest !== null) {
    diamond(context, nearest.x, base, isOff ? 6.5 : 10);
    fill(context, palette.background);
    stroke(context, isOff ? palette.danger : palette.text, isOff ? 2.25 : 1.25);
  } else if (state === "here" && stays.length > 0) {
    circle(context, stays[stays.length - 1].x, base, 9);
    stroke(context, palette.accent, 1.5);
  }
  stays.forEach(({ x, y }, i) => {
    const isLast = i === stays.length - 1;
    circle(context, x, y, isLast ? 5.5 : 4);
    fill(context, isLast ? palette.background : palette.text);
    stroke(context, palette.text, isLast ? (isTop && stays.length === 1 ? 3 : 2.25) : 1);
  });
  if (isTop && stays.length > 1) {
    circle(context, stays[0].x, stays[0].y, 5.5);
    fill(context, palette.background);
    stroke(context, palette.text, 3);
  }
}

/** An arrow over the line of a level. */
function paintArc(context: Context, { from, to, rise }: HopArc, isLast: boolean, colour: string): void {
  const direction = Math.sign(to.x - from.x) || -1;
  if (rise === 0) {
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    stroke(context, colour, 3);
    return;
  }
  const [startX, endX] = [from.x + 3 * direction, to.x - (isLast ? 9 : 4) * direction];
  const y = from.y - 4;
  const middle = (startX + endX) / 2;
  context.beginPath();
  context.moveTo(startX, y);
  context.quadraticCurveTo(middle, y - 2 * rise, endX, y);
  stroke(context, colour, 1.75);
  const angle = Math.atan2(2 * rise, endX - middle);
  context.beginPath();
  context.moveTo(endX - 8 * Math.cos(angle - 0.45), y - 8 * Math.sin(angle - 0.45));
  context.lineTo(endX, y);
  context.lineTo(endX - 8 * Math.cos(angle + 0.45), y - 8 * Math.sin(angle + 0.45));
  stroke(context, colour, 1.75);
}

export function diamond(context: Context, x: number, y: number, radius: number): void {
  context.beginPath();
  context.moveTo(x, y - radius);
  context.lineTo(x + radius, y);
  context.lineTo(x, y + radius);
  context.lineTo(x - radius, y);
  context.closePath();
}

/** The ring of the node at which the walk on level 0 begins. */
function paintStart(context: Context, { bands, floor }: LayersScene, palette: Palette): void {
  if (floor.start === null) return;
  circle(context, floor.start.x, floor.start.y, Math.max(5, floor.plot.pitch / 2));
  stroke(context, palette.text, bands.length === 0 ? 3 : 2.25);
}

function paintWords(
  context: Context,
  { frame }: LayersScene,
  words: readonly WordLine[],
  palette: Palette,
): void {
  for (const { y, bold, text, tone } of words) {
    let x = frame.left;
    if (bold !== "") {
      font(context, 13, 650);
      context.textAlign = "left";
      context.fillStyle = palette.text;
      context.fillText(bold, x, y);
      x += context.measureText(`${bold} `).width + 3;
    }
    font(context, SIZE, 400);
    context.textAlign = "left";
    context.fillStyle = palette[tone];
    context.fillText(text, x, y);
  }
}
