import { css, type Palette, rankColour } from "../../look/palette";
import { fillAll, font, haloed, stroke } from "../draw";
import { type Box, BoxPlacer, boxAround, centreOf } from "../placer";
import { type PointPainter, paintDots, paintFound } from "../points/painter";
import type { PointScene } from "../points/scene";
import type { Viewport } from "../viewport";
import type { Chart, FineContent } from "./fineScene";
import { boxOutside } from "./labels";
import type { Circle } from "./layout";
import { boxesOn, paintRingLabels, paintRings, ring } from "./ringPainter";
import type { Sectors } from "./sectors";

const TINT = 0.07;
const STRONG_TINT = 0.16;
/** Width of the coloured edge of a sector. */
const EDGE = 3;
/** With more sectors than this, labels are ranks only; the card shows the cluster. */
const MOST_NAMES = 24;
/** Places along its sector for the label “not probed”, the best first. */
const BEYOND_SHARES = [0.5, 0.3, 0.7, 0.1, 0.9];
const DASH = [5, 4];
/** Room that a result without a picture takes. */
const DOT = 9;

/** Draws the candidates on rings of equal distance, in the sectors of their clusters. */
export const paintFine: PointPainter<FineContent> = (context, scene, palette, viewport, images) => {
  fillAll(context, viewport.size, palette.background);
  if (scene.chart !== null) paintSectors(context, scene.chart, palette, scene);
  paintDots(context, scene, palette, viewport);
  if (scene.chart !== null) paintLabels(context, scene, scene.chart, palette, viewport);
  paintFound(context, scene, palette, viewport, images);
};

function paintSectors(
  context: CanvasRenderingContext2D,
  { circle, scale, sectors, ranks, probed, pinned, clusters }: Chart,
  palette: Palette,
  { emphasised, labels }: Pick<PointScene, "emphasised" | "labels">,
): void {
  for (let i = 0; i < sectors.count; i++) {
    const isBeyond = i >= ranks.length;
    const isShown = i < probed || isBeyond;
    // Colours that mean labels cannot mean ranks as well: the numbers beside the sectors tell these.
    const colour = isBeyond ? palette.danger : labels ? palette.control : css(rankColour(palette, ranks[i]));
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
}

/** Draws the circle of the last result, and the labels of rings and sectors where they hide no picture. */
function paintLabels(
  context: CanvasRenderingContext2D,
  { marks, positions, emphasised }: PointScene,
  chart: Chart,
  palette: Palette,
  { size }: Viewport,
): void {
  const { circle, scale, worst } = chart;
  const taken = marks.map(({ point, side }) => {
    const room = Math.max(side, DOT);
    return boxAround(positions[2 * point], positions[2 * point + 1], room, room);
  });
  const placer = new BoxPlacer({ taken });
  if (worst === null) paintRingLabels(context, circle, scale, palette, placer);
  else {
    const radius = scale.radius(worst.distance);
    ring(context, circle.x, circle.y, radius, palette.text, 0.9, DASH, 1.5);
    paintRingLabels(context, circle, scale, palette, placer);
    font(context, 12);
    const width = context.measureText(worst.name).width + 6;
    const box =
      placer.placeFree(boxesOn(circle, radius, width, 16, [...chart.sectors.to])) ??
      boxAround(circle.x, circle.y - radius, width, 16);
    backed(context, box, palette);
    context.fillStyle = palette.text;
    context.fillText(worst.name, ...centreOf(box));
  }
  paintNames(context, chart, palette, size.width, emphasised, placer);
}

/** Writes the sectors' labels: the emphasised cluster's first, then by rank while there is room. */
function paintNames(
  context: CanvasRenderingContext2D,
  { circle, sectors, ranks, clusters, sizes, probed }: Chart,
  palette: Palette,
  room: number,
  emphasised: number | null,
  placer: BoxPlacer,
): void {
  const isShort = sectors.count > MOST_NAMES || circle.x - circle.radius < 60;
  const order = Array.from({ length: sectors.count }, (_, i) => i);
  // The emphasised cluster and the sector that is not probed come first.
  const weight = (i: number) => (ranks[i] === emphasised ? 2 : Number(i >= ranks.length));
  order.sort((a, b) => weight(b) - weight(a) || a - b);
  for (const i of order) {
    const isBeyond = i >= ranks.length;
    const isOut = ranks[i] === emphasised;
    const cluster = ` · cluster ${clusters[i]}${sizes[i] === 0 ? ", empty" : ""}`;
    const name = isBeyond ? "not probed" : String(ranks[i]);
    const rest = isBeyond || (isShort && !isOut) ? "" : cluster;
    font(context, 12);
    const lead = context.measureText(name).width;
    font(context, 12, 400);
    const more = context.measureText(rest).width;
    const width = lead + more + 6;
    const shares = isBeyond ? BEYOND_SHARES : [0.5];
    const boxes = shares.map((share) => {
      const angle = sectors.from[i] + share * (sectors.to[i] - sectors.from[i]);
      return boxOutside(circle.x, circle.y, circle.radius + 6, angle, width, 16, room);
    });
    const box = placer.placeFree(boxes) ?? (isOut ? (placer.place(boxes)?.place ?? null) : null);
    if (box === null) continue;
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
