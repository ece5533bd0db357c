import type { CellMap } from "../../model/mapCells";
import type { Size } from "../viewport";
import type { Camera } from "./camera";
import { type CellColours, unpack } from "./cellColours";
import { cellRadius, tracePolygon } from "./cellPath";

/** Half of the gap between two cells, in CSS pixels. */
const GAP = 0.9;
/** Corners are rounded where fewer cells than this are in sight. */
const ROUND_LIMIT = 3000;
const NOTHING = 0;
/** Cells painted in one frame at most: the cost of filling a path falls due only when the layer is drawn. */
const MOST = 600;

/**
 * The painted cells, kept between frames. Only cells whose colour has changed are painted again, within the frame's
 * budget: the rest follow in the next frame.
 */
export class CellLayer {
  readonly canvas = document.createElement("canvas");
  readonly #context = this.canvas.getContext("2d") as CanvasRenderingContext2D;
  readonly #fill: Uint32Array;
  readonly #edge: Uint32Array;
  readonly #visible: Uint8Array;
  readonly #isRound: boolean;
  #next = 0;
  #colours: CellColours | null = null;

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
    this.#isRound = visible <= ROUND_LIMIT;
  }

  /** Paints cells that differ from `colours` until `deadline`; true when none is left. */
  paint(colours: CellColours, deadline: number): boolean {
    if (colours !== this.#colours) {
      this.#colours = colours;
      this.#next = 0;
    }
    const { fill, edge, order } = colours;
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
    tracePolygon(context, this.cells, cell, this.camera, GAP, this.#isRound);
    context.fillStyle = unpack(fill);
    context.fill();
    if (edge !== NOTHING) {
      const width = edgeWidth(this.cells, cell, this.camera);
      context.beginPath();
      tracePolygon(context, this.cells, cell, this.camera, GAP + width / 2, this.#isRound);
      context.strokeStyle = unpack(edge);
      context.lineWidth = width;
      context.stroke();
    }
    this.#fill[cell] = fill;
    this.#edge[cell] = edge;
  }
}

function edgeWidth(cells: CellMap, cell: number, camera: Camera): number {
  return Math.min(2, Math.max(0.75, cellRadius(cells, cell, camera) / 6));
}
