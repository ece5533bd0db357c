import type { Palette } from "../../../look/palette";
import { type Camera, toScreen } from "../../../views/clusters/camera";
import { circle, fill, font, stroke } from "../../../views/draw";
import { BoxPlacer, boxAround } from "../../../views/placer";
import type { DescentStop } from "./mapScene";

type Context = CanvasRenderingContext2D;

/** CSS pixels of a stop that is named, and of one for whose name there is no room. */
const STOP = 11;
const SMALL = 5;

/** Draws the way from the entry point down. */
export function paintDescentLine(
  context: Context,
  descent: readonly DescentStop[],
  camera: Camera,
  palette: Palette,
): void {
  if (descent.length < 2) return;
  context.lineJoin = "round";
  context.beginPath();
  descent.forEach(({ x, y }, i) => {
    const place = toScreen(camera, x, y);
    if (i === 0) context.moveTo(...place);
    else context.lineTo(...place);
  });
  stroke(context, palette.background, 6);
  stroke(context, palette.text, 2.5);
}

/** Draws the nodes that the descent came to; the level is named where there is room, the lowest first. */
export function paintStops(
  context: Context,
  descent: readonly DescentStop[],
  camera: Camera,
  palette: Palette,
): void {
  const placer = new BoxPlacer();
  const named = new Set<DescentStop>();
  for (const stop of [...descent].reverse()) {
    const [x, y] = toScreen(camera, stop.x, stop.y);
    if (placer.placeFree([boxAround(x, y, 2 * STOP, 2 * STOP)]) !== null) named.add(stop);
  }
  font(context, 11, 700);
  for (const isNamed of [false, true]) {
    for (const stop of descent) {
      if (named.has(stop) !== isNamed) continue;
      const [x, y] = toScreen(camera, stop.x, stop.y);
      circle(context, x, y, isNamed ? STOP : SMALL);
      fill(context, palette.background);
      stroke(context, palette.text, 2.25);
      if (!isNamed) continue;
      context.fillStyle = palette.text;
      context.fillText(`L${stop.level}`, x, y + 0.5);
    }
  }
}
