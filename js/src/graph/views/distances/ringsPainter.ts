import type { Palette } from "../../../look/palette";
import { distance } from "../../../model/format";
import { toScreen } from "../../../views/clusters/camera";
import type { Circle } from "../../../views/distances/layout";
import type { RadialScale } from "../../../views/distances/radialScale";
import { boxesOn, paintRingLabels, paintRings } from "../../../views/distances/ringPainter";
import { font, haloed, stroke, circle as trace } from "../../../views/draw";
import { type Box, BoxPlacer, centreOf } from "../../../views/placer";
import type { NodePicture } from "../nodes/nodePicture";
import { inkOf } from "../walk/walkPainter";
import type { PolarSpots } from "./polarSpots";

type Context = CanvasRenderingContext2D;

/** A distance that the search keeps to, as a circle. */
export interface Bar {
  /** As the engine reports it. */
  readonly distance: number;
  readonly name: string;
  readonly isKept: boolean;
}

interface Rings {
  readonly circle: Circle;
  readonly scale: RadialScale;
}

/** CSS pixels from a circle to the middle of its name, outward or inward, and the directions tried first. */
const ASIDE = [10, 26, -26, 44];
const ANGLES = [2.6, -2.6, 2.2, -2.2, 1.6, -1.6, 1, -1];

/** The circle and the scale as they are on the canvas, zoomed. */
function zoomed({ circle, scale, query }: PolarSpots, { camera, zoom }: NodePicture): Rings {
  const [x, y] = query === null ? [0, 0] : toScreen(camera, query.x, query.y);
  const rings = scale.rings.map((ring) => ({ ...ring, radius: zoom.k * ring.radius }));
  return { circle: { x, y, radius: zoom.k * circle.radius }, scale: { ...scale, rings } };
}

/** Draws the rings of the scale, and the circles of the bars. */
export function paintGround(
  context: Context,
  spots: PolarSpots,
  bars: readonly Bar[],
  picture: NodePicture,
  palette: Palette,
): void {
  const { circle, scale } = zoomed(spots, picture);
  paintRings(context, circle, scale, palette);
  for (const { distance: far, isKept } of bars) {
    trace(context, circle.x, circle.y, picture.zoom.k * spots.scale.radius(far));
    if (isKept) stroke(context, inkOf(palette).bar, 2);
    else stroke(context, palette.text, 1.5, [5, 4]);
  }
}

/** Writes the values of the rings and the names of the bars, where there is room. */
export function paintNames(
  context: Context,
  spots: PolarSpots,
  bars: readonly Bar[],
  taken: readonly Box[],
  picture: NodePicture,
  palette: Palette,
): void {
  const { circle, scale } = zoomed(spots, picture);
  const { width, height } = picture.size;
  const placer = new BoxPlacer({ taken });
  const isInSight = ({ left, top, right, bottom }: Box) =>
    left > 4 && top > 4 && right < width - 4 && bottom < height - 4;
  font(context, 12);
  for (const { distance: far, name, isKept } of bars) {
    const text = `${name}: ${distance(far)}`;
    const radius = picture.zoom.k * spots.scale.radius(far);
    const wide = context.measureText(text).width + 6;
    const boxes = ASIDE.flatMap((aside) =>
      boxesOn(circle, radius + (isKept ? aside : -aside), wide, 16, ANGLES).slice(1),
    );
    const box = placer.placeFree(boxes.filter(isInSight));
    const colour = isKept ? inkOf(palette).bar : palette.text;
    if (box !== null) haloed(context, text, ...centreOf(box), colour, palette.background);
  }
  paintRingLabels(context, circle, scale, palette, placer);
}
