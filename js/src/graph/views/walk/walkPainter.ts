import type { Palette, Rgb } from "../../../look/palette";
import { css, mix, rgbOf } from "../../../look/palette";
import { distance, ordinal } from "../../../model/format";
import { circle, fill, fillAll, font, haloed, stroke } from "../../../views/draw";
import { type Box, BoxPlacer } from "../../../views/placer";
import type { Size } from "../../../views/viewport";
import { paintDeleted } from "../nodes/deletedMarks";
import type { DotSheet } from "../nodes/dotSheet";
import type { TrayPlace } from "./pictureTray";
import type { WalkPoint, WalkScene } from "./walkScene";

type Context = CanvasRenderingContext2D;
type Line = readonly (readonly [x: number, y: number])[];

/** Stems fade below this many CSS pixels a distance. */
const STEM_ROOM = 2;
/** CSS pixels for each distance below which stems would be one grey. */
const LEAST_ROOM = 0.25;
const SMALL = 11;
/** Boxes at most that names keep off, for the nodes and for each line. */
const MOST_BOXES = 240;

/** Colours of one walk. */
interface Ink {
  readonly walk: string;
  readonly pale: string;
  readonly bar: string;
  readonly barFill: string;
  readonly beyond: string;
}

export function inkOf(palette: Palette): Ink {
  const background = rgbOf(palette.background);
  const accent = rgbOf(palette.accent);
  const ochre: Rgb = palette.ranks[3] ?? accent;
  return {
    walk: palette.accent,
    pale: css(mix(background, accent, 0.55)),
    bar: css(ochre),
    barFill: css(mix(background, ochre, 0.07)),
    beyond: css(mix(background, rgbOf(palette.muted), 0.5)),
  };
}

/** Draws a walk but for the pictures. */
export function paintWalk(
  context: Context,
  size: Size,
  scene: WalkScene,
  palette: Palette,
  texts: { readonly ef: number; readonly k: number; readonly sign: number; readonly isPartial: boolean },
  places: readonly TrayPlace[],
  hovered: bigint | null,
  sheet: DotSheet,
): void {
  const ink = inkOf(palette);
  const { frame } = scene;
  fillAll(context, size, palette.background);
  paintGround(context, scene, palette, ink, texts.sign);
  context.save();
  context.beginPath();
  context.rect(frame.left - 8, frame.top - 4, frame.right - frame.left + 16, frame.bottom - frame.top + 12);
  context.clip();
  paintStems(context, scene, ink);
  path(context, scene.beyondLine);
  stroke(context, ink.beyond, 2);
  path(context, scene.kthLine);
  stroke(context, palette.text, 1.5, [5, 4]);
  path(context, scene.barLine);
  stroke(context, ink.bar, 2.25);
  path(context, scene.expandedLine);
  stroke(context, ink.walk, 2.5);
  paintWaits(context, scene, palette);
  paintPoints(context, scene, palette, ink, sheet);
  context.restore();
  paintTrayLines(context, scene, places, palette, ink);
  if (!texts.isPartial) paintStop(context, scene, palette);
  paintNames(context, scene, palette, ink, texts);
  if (hovered !== null) paintHovered(context, scene, hovered, palette);
}

