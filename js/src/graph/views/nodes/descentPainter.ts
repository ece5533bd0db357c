import type { Palette } from "../../../look/palette";
import { type Camera, toScreen } from "../../../views/clusters/camera";
import { circle, fill, font, haloed, stroke } from "../../../views/draw";
import { BoxPlacer, boxAround, centreOf } from "../../../views/placer";
import type { Size } from "../../../views/viewport";
import type { DescentStop } from "./nodeScene";

type Context = CanvasRenderingContext2D;

/** CSS pixels of a stop that is named, and of one for whose name there is no room. */
const STOP = 11;
const SMALL = 5;

/** CSS pixels of an arrow, and of the shortest part of a line that has one. */
const ARROW = 6;
const LONG = 56;

/** Draws the way from the entry point down, with an arrow on the part of each line that is in sight. */
export function paintDescentLine(
  context: Context,
  descent: readonly DescentStop[],
  camera: Camera,
  size: Size,
  palette: Palette,
): void {
  if (descent.length < 2) return;
  const places = descent.map(({ x, y }) => toScreen(camera, x, y));
  context.lineJoin = "round";
  context.beginPath();
  places.forEach((place, i) => {
    if (i === 0) context.moveTo(...place);
    else context.lineTo(...place);
  });
  stroke(context, palette.background, 6);
  stroke(context, palette.text, 2.5);
  for (let i = 1; i < places.length; i++) {
    const shown = inSight(places[i - 1], places[i], size);
    if (shown === null) continue;
    const [[x, y], [endX, endY]] = shown;
    if (Math.hypot(endX - x, endY - y) < LONG) continue;
    const angle = Math.atan2(endY - y, endX - x);
    const tip = [0, 2.5, -2.5].map((turn) => [
      (x + endX) / 2 + ARROW * Math.cos(angle + turn),
      (y + endY) / 2 + ARROW * Math.sin(angle + turn),
    ]);
    context.beginPath();
    for (const [tx, ty] of tip) context.lineTo(tx, ty);
    context.closePath();
    stroke(context, palette.background, 3);
    stroke(context, palette.text, 1.5);
    fill(context, palette.text);
  }
}

type Place = readonly [x: number, y: number];

/** The part of a line that is on the canvas; null where there is none. */
export function inSight(from: Place, to: Place, { width, height }: Size): [Place, Place] | null {
  let [first, last] = [0, 1];
  for (const [axis, room] of [
    [0, width],
    [1, height],
  ] as const) {
    const way = to[axis] - from[axis];
    if (way === 0) {
      if (from[axis] < 0 || from[axis] > room) return null;
      continue;
    }
    const [enters, leaves] = [-from[axis] / way, (room - from[axis]) / way].sort((a, b) => a - b);
    first = Math.max(first, enters);
    last = Math.min(last, leaves);
  }
  const at = (share: number): Place => [
    from[0] + share * (to[0] - from[0]),
    from[1] + share * (to[1] - from[1]),
  ];
  return first < last ? [at(first), at(last)] : null;
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
  const [entry] = descent;
  if (entry === undefined || descent.length < 2) return;
  const [x, y] = toScreen(camera, entry.x, entry.y);
  font(context, 12);
  const half = context.measureText("entry").width / 2;
  const free = placer.placeFree([
    boxAround(x, y - STOP - 9, 2 * half, 14),
    boxAround(x, y + STOP + 9, 2 * half, 14),
    boxAround(x + STOP + 5 + half, y, 2 * half, 14),
  ]);
  if (free !== null) haloed(context, "entry", ...centreOf(free), palette.text, palette.background);
}
