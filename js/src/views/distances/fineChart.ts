import { css, type Palette, rankColour } from "../../look/palette";
import { circle, font, stroke } from "../draw";
import type { Paint } from "../points/points";
import { around, type Box, Boxes, outside } from "./labels";
import type { Circle } from "./layout";
import type { RadialScale } from "./radialScale";
import type { Sectors } from "./sectors";

/** What stands behind and above the candidates. */
export interface Chart {
  readonly circle: Circle;
  readonly scale: RadialScale;
  readonly sectors: Sectors;
  /** By sector: the rank, the number and the size of the cluster. What lies beyond is not probed. */
  readonly ranks: ArrayLike<number>;
  readonly clusters: ArrayLike<number>;
  readonly sizes: ArrayLike<number>;
  /** Clusters probed as shown; the others of the sectors are still to come. */
  readonly probed: number;
  readonly pinned: number | null;
  /** Distance of the worst result, and what to call its circle. */
  readonly worst: { readonly distance: number; readonly name: string } | null;
  /** Where pictures are. */
  readonly pictures: readonly Box[];
}

const TINT = 0.07;
const STRONG_TINT = 0.16;
/** Width of the coloured edge of a sector. */
const EDGE = 3;
/** With more sectors than this, labels are ranks only: the pointer tells the rest. */
const MOST_NAMES = 24;
/** Places tried for a text on a circle. */
const TURNS = 36;
const DASH = [5, 4];

export function backgroundOf(chart: Chart): Paint {
  const { circle, scale, sectors, ranks, probed, pinned, clusters } = chart;
  return (context, _size, palette, emphasised) => {
    for (let i = 0; i < sectors.count; i++) {
      const isBeyond = i >= ranks.length;
      const isShown = i < probed || isBeyond;
      const colour = isBeyond ? palette.danger : css(rankColour(palette, ranks[i]));
      const isOut = ranks[i] === emphasised;
      if (isShown) {
        sectorPath(context, circle, circle.radius, sectors, i);
        context.fillStyle = colour;
        context.globalAlpha = isOut ? STRONG_TINT : TINT;
        context.fill();
        context.globalAlpha = emphasised === null || isOut ? 1 : 0.4;
      }
      context.beginPath();
      arc(context, circle, circle.radius + EDGE / 2 + 1, sectors.from[i], sectors.to[i]);
      stroke(context, isShown ? colour : palette.line, EDGE, isBeyond ? DASH : []);
      context.globalAlpha = 1;
      if (isShown && clusters[i] === pinned) {
        sectorPath(context, circle, circle.radius, sectors, i);
        stroke(context, palette.text, 1.5);
      }
    }
    paintRings(context, circle, scale, palette);
  };
}

/** The rings of a scale, those of compressed distances dashed. */
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

/** The values of the rings, at 12 o'clock or where else there is room. */
export function paintRingLabels(
  context: CanvasRenderingContext2D,
  circle: Circle,
  scale: RadialScale,
  palette: Palette,
  boxes: Boxes,
): void {
  font(context, 11, 400);
  for (const { radius, label } of scale.rings) {
    const width = context.measureText(label).width + 4;
    const box = placeOn(circle, radius, width, 14, [], boxes);
    if (box) haloed(context, label, ...middleOf(box), palette.muted, palette.background);
  }
}

/** Take room for a text on a circle where it hides least: at 12 o'clock, else at these angles, else anywhere. */
function placeOn(
  { x, y }: Circle,
  radius: number,
  width: number,
  height: number,
  angles: readonly number[],
  boxes: Boxes,
): Box | undefined {
  const turns = Array.from({ length: TURNS }, (_, i) => (2 * Math.PI * i) / TURNS);
  return [0, ...angles, ...turns]
    .map((angle) => around(x + radius * Math.sin(angle), y - radius * Math.cos(angle), width, height))
    .find((box) => boxes.take(box));
}

function middleOf({ left, top, right, bottom }: Box): [number, number] {
  return [(left + right) / 2, (top + bottom) / 2];
}

