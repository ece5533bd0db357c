import type { CellMap } from "../../model/mapCells";
import type { Camera, Size } from "./camera";
import { type Styles, unpack } from "./scene";

/** Half of the gap between two cells, in CSS pixels. */
const GAP = 0.9;
/** Corners are rounded where fewer cells than this are in sight. */
const ROUND_LIMIT = 3000;
const NOTHING = 0;
/** Cells painted in one frame: what a path costs to fill shows only when the layer is drawn, after the budget. */
const MOST = 600;

/**
 * The painted cells, kept between frames. Only cells whose colour has changed are painted again, and never for
 * longer than the budget of a frame: the rest follows in the next one.
 */
export class CellLayer {
  readonly canvas = document.createElement("canvas");
  readonly #context = this.canvas.getContext("2d") as CanvasRenderingContext2D;
  readonly #fill: Uint32Array;
  readonly #edge: Uint32Array;
  readonly #visible: Uint8Array;
  readonly #round: boolean;
  #next = 0;
  #styles: Styles | null = null;

  constructor(
    readonly cells: CellMap,
    readonly size: Size,
    readonly camera: Camera,
    readonly background: string,
  ) {
    const nlist = cells.inradii.length;
    this.canvas.width = Math.round(size.width * size.ratio);
    this.canvas.height = Math.round(size.height * size.ratio);
    this.#context.scale(size.ratio, size.ratio);
    this.#context.lineJoin = "round";
    this.#fill = new Uint32Array(nlist).fill(NOTHING);
    this.#edge = new Uint32Array(nlist);
    this.#visible = new Uint8Array(nlist);
    let visible = 0;
    for (let i = 0; i < nlist; i++) {
      if (this.#inSight(i)) {
        this.#visible[i] = 1;
        visible++;
      }
    }
    this.#round = visible <= ROUND_LIMIT;
  }

  /** Paint what differs from `styles` until `deadline`; true when nothing is left. */
  paint(styles: Styles, deadline: number): boolean {
    if (styles !== this.#styles) {
      this.#styles = styles;
      this.#next = 0;
    }
    const { fill, edge, order } = styles;
    for (let painted = 0; this.#next < fill.length; this.#next++) {
      const cell = order === null ? this.#next : order[this.#next];
      if (this.#visible[cell] === 0) continue;
      if (this.#fill[cell] === fill[cell] && this.#edge[cell] === edge[cell]) continue;
      if ((++painted & 15) === 0 && (painted > MOST || performance.now() > deadline)) return false;
      this.#cell(cell, fill[cell], edge[cell]);
    }
    return true;
  }

  #inSight(cell: number): boolean {
    const { points, offsets } = this.cells;
    const { sx, sy, tx, ty } = this.camera;
    let left = Number.POSITIVE_INFINITY;
    let right = Number.NEGATIVE_INFINITY;
    let top = Number.POSITIVE_INFINITY;
    let bottom = Number.NEGATIVE_INFINITY;
    for (let i = offsets[cell]; i < offsets[cell + 1]; i++) {
      const x = points[2 * i] * sx + tx;
      const y = points[2 * i + 1] * sy + ty;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    return right >= 0 && left <= this.size.width && bottom >= 0 && top <= this.size.height;
  }

  #cell(cell: number, fill: number, edge: number): void {
    const context = this.#context;
    if (this.#fill[cell] !== NOTHING) {
      context.fillStyle = this.background;
      context.beginPath();
      tracePolygon(context, this.cells, cell, this.camera, 0, false);
      context.fill();
    }
    context.beginPath();
    tracePolygon(context, this.cells, cell, this.camera, GAP, this.#round);
    context.fillStyle = unpack(fill);
    context.fill();
    if (edge !== NOTHING) {
      const width = edgeWidth(this.cells, cell, this.camera);
      context.beginPath();
      tracePolygon(context, this.cells, cell, this.camera, GAP + width / 2, this.#round);
      context.strokeStyle = unpack(edge);
      context.lineWidth = width;
      context.stroke();
    }
    this.#fill[cell] = fill;
    this.#edge[cell] = edge;
  }
}

/** Radius of the circle that fits around the cell's centre, in CSS pixels. */
export function cellRadius(cells: CellMap, cell: number, { sx, sy }: Camera): number {
  return cells.inradii[cell] * Math.min(sx, sy);
}

function edgeWidth(cells: CellMap, cell: number, camera: Camera): number {
  return Math.min(2, Math.max(0.75, cellRadius(cells, cell, camera) / 6));
}

/** Add the cell to the path, drawn in by `inset` pixels, with rounded corners if `round`. */
export function tracePolygon(
  context: CanvasRenderingContext2D,
  { points, offsets, centres, inradii }: CellMap,
  cell: number,
  { sx, sy, tx, ty }: Camera,
  inset: number,
  round: boolean,
): void {
  const first = offsets[cell];
  const sides = offsets[cell + 1] - first;
  if (sides < 3) return;
  const cx = centres[2 * cell] * sx + tx;
  const cy = centres[2 * cell + 1] * sy + ty;
  const radius = inradii[cell] * Math.min(sx, sy);
  const shrink = radius > 0 ? Math.max(0.4, 1 - inset / radius) : 1;
  const at = (i: number): [number, number] => {
    const vertex = first + ((i + sides) % sides);
    return [
      cx + (points[2 * vertex] * sx + tx - cx) * shrink,
      cy + (points[2 * vertex + 1] * sy + ty - cy) * shrink,
    ];
  };
  if (!round) {
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
