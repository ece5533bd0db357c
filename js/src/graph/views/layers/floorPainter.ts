import { circle, fill, stroke } from "../../../views/draw";
import { paintDeleted } from "../nodes/deletedMarks";
import type { FloorDot } from "./dotPlot";
import type { LayersInk } from "./layersInk";
import type { LayersScene } from "./layersScene";

type Context = CanvasRenderingContext2D;

/** Tints what is farther than the efSearch-th nearest. */
export function paintBeyondBar(context: Context, { frame, floor }: LayersScene, ink: LayersInk): void {
  const { barX } = floor.plot;
  if (barX === null) return;
  context.fillStyle = ink.barFill;
  context.fillRect(barX, floor.top, frame.right - barX, floor.bottom - floor.top);
}

/** Draws the nodes of level 0, and the lines of k and efSearch. */
export function paintFloor(context: Context, { floor }: LayersScene, ink: LayersInk): void {
  const { plot, top, bottom } = floor;
  const { barX, lastX } = plot;
  const { palette } = ink;
  for (const { left, right, results, expanded, all, deleted } of plot.bars) {
    context.fillStyle = ink.pale;
    context.fillRect(left, bottom - all, right - left, all - expanded);
    context.fillStyle = ink.walk;
    context.fillRect(left, bottom - expanded, right - left, expanded);
    context.fillRect(left - 1, bottom - results, right - left + 2, results);
    if (deleted > 0) {
      context.strokeStyle = palette.muted;
      context.lineWidth = 1;
      context.strokeRect(left + 0.5, bottom - all - deleted, right - left - 1, deleted);
    }
  }
  if (barX !== null) {
    line(context, barX, top + 4, bottom);
    stroke(context, ink.bar, 2.25);
  }
  if (lastX !== null) {
    line(context, lastX, top + 4, bottom);
    stroke(context, palette.text, 1.5, [5, 4]);
  }
  const isBars = plot.bars.length > 0;
  const radius = plot.pitch / 2;
  const draw = (kind: FloorDot["kind"], paint: (dot: FloorDot) => void) => {
    for (const dot of plot.dots) if (dot.kind === kind) paint(dot);
  };
  if (!isBars) {
    draw("visited", ({ x, y }) => {
      circle(context, x, y, 0.68 * radius);
      fill(context, ink.pale);
    });
    draw("expanded", ({ x, y }) => {
      circle(context, x, y, 0.82 * radius);
      fill(context, ink.walk);
    });
    for (const [kind, colour] of [
      ["visited", palette.muted],
      ["expanded", ink.walk],
    ] as const) {
      const deleted = plot.dots.filter((dot) => dot.isDeleted && dot.kind === kind);
      const places = deleted.map(({ x, y }) => [x, y] as const);
      paintDeleted(context, places, Math.max(2.5, 0.82 * radius), colour, palette.background);
    }
    draw("result", ({ x, y }) => {
      circle(context, x, y, Math.max(3.5, 1.06 * radius));
      fill(context, ink.walk);
      stroke(context, palette.background, 1);
    });
  }
  draw("missed", ({ x, y }) => {
    circle(context, x, y, Math.max(3.5, 0.95 * radius));
    fill(context, palette.background);
    stroke(context, palette.danger, 1.75, [2.5, 1.75]);
  });
}

function line(context: Context, x: number, top: number, bottom: number): void {
  context.beginPath();
  context.moveTo(x, top);
  context.lineTo(x, bottom);
}