export function foregroundOf(chart: Chart): Paint {
  const { circle, scale, worst, pictures } = chart;
  return (context, size, palette, emphasised) => {
    const boxes = new Boxes(pictures);
    if (worst === null) paintRingLabels(context, circle, scale, palette, boxes);
    else {
      const radius = scale.radius(worst.distance);
      ring(context, circle.x, circle.y, radius, palette.text, 0.9, DASH, 1.5);
      paintRingLabels(context, circle, scale, palette, boxes);
      font(context, 12);
      const width = context.measureText(worst.name).width + 6;
      const box =
        placeOn(circle, radius, width, 16, [...chart.sectors.to], boxes) ??
        around(circle.x, circle.y - radius, width, 16);
      backed(context, box, palette);
      context.fillStyle = palette.text;
      context.fillText(worst.name, ...middleOf(box));
    }
    paintNames(context, chart, palette, size.width, emphasised, boxes);
  };
}

/** The sectors' labels: that of the cluster that stands out first, then by rank while there is room. */
function paintNames(
  context: CanvasRenderingContext2D,
  { circle, sectors, ranks, clusters, sizes, probed }: Chart,
  palette: Palette,
  room: number,
  emphasised: number | null,
  boxes: Boxes,
): void {
  const isShort = sectors.count > MOST_NAMES || circle.x - circle.radius < 60;
  const order = Array.from({ length: sectors.count }, (_, i) => i);
  // First what stands out, and what lies beyond.
  const weight = (i: number) => (ranks[i] === emphasised ? 2 : Number(i >= ranks.length));
  order.sort((a, b) => weight(b) - weight(a) || a - b);
  for (const i of order) {
    const isBeyond = i >= ranks.length;
    const isOut = ranks[i] === emphasised;
    const cluster = ` · #${clusters[i]}${sizes[i] === 0 ? " empty" : ""}`;
    const name = isBeyond ? "not probed" : String(ranks[i]);
    const rest = isBeyond || (isShort && !isOut) ? "" : cluster;
    font(context, 12);
    const lead = context.measureText(name).width;
    font(context, 12, 400);
    const more = context.measureText(rest).width;
    const width = lead + more + 6;
    const angle = (sectors.from[i] + sectors.to[i]) / 2;
    const box = outside(circle.x, circle.y, circle.radius + 6, angle, width, 16, room);
    if (isOut) boxes.claim(box);
    else if (!boxes.take(box)) continue;
    if (isOut) backed(context, box, palette);
    const y = (box.top + box.bottom) / 2;
    context.globalAlpha = i < probed || isBeyond ? 1 : 0.5;
    font(context, 12);
    haloed(
      context,
      name,
      box.left + 3 + lead / 2,
      y,
      isBeyond ? palette.danger : palette.text,
      palette.background,
    );
    font(context, 12, 400);
    haloed(
      context,
      rest,
      box.left + 3 + lead + more / 2,
      y,
      isOut ? palette.text : palette.muted,
      palette.background,
    );
    context.globalAlpha = 1;
  }
}

/** A text with an edge in the colour of the page, legible on anything. */
function haloed(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  colour: string,
  background: string,
): void {
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = background;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

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

function backed(
  context: CanvasRenderingContext2D,
  { left, top, right, bottom }: Box,
  palette: Palette,
): void {
  context.beginPath();
  context.roundRect(left, top, right - left, bottom - top, 4);
  context.fillStyle = palette.background;
  context.fill();
}

function sectorPath(
  context: CanvasRenderingContext2D,
  { x, y }: Circle,
  radius: number,
  sectors: Sectors,
  i: number,
): void {
  context.beginPath();
  context.moveTo(x, y);
  arc(context, { x, y, radius }, radius, sectors.from[i], sectors.to[i]);
  context.closePath();
}

/** Canvas angles run clockwise from 3 o'clock. */
function arc(
  context: CanvasRenderingContext2D,
  { x, y }: Circle,
  radius: number,
  from: number,
  to: number,
): void {
  context.arc(x, y, radius, from - Math.PI / 2, to - Math.PI / 2);
}
