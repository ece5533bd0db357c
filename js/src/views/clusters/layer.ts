import type { CellMap } from "../../model/mapCells";
import type { Size } from "../viewport";
import type { Camera } from "./camera";
import type { CellColours } from "./cellColours";

/** What a layer shows: the canvas when the layer was begun, and some room around it. */
export interface LayerFrame {
  readonly cells: CellMap;
  /** Of the canvas. */
  readonly size: Size;
  readonly camera: Camera;
  /** How much larger than at first the map is shown. */
  readonly k: number;
  /** CSS pixels beside the canvas on each side, so that it can be moved. */
  readonly margin: number;
  readonly background: string;
}

/** A picture of the cells that is kept between frames, for as long as the canvas looks at them from there. */
export interface Layer {
  readonly frame: LayerFrame;
  readonly canvas: HTMLCanvasElement;
  /** Whether it is painted within some frames, so that it helps although the map moves meanwhile. */
  readonly isQuick: boolean;
  /** Paints what differs from these colours until `deadline`; true when nothing is left. */
  paint(colours: CellColours, deadline: number): boolean;
}

export function layerCanvas({ size, margin }: LayerFrame): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round((size.width + 2 * margin) * size.ratio));
  canvas.height = Math.max(1, Math.round((size.height + 2 * margin) * size.ratio));
  return canvas;
}

/** Whether a layer shows these cells as large as they are drawn, on a canvas of this size. */
export function isAlike(frame: LayerFrame, other: LayerFrame): boolean {
  return (
    frame.cells === other.cells &&
    frame.background === other.background &&
    frame.size.width === other.size.width &&
    frame.size.height === other.size.height &&
    frame.size.ratio === other.size.ratio &&
    frame.camera.sx === other.camera.sx &&
    frame.camera.sy === other.camera.sy
  );
}

/** How far the canvas has been moved since the layer was begun, in CSS pixels along the longer axis. */
export function moved(frame: LayerFrame, camera: Camera): number {
  return Math.max(Math.abs(camera.tx - frame.camera.tx), Math.abs(camera.ty - frame.camera.ty));
}

/** Draws a layer where its cells are in the canvas. */
export function placeLayer(context: CanvasRenderingContext2D, { frame, canvas }: Layer, view: Camera): void {
  const { camera, margin, size } = frame;
  const scaleX = view.sx / camera.sx;
  const scaleY = view.sy / camera.sy;
  context.drawImage(
    canvas,
    view.tx - (camera.tx + margin) * scaleX,
    view.ty - (camera.ty + margin) * scaleY,
    (canvas.width / size.ratio) * scaleX,
    (canvas.height / size.ratio) * scaleY,
  );
}