function paintGround(context: Context, scene: WalkScene, palette: Palette, ink: Ink, sign: number): void {
  const { frame, scale, levels, barLine, stopX } = scene;
  const descentEnd = levels[levels.length - 1]?.end ?? frame.left;
  context.fillStyle = palette.raised;
  context.fillRect(frame.left, frame.top, descentEnd - frame.left, frame.bottom - frame.top);
  const barStart = barLine[0]?.[0];
  if (barStart !== undefined) {
    context.beginPath();
    context.moveTo(barStart, frame.top);
    for (const [x, y] of barLine) context.lineTo(x, y);
    context.lineTo(barLine[barLine.length - 1][0], frame.top);
    fill(context, ink.barFill);
  }
  if (stopX < frame.right - 1) hatch(context, stopX, frame.top, frame.right, frame.bottom, palette);
  font(context, SMALL, 400);
  for (const { key, isCompressed } of scale.ticks) {
    const y = scale.y(key);
    context.beginPath();
    context.moveTo(frame.left, y);
    context.lineTo(frame.right, y);
    stroke(context, palette.line, 1, isCompressed ? [2, 4] : []);
    context.textAlign = "right";
    context.fillStyle = palette.muted;
    context.fillText(tickText(sign * key), frame.left - 7, y);
  }
  if (scale.isBroken) {
    context.textAlign = "right";
    context.fillStyle = palette.muted;
    const y = scale.y(scale.low) + 7;
    context.beginPath();
    context.moveTo(frame.left - 4, y + 3);
    context.lineTo(frame.left + 4, y);
    context.lineTo(frame.left - 4, y - 2);
    context.lineTo(frame.left + 4, y - 5);
    stroke(context, palette.muted, 1);
  }
  context.textAlign = "center";
  for (const { level, x, end } of levels) {
    context.beginPath();
    context.moveTo(end, frame.top);
    context.lineTo(end, frame.bottom);
    stroke(context, level === 1 ? palette.control : palette.line, 1);
    context.fillStyle = palette.muted;
    if (end - x > 9 || level === 1) context.fillText(level.toString(), (x + end) / 2, frame.top - 9);
  }
  if (levels.length > 0) {
    context.fillText("0", descentEnd + 8, frame.top - 9);
    context.textAlign = "right";
    context.fillText("level", frame.left - 7, frame.top - 9);
  }
  context.textAlign = "center";
  context.beginPath();
  context.moveTo(frame.left, frame.bottom);
  context.lineTo(frame.right, frame.bottom);
  stroke(context, palette.control, 1);
  for (const { x, count } of scene.distanceTicks) {
    context.beginPath();
    context.moveTo(x, frame.bottom - 3);
    context.lineTo(x, frame.bottom + 3);
    stroke(context, palette.control, 1);
    haloed(context, count.toLocaleString("en-US"), x, frame.bottom - 10, palette.muted, palette.background);
  }
}

/** Slanted lines where only a larger efSearch comes. */
function hatch(
  context: Context,
  left: number,
  top: number,
  right: number,
  bottom: number,
  palette: Palette,
): void {
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
  context.beginPath();
  for (let x = left - (bottom - top); x < right; x += 9) {
    context.moveTo(x, bottom);
    context.lineTo(x + bottom - top, top);
  }
  context.globalAlpha = 0.5;
  stroke(context, palette.line, 1);
  context.restore();
}

function paintStems(context: Context, scene: WalkScene, ink: Ink): void {
  const { points, frame, shownTotal } = scene;
  const room = (frame.right - frame.left) / shownTotal;
  if (room < LEAST_ROOM) return;
  context.globalAlpha = Math.max(0.12, Math.min(0.55, (room / STEM_ROOM) * 0.4));
  for (const [isBeyond, colour] of [
    [false, ink.pale],
    [true, ink.beyond],
  ] as const) {
    context.beginPath();
    for (const { x, y, stem, kind } of points) {
      if ((kind === "beyond") !== isBeyond) continue;
      context.moveTo(x, stem);
      context.lineTo(x, y);
    }
    stroke(context, colour, 1);
  }
  context.globalAlpha = 1;
}

