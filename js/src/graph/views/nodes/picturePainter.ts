import { css, mix, type Palette, rgbOf } from "../../../look/palette";
import { shortDistance } from "../../../model/format";
import { fill, font, picture, box as roundBox, stroke } from "../../../views/draw";
import { centreOf } from "../../../views/placer";
import { cut } from "../../../views/textBlock";
import type { NodePictures } from "./nodePictures";
import type { NodeScene } from "./nodeScene";
import type { RingPlace } from "./pictureRing";

type Context = CanvasRenderingContext2D;

const CORNER = 6;

/** Draws the dotted lines from nodes to their pictures; they lie below the nodes. */
export function paintThreads(
  context: Context,
  scene: NodeScene,
  ring: readonly RingPlace[],
  palette: Palette,
): void {
  for (const { node, x, y, box } of ring) {
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(...centreOf(box));
    context.lineCap = "round";
    context.globalAlpha = 0.75;
    stroke(context, palette.background, 4);
    context.globalAlpha = 1;
    stroke(context, scene.nodes[node].kind === "missed" ? palette.danger : palette.accent, 1.75, [0.1, 4]);
    context.lineCap = "butt";
  }
}

/** Draws the pictures of results and missed neighbours with their ranks. */
export function paintPictures(
  context: Context,
  scene: NodeScene,
  ring: readonly RingPlace[],
  images: NodePictures,
  hovered: bigint | null,
  isCompared: boolean,
  palette: Palette,
): void {
  const pale = css(mix(rgbOf(palette.background), rgbOf(palette.accent), 0.5));
  for (const { node, box } of ring) {
    const { id, kind, rank, distance } = scene.nodes[node];
    const [x, y] = centreOf(box);
    const side = box.right - box.left;
    const isMissed = kind === "missed";
    const colour = isMissed ? palette.danger : rank === null && isCompared ? pale : palette.accent;
    roundBox(context, x, y, side + 3, side + 3, CORNER + 1.5);
    fill(context, palette.background);
    const image = images.image(id);
    if (image !== null) picture(context, image, x, y, side, CORNER);
    else {
      font(context, 11, 500);
      context.fillStyle = palette.text;
      const text = images.label(id) ?? shortDistance(distance);
      context.fillText(cut(context, text, side - 5), x, y);
    }
    roundBox(context, x, y, side, side, CORNER);
    stroke(context, colour, 2.5, isMissed ? [4, 2.5] : []);
    if (id === hovered) {
      roundBox(context, x, y, side + 6, side + 6, CORNER + 3);
      stroke(context, palette.text, 2);
    }
    if (rank !== null) badge(context, rank.toString(), box.left + 1, box.top + 1, colour, isMissed, palette);
  }
}

function badge(
  context: Context,
  text: string,
  x: number,
  y: number,
  colour: string,
  isMissed: boolean,
  palette: Palette,
): void {
  font(context, 11, 700);
  const wide = Math.max(17, context.measureText(text).width + 8);
  roundBox(context, x, y, wide, 17, 8.5);
  fill(context, palette.background);
  stroke(context, colour, 1.75);
  context.fillStyle = isMissed ? palette.danger : palette.text;
  context.fillText(text, x, y + 0.5);
}
