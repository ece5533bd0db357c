import type { CellMap } from "../../model/mapCells";
import type { Size } from "../viewport";
import { type Camera, toScreen } from "./camera";
import { within } from "./mosaic/outline";

/** Radius of the circle that fits around the cell's centre, in CSS pixels. */
export function cellRadius(cells: CellMap, cell: number, { sx, sy }: Camera): number {
  return cells.inradii[cell] * Math.min(sx, sy);
}

/** The cell's centre in the canvas, in CSS pixels. */
export function cellCentre({ centres }: CellMap, cell: number, view: Camera): [x: number, y: number] {
  return toScreen(view, centres[2 * cell], centres[2 * cell + 1]);
}

/** Adds the cell to the path, drawn in by `inset` pixels, with rounded corners if `isRound`. */
export function tracePolygon(
  context: CanvasRenderingContext2D,
  cells: CellMap,
  cell: number,
  { sx, sy, tx, ty }: Camera,
  inset: number,
  isRound: boolean,
): void {
  const { centres, inradii } = cells;
  const corners = cells.corners(cell);
  const sides = corners.length / 2;
  if (sides < 3) return;
  const cx = centres[2 * cell] * sx + tx;
  const cy = centres[2 * cell + 1] * sy + ty;
  const radius = inradii[cell] * Math.min(sx, sy);
  const shrink = radius > 0 ? Math.max(0.4, 1 - inset / radius) : 1;
  const at = (i: number): [number, number] => {
    const vertex = (i + sides) % sides;
    return [
      cx + (corners[2 * vertex] * sx + tx - cx) * shrink,
      cy + (corners[2 * vertex + 1] * sy + ty - cy) * shrink,
    ];
  };
  if (!isRound) {
    for (let i = 0; i < sides; i++) {
      const [x, y] = at(i);
      if (i === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
    context.closePath();
    return;
  }
  const corner = Math.min(9, radius * 0.35);
  let [px, py] = at(-1);
  for (let i = 0; i < sides; i++) {
    const [x, y] = at(i);
    const [nx, ny] = at(i + 1);
    const before = Math.min(0.5, corner / (Math.hypot(px - x, py - y) || 1));
    const after = Math.min(0.5, corner / (Math.hypot(nx - x, ny - y) || 1));
    const startX = x + (px - x) * before;
    const startY = y + (py - y) * before;
    if (i === 0) context.moveTo(startX, startY);
    else context.lineTo(startX, startY);
    context.quadraticCurveTo(x, y, x + (nx - x) * after, y + (ny - y) * after);
    px = x;
    py = y;
  }
  context.closePath();
}

/** CSS pixels beside the canvas where an outline that leaves it is cut off. */
const BESIDE = 20;

/**
 * Adds the part of a cell that is in the canvas to the path, drawn in by `inset` pixels. The dashes of a line cost by its
 * whole length, and the outline of a cell can be a thousand times as long as the canvas.
 */
export function traceVisible(
  context: CanvasRenderingContext2D,
  cells: CellMap,
  cell: number,
  { sx, sy, tx, ty }: Camera,
  inset: number,
  { width, height }: Size,
): void {
  const { centres, inradii } = cells;
  const shrink = 1 - inset / (inradii[cell] * Math.min(sx, sy));
  const outline = cells.corners(cell).map((value, i) => {
    const centre = centres[2 * cell + (i % 2)];
    return (centre + (value - centre) * shrink) * (i % 2 === 0 ? sx : sy) + (i % 2 === 0 ? tx : ty);
  });
  const box = { left: -BESIDE, top: -BESIDE, right: width + BESIDE, bottom: height + BESIDE };
  const visible = within(outline, box);
  for (let i = 0; i < visible.length; i += 2) context.lineTo(visible[i], visible[i + 1]);
  context.closePath();
}
