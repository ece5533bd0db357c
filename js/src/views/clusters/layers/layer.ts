import type { CellMap } from "../../../model/mapCells";
import type { Box } from "../../placer";
import type { Size } from "../../viewport";
import type { Camera } from "../camera";
import type { CellColours } from "../cellColours";

/**
 * What a layer shows: a box of the map, in CSS pixels from the map's corner. The box is the canvas when the layer was
 * begun, with some room around it.
 */
export interface LayerFrame extends Box {
  readonly cells: CellMap;
  /** Of the canvas. */
  readonly size: Size;
  /** How map units become CSS pixels. */
  readonly sx: number;
  readonly sy: number;
  /** How much larger than at first the map is shown. */
  readonly k: number;
  readonly background: string;
}

/** A picture of the cells that is kept between frames, for as long as the canvas shows what is in its box. */
export interface Layer {
  readonly frame: LayerFrame;
  readonly canvas: HTMLCanvasElement;
  /** Whether it is painted within some frames, so that it helps although the map moves meanwhile. */
  readonly isQuick: boolean;
  /** Whether it shows less than could be shown by now. */
  readonly isExpired: boolean;
  /** Paints what differs from these colours until `deadline`; true when nothing is left. */
  paint(colours: CellColours, deadline: number): boolean;
}

/** The frame that the canvas needs, with `margin` CSS pixels around it. */
export function frameOf(
  cells: CellMap,
  size: Size,
  { sx, sy, tx, ty }: Camera,
  k: number,
  background: string,
  margin = 0,
): LayerFrame {
  return {
    cells,
    size,
    sx,
    sy,
    k,
    background,
    left: -tx - margin,
    top: -ty - margin,
    right: size.width - tx + margin,
    bottom: size.height - ty + margin,
  };
}

/** The frame moved by whole pixels of the screen from another one, so that what was drawn there can be copied. */
export function alignedTo(frame: LayerFrame, other: LayerFrame): LayerFrame {
  const { ratio } = frame.size;
  const dx = other.left + Math.round((frame.left - other.left) * ratio) / ratio - frame.left;
  const dy = other.top + Math.round((frame.top - other.top) * ratio) / ratio - frame.top;
  const { left, top, right, bottom } = frame;
  return { ...frame, left: left + dx, top: top + dy, right: right + dx, bottom: bottom + dy };
}

/** The camera that draws the map into a layer's canvas. */
export function layerCamera({ sx, sy, left, top }: LayerFrame): Camera {
  return { sx, sy, tx: -left, ty: -top };
}

/** Whether two layers show the same cells at the same size, for a canvas of the same size. */
export function isAlike(frame: LayerFrame, other: LayerFrame): boolean {
  return (
    frame.cells === other.cells &&
    frame.background === other.background &&
    frame.size.width === other.size.width &&
    frame.size.height === other.size.height &&
    frame.size.ratio === other.size.ratio &&
    frame.sx === other.sx &&
    frame.sy === other.sy
  );
}

/** CSS pixels that a box lies inside another one on every side; below 0 where it reaches out of it. */
export function roomAround(inner: Box, outer: Box): number {
  return Math.min(
    inner.left - outer.left,
    inner.top - outer.top,
    outer.right - inner.right,
    outer.bottom - inner.bottom,
  );
}

export function touches(box: Box, other: Box): boolean {
  const isBeside = box.right < other.left || box.left > other.right;
  return !isBeside && box.bottom >= other.top && box.top <= other.bottom;
}

/** The box of a cell, in CSS pixels from the map's corner. */
export function cellBox({ cells, sx, sy }: LayerFrame, cell: number): Box {
  let left = Number.POSITIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  const corners = cells.corners(cell);
  for (let i = 0; i < corners.length; i += 2) {
    const x = corners[i] * sx;
    const y = corners[i + 1] * sy;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { left, top, right, bottom };
}

/** Gives a canvas the size of a layer's box, and empties it. */
export function sizeCanvas(canvas: HTMLCanvasElement, { left, top, right, bottom, size }: LayerFrame): void {
  canvas.width = Math.max(1, Math.round((right - left) * size.ratio));
  canvas.height = Math.max(1, Math.round((bottom - top) * size.ratio));
}

/** Draws a layer where its cells are in the canvas. */
export function placeLayer(context: CanvasRenderingContext2D, { frame, canvas }: Layer, view: Camera): void {
  const across = view.sx / frame.sx;
  const down = view.sy / frame.sy;
  context.drawImage(
    canvas,
    frame.left * across + view.tx,
    frame.top * down + view.ty,
    (canvas.width / frame.size.ratio) * across,
    (canvas.height / frame.size.ratio) * down,
  );
}