function paintPoints(context: Context, scene: WalkScene, palette: Palette, ink: Ink, sheet: DotSheet): void {
  const { points, frame, shownTotal } = scene;
  const room = (frame.right - frame.left) / shownTotal;
  const small = Math.max(1, Math.min(2.8, 1 + room));
  const draw = (kind: WalkPoint["kind"], paint: (point: WalkPoint) => void) => {
    for (const point of points) if (point.kind === kind) paint(point);
  };
  const of = (kind: WalkPoint["kind"]) =>
    points.filter((point) => point.kind === kind).map(({ x, y }) => [x, y] as const);
  const { background } = palette;
  sheet.paint(context, [
    { places: of("beyond"), radius: small, colour: background, edge: ink.beyond, rim: 1 },
    { places: of("visited"), radius: small, colour: ink.pale, edge: background, rim: 0 },
    { places: of("expanded"), radius: small + 1, colour: ink.walk, edge: background, rim: 0.75 },
  ]);
  for (const [kind, colour] of [
    ["beyond", ink.beyond],
    ["visited", palette.muted],
    ["expanded", ink.walk],
  ] as const) {
    const deleted = points.filter((point) => point.isDeleted && point.kind === kind);
    const places = deleted.map(({ x, y }) => [x, y] as const);
    paintDeleted(context, places, Math.max(2.5, small + 1), colour, palette.background);
  }
  draw("result", ({ x, y }) => {
    circle(context, x, y, 5);
    fill(context, ink.walk);
    stroke(context, palette.background, 1.25);
  });
  draw("missed", ({ x, y }) => {
    circle(context, x, y, 6);
    fill(context, palette.background);
    stroke(context, palette.danger, 2, [3, 2]);
  });
  // The entry point.
  const [entry] = scene.expandedLine;
  if (entry !== undefined) {
    circle(context, entry[0], entry[1], 5);
    fill(context, palette.background);
    stroke(context, palette.text, 2);
  }
}

function paintWaits(context: Context, { waits, stopX }: WalkScene, palette: Palette): void {
  for (const { gateX, gateY, turnX, missed } of waits) {
    context.beginPath();
    context.moveTo(gateX, gateY);
    context.lineTo(Math.min(turnX, Math.max(stopX, gateX)), gateY);
    stroke(context, palette.danger, 1, [1.5, 3]);
    context.beginPath();
    context.moveTo(Math.max(stopX, gateX), gateY);
    context.lineTo(turnX, gateY);
    context.lineTo(missed.x, gateY);
    context.lineTo(missed.x, missed.y);
    stroke(context, palette.danger, 1.5, [5, 3]);
    circle(context, gateX, gateY, 5.5);
    fill(context, palette.background);
    stroke(context, palette.danger, 2);
  }
}

function paintTrayLines(
  context: Context,
  { frame }: WalkScene,
  places: readonly TrayPlace[],
  palette: Palette,
  ink: Ink,
): void {
  for (const { x, y, at, isMissed } of places) {
    context.beginPath();
    context.moveTo(x, y + 5);
    context.lineTo(x, frame.bottom);
    context.bezierCurveTo(x, frame.bottom + 10, at, frame.bottom + 4, at, frame.bottom + 16);
    stroke(context, isMissed ? palette.danger : ink.pale, 1.25, isMissed ? [4, 3] : []);
  }
}

function paintStop(context: Context, { stopX, stop, frame }: WalkScene, palette: Palette): void {
  context.beginPath();
  context.moveTo(stopX, frame.top - 12);
  context.lineTo(stopX, frame.bottom);
  stroke(context, palette.accent, 2);
  if (stop === null) return;
  circle(context, stop.x, stop.y, 5);
  fill(context, palette.background);
  stroke(context, palette.accent, 2);
}

