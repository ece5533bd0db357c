import { wantsStillness } from "../../interruption";
import type { CellColours } from "../cellColours";
import type { MapContent } from "../mapContent";
import { levelOf } from "../mosaic/tiling";
import { CellLayer } from "./cellLayer";
import { CellsInSight } from "./cellsInSight";
import {
  alignedTo,
  isAlike,
  type Layer,
  type LayerFrame,
  layerCamera,
  placeLayer,
  roomAround,
} from "./layer";
import { RasterLayer } from "./rasterLayer";

/** Up to so many cells in sight are painted anew while the map moves; more are shown scaled until it rests. */
const LIVE_CELLS = 600;
/** CSS pixels around the canvas that are painted as well, so that it can be moved. */
const MARGIN = 120;
/** Share of the margin after which the next layer is begun. */
const USED = 0.5;
/** How much a layer is scaled at most while the map is zoomed. */
const CLOSE = 1.25;
/** Canvases kept for later layers. */
const SPARE = 2;
/** Milliseconds in which tiles that are laid out anew appear. */
const FADE = 150;

/** The cells in one picture that was finished, and in one that is being painted. */
export class Layers {
  readonly #content: MapContent;
  #sight: CellsInSight | null = null;
  /** The last layer that was whole, and the one that is being painted. */
  #front: Layer | null = null;
  #back: Layer | null = null;
  #fading: { readonly layer: Layer; readonly since: number } | null = null;
  /** Canvases that are free. */
  readonly #spare: HTMLCanvasElement[] = [];
  /** The layer and the version of the content whose rows were asked for. */
  #requested: readonly [Layer, number] | null = null;

  constructor(content: MapContent) {
    this.#content = content;
  }

  /** The cells that were drawn last; null where they are too small to hold anything. */
  get front(): CellLayer | null {
    return this.#front instanceof CellLayer ? this.#front : null;
  }

