import { wantsStillness } from "../interruption";
import type { CellColours } from "./cellColours";
import { CellGrid } from "./cellGrid";
import { CellLayer } from "./cellLayer";
import { isAlike, type Layer, type LayerFrame, moved, placeLayer } from "./layer";
import type { MapContent } from "./mapContent";
import { levelOf } from "./mosaic";
import { RasterLayer } from "./rasterLayer";

/** Up to so many cells in sight are painted anew while the map moves; more are shown scaled until it rests. */
const LIVE_CELLS = 600;
/** From this many cells in sight on, each is a few pixels: pixels are coloured instead of polygons. */
const RASTER_CELLS = 12_000;
/** CSS pixels around the canvas that are painted as well, so that it can be moved. */
const MARGIN = 120;
/** Share of the margin after which the next layer is begun. */
const USED = 0.5;
/** Milliseconds in which tiles that are laid out anew appear. */
const FADE = 150;

/** The cells in one picture that was finished, and in one that is being painted. */
export class Layers {
  readonly #content: MapContent;
  #grid: CellGrid | null = null;
  /** The last layer that was whole, and the one that is being painted. */
  #front: Layer | null = null;
  #back: Layer | null = null;
  #fading: { readonly layer: Layer; readonly since: number } | null = null;
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

  /**
   * Paints until `deadline`, and draws what there is; true when the canvas shows all of it.
   *
   * @param wanted  the present canvas, without a margin
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
    if (this.#front !== null && this.#front.frame.cells !== wanted.cells) this.#front = null;
    if (this.#back !== null && this.#isUseless(this.#back, wanted, isMoving)) this.#back = null;
    if (this.#back === null && !this.#isRight(this.#front, wanted))
      this.#back = this.#begun(wanted, isMoving);
    const active = this.#back ?? this.#front;
    const isPainted = active?.paint(colours, deadline) ?? false;
    if (isPainted && this.#back !== null) this.#finish(this.#back, now);
    if (isPainted && active !== null) this.#request(active);
    this.#place(context, wanted, now);
    return isPainted && this.#fading === null && this.#isRight(this.#front, wanted);
  }

  /** Whether a layer shows the canvas with room to spare. */
  #isRight(layer: Layer | null, wanted: LayerFrame): boolean {
    if (layer === null || !isAlike(layer.frame, wanted)) return false;
    return moved(layer.frame, wanted.camera) <= layer.frame.margin * USED;
  }

  /** Whether to give up a layer that is being painted: one that is soon finished helps, although the canvas moves on. */
  #isUseless({ frame, isQuick }: Layer, wanted: LayerFrame, isMoving: boolean): boolean {
    if (frame.cells !== wanted.cells || frame.background !== wanted.background) return true;
    if (isQuick && isMoving) return false;
    return !isAlike(frame, wanted) || moved(frame, wanted.camera) > frame.margin;
  }

  /** A layer for the canvas; null where it would not be finished before the canvas has moved on. */
  #begun(wanted: LayerFrame, isMoving: boolean): Layer | null {
    if (this.#grid?.cells !== wanted.cells) this.#grid = new CellGrid(wanted.cells);
    const { size, camera, k } = wanted;
    const margin = k > 1 ? Math.min(MARGIN, size.width / 2, size.height / 2) : 0;
    const visible = this.#grid.inSight(size, camera, margin);
    const isQuick = visible.length <= LIVE_CELLS;
    if (isMoving && !isQuick && this.#front !== null) return null;
    if (visible.length > RASTER_CELLS) return new RasterLayer({ ...wanted, margin: 0 });
    return new CellLayer({ ...wanted, margin }, visible, this.#content, isQuick);
  }

  #finish(layer: Layer, now: number): void {
    const before = this.#front;
    const isOther = before !== null && levelOf(before.frame.k) !== levelOf(layer.frame.k);
    if (isOther && layer.isQuick && this.#content.hasMosaics && !wantsStillness()) {
      this.#fading = { layer: before, since: now };
    }
    this.#front = layer;
    this.#back = null;
  }

  #request(layer: Layer): void {
    const { version } = this.#content;
    if (this.#requested?.[0] === layer && this.#requested[1] === version) return;
    this.#requested = [layer, version];
    this.#content.request(layer.frame, layer instanceof CellLayer ? layer.visible : []);
  }

  #place(context: CanvasRenderingContext2D, wanted: LayerFrame, now: number): void {
    const shown = this.#fading === null ? 1 : (now - this.#fading.since) / FADE;
    if (shown >= 1) this.#fading = null;
    if (this.#fading !== null) placeLayer(context, this.#fading.layer, wanted.camera);
    context.globalAlpha = Math.max(0, Math.min(1, shown));
    if (this.#front !== null) placeLayer(context, this.#front, wanted.camera);
    context.globalAlpha = 1;
    // What is painted already is sharper than what is shown scaled.
    const isHere = this.#back !== null && isAlike(this.#back.frame, wanted);
    if (this.#back !== null && (isHere || this.#front === null))
      placeLayer(context, this.#back, wanted.camera);
  }
}