/** The names of the lines, beside their longest free run. */
function paintNames(
  context: Context,
  scene: WalkScene,
  palette: Palette,
  ink: Ink,
  { ef, k, sign, isPartial }: { ef: number; k: number; sign: number; isPartial: boolean },
): void {
  const { frame, stop } = scene;
  const marked = scene.points.filter(
    ({ kind }) => kind === "result" || kind === "missed" || kind === "expanded",
  );
  // Of thousands, one hides the next.
  const step = Math.ceil(marked.length / MOST_BOXES);
  const taken: Box[] = marked
    .filter(({ kind }, i) => kind !== "expanded" || i % step === 0)
    .map(({ x, y }) => ({ left: x - 6, top: y - 6, right: x + 6, bottom: y + 6 }));
  for (const line of [scene.expandedLine, scene.barLine, scene.kthLine]) taken.push(...boxesOf(line));
  const placer = new BoxPlacer({ taken, gap: 2 });
  const name = (text: string, line: Line, colour: string, weight = 650) => {
    font(context, 12, weight);
    const wide = context.measureText(text).width;
    const boxes: Box[] = [];
    for (const [x, y] of middles(line)) {
      for (const dy of [-12, 14, -24, 26, -38, 40]) {
        const left = Math.min(frame.right - wide - 4, Math.max(frame.left + 4, x - wide / 2));
        const box = { left, right: left + wide, top: y + dy - 8, bottom: y + dy + 8 };
        if (box.top > frame.top + 2 && box.bottom < frame.bottom - 18) boxes.push(box);
      }
    }
    const box = placer.placeFree(boxes);
    if (box === null) return;
    haloed(context, text, (box.left + box.right) / 2, (box.top + box.bottom) / 2, colour, palette.background);
  };
  if (stop !== null && !isPartial) {
    font(context, 12, 400);
    const lines = [
      `It stops: the next node (${distance(sign * stop.key)})`,
      `has ${ef.toLocaleString("en-US")} visited ${ef === 1 ? "one" : "ones"} nearer.`,
    ];
    const wide = Math.max(...lines.map((line) => context.measureText(line).width));
    const boxes: Box[] = [];
    for (const dy of [-34, 26, -60, 52, -86, 78, -112, 104]) {
      for (const left of [stop.x + 12, stop.x - wide - 12]) {
        const box = { left, right: left + wide, top: stop.y + dy - 16, bottom: stop.y + dy + 16 };
        const fits = box.left > frame.left && box.right < frame.right;
        if (fits && box.top > frame.top + 2 && box.bottom < frame.bottom - 18) boxes.push(box);
      }
    }
    const box = placer.placeFree(boxes);
    if (box !== null) {
      context.textAlign = "left";
      lines.forEach((line, i) => {
        haloed(context, line, box.left, box.top + 8 + 16 * i, palette.text, palette.background);
      });
      context.textAlign = "center";
    }
  }
  name(
    ef === k ? `${ordinal(ef)} nearest so far` : `${ordinal(ef)} nearest so far (efSearch)`,
    scene.barLine,
    ink.bar,
  );
  name("the node expanded", scene.expandedLine.slice(-2 * 64), ink.walk);
  if (ef !== k) name(`k = ${k}`, scene.kthLine, palette.text);
}

function paintHovered(context: Context, { points }: WalkScene, hovered: bigint, palette: Palette): void {
  for (const { id, x, y, stem } of points) {
    if (id !== hovered) continue;
    context.beginPath();
    context.moveTo(x, stem);
    context.lineTo(x, y);
    stroke(context, palette.text, 1.5);
    circle(context, x, y, 7);
    stroke(context, palette.text, 2);
  }
}

function path(context: Context, line: Line): void {
  context.beginPath();
  line.forEach(([x, y], i) => {
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
}

/** Boxes around the parts of a line, around several at once where it has many. */
function boxesOf(line: Line): Box[] {
  const boxes: Box[] = [];
  const step = Math.max(1, Math.ceil(line.length / MOST_BOXES));
  for (let i = 0; i + 1 < line.length; i += step) {
    const part = line.slice(i, i + step + 1);
    const [xs, ys] = [part.map(([x]) => x), part.map(([, y]) => y)];
    boxes.push({
      left: Math.min(...xs) - 1,
      right: Math.max(...xs) + 1,
      top: Math.min(...ys) - 1,
      bottom: Math.max(...ys) + 1,
    });
  }
  return boxes;
}

/** The middles of the level parts of a line, the longest first. */
function middles(line: Line): [number, number][] {
  const parts: { length: number; at: [number, number] }[] = [];
  for (let i = 1; i < line.length; i++) {
    const [[x, y], [nextX, nextY]] = [line[i - 1], line[i]];
    if (y === nextY) parts.push({ length: nextX - x, at: [(x + nextX) / 2, y] });
  }
  return parts
    .sort((a, b) => b.length - a.length)
    .slice(0, 12)
    .map(({ at }) => at);
}

/** A round number without the zeros that add nothing. */
function tickText(value: number): string {
  const text = distance(value);
  return text.includes(".") && !text.includes("e") ? text.replace(/\.?0+$/, "") : text;
}