  invalidate(): void {
    for (const layer of [this.#front, this.#back]) if (layer instanceof CellLayer) layer.invalidate();
  }

  /** Shapes of cells have come: what was drawn without them is drawn anew. */
  reshape(): void {
    for (const layer of [this.#front, this.#back]) if (layer instanceof RasterLayer) layer.expire();
  }

  /**
   * Paints until `deadline`, and draws what there is; true when the canvas shows all of it.
   *
   * @param wanted  what the canvas shows
   * @param isMoving  whether it is being zoomed or moved
   */
  draw(
    context: CanvasRenderingContext2D,
    wanted: LayerFrame,
    colours: CellColours,
    isMoving: boolean,
    now: number,
    deadline: number,
  ): boolean {
    if (this.#front !== null && this.#front.frame.cells !== wanted.cells) this.#free(this.#front);
    if (this.#back !== null && this.#isUseless(this.#back, wanted, isMoving)) this.#free(this.#back);
    const isEnough = isMoving ? isClose(this.#front, wanted) : isRight(this.#front, wanted);
    if (this.#back === null && !isEnough) this.#back = this.#begun(wanted, isMoving);
    const active = this.#back ?? this.#front;
    const isPainted = active?.paint(colours, deadline) ?? false;
    if (isPainted && this.#back !== null) this.#finish(this.#back, now);
    if (isPainted && active !== null) this.#request(active);
    this.#place(context, wanted, now);
    return isPainted && this.#fading === null && isRight(this.#front, wanted);
  }

  /** Whether to give up a layer that is being painted: one that is soon finished helps, although the canvas moves on. */
  #isUseless({ frame, isQuick, isExpired }: Layer, wanted: LayerFrame, isMoving: boolean): boolean {
    if (frame.cells !== wanted.cells || frame.background !== wanted.background) return true;
    if (isExpired) return true;
    if (isQuick && isMoving) return false;
    return !isAlike(frame, wanted) || roomAround(wanted, frame) < 0;
  }

  /** A layer for the canvas; null where it would not be finished before the canvas has moved on. */
  #begun(wanted: LayerFrame, isMoving: boolean): Layer | null {
    if (this.#sight?.cells !== wanted.cells) this.#sight = new CellsInSight(wanted.cells);
    const { size, k } = wanted;
    const margin = k > 1 ? Math.min(MARGIN, size.width / 2, size.height / 2) : 0;
    const { left, top, right, bottom } = wanted;
    const box = { left: left - margin, top: top - margin, right: right + margin, bottom: bottom + margin };
    // Of very many, a look at the cells in sight may ask for their shapes: not at every place on the way.
    if (isMoving && this.#front instanceof RasterLayer && wanted.cells.shapes !== null) return null;
    const { cells: visible, isRaster, isProvisional } = this.#sight.touching(box, wanted);
    const isQuick = visible !== null && visible.length <= LIVE_CELLS;
    if (isMoving && !isQuick && this.#front !== null) return null;
    const canvas = this.#spare.pop() ?? document.createElement("canvas");
    if (visible === null || isRaster) return new RasterLayer(canvas, wanted, visible, isProvisional);
    const source = this.front !== null && isAlike(this.front.frame, wanted) ? this.front : null;
    const frame = source === null ? { ...wanted, ...box } : alignedTo({ ...wanted, ...box }, source.frame);
    return new CellLayer(canvas, frame, visible, this.#content, isQuick, source);
  }

  #finish(layer: Layer, now: number): void {
    const before = this.#front;
    this.#front = layer;
    this.#back = null;
    if (before === null) return;
    const isOther = levelOf(before.frame.k) !== levelOf(layer.frame.k);
    const isFading = isOther && layer.isQuick && this.#content.hasMosaics && !wantsStillness();
    if (isFading && this.#fading === null) this.#fading = { layer: before, since: now };
    else this.#free(before);
  }

  /** Forgets a layer, and keeps its canvas for another one. */
  #free(layer: Layer): void {
    if (layer === this.#front) this.#front = null;
    if (layer === this.#back) this.#back = null;
    if (this.#spare.length < SPARE) this.#spare.push(layer.canvas);
  }

  #request(layer: Layer): void {
    const { version } = this.#content;
    if (this.#requested?.[0] === layer && this.#requested[1] === version) return;
    this.#requested = [layer, version];
    this.#content.request(layer.frame, layer instanceof CellLayer ? layer.visible : []);
  }

  #place(context: CanvasRenderingContext2D, wanted: LayerFrame, now: number): void {
    const view = layerCamera(wanted);
    const shown = this.#fading === null ? 1 : (now - this.#fading.since) / FADE;
    if (shown >= 1 && this.#fading !== null) {
      this.#free(this.#fading.layer);
      this.#fading = null;
    }
    if (this.#fading !== null) placeLayer(context, this.#fading.layer, view);
    context.globalAlpha = Math.max(0, Math.min(1, shown));
    if (this.#front !== null) placeLayer(context, this.#front, view);
    context.globalAlpha = 1;
    // What is painted already is sharper than what is shown scaled.
    const isHere = this.#back !== null && isAlike(this.#back.frame, wanted);
    if (this.#back !== null && (isHere || this.#front === null)) placeLayer(context, this.#back, view);
  }
}

/** Whether a layer shows the canvas, with room to spare where there is more of the map. */
function isRight(layer: Layer | null, wanted: LayerFrame): boolean {
  if (layer === null || layer.isExpired || !isAlike(layer.frame, wanted)) return false;
  const margin = (layer.frame.right - layer.frame.left - wanted.size.width) / 2;
  return roomAround(wanted, layer.frame) >= (1 - USED) * margin - 1;
}

/** Whether a layer will do while the map is zoomed: scaled by little, it shows the whole canvas. */
function isClose(layer: Layer | null, wanted: LayerFrame): boolean {
  if (layer === null || isRight(layer, wanted)) return layer !== null;
  const { frame } = layer;
  if (frame.cells !== wanted.cells || frame.size !== wanted.size || frame.sx === wanted.sx) return false;
  const scale = wanted.sx / frame.sx;
  const shown = {
    left: frame.left * scale,
    top: frame.top * scale,
    right: frame.right * scale,
    bottom: frame.bottom * scale,
  };
  return Math.max(scale, 1 / scale) < CLOSE && roomAround(wanted, shown) >= 0;
}
