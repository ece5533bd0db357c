import { mark } from "../../look/mark";
import type { Palette } from "../../look/palette";
import { rowName } from "../../model/rowNames";
import { setSize } from "../draw";
import { Frame } from "../frame";
import type { Drawing } from "../transition/drawing";
import { hasRoom, NO_SIZE, type Size, UNZOOMED, type Viewport, type Zoom } from "../viewport";
import { type PointPainter, paintOverlay, placeOf } from "./painter";
import { type Place, pointFinder } from "./points";
import { dotOpacity, dotRadius, type Overlay, type PointContent, type PointScene } from "./scene";
import type { Thumbnails } from "./thumbnails";

/** Two canvases: one for the points, one above it for what moves with the pointer. */
export class PointCanvas<Content extends PointContent> {
  readonly #base: CanvasRenderingContext2D;
  readonly #above: CanvasRenderingContext2D;
  readonly #paint: PointPainter<Content>;
  readonly #thumbnails: Thumbnails;
  readonly #frame = new Frame(() => this.#draw());
  #viewport: Viewport = { size: NO_SIZE, zoom: UNZOOMED };
  #shown: { readonly scene: PointScene<Content>; readonly palette: Palette } | null = null;
  #overlay: Overlay = { points: [], outline: null };
  #isBaseOld = false;

  constructor(
    base: HTMLCanvasElement,
    above: HTMLCanvasElement,
    paint: PointPainter<Content>,
    thumbnails: Thumbnails,
  ) {
    this.#base = base.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    this.#above = above.getContext("2d") as CanvasRenderingContext2D;
    this.#paint = paint;
    this.#thumbnails = thumbnails;
  }

  get zoom(): Zoom {
    return this.#viewport.zoom;
  }

  show(scene: PointScene<Content>, palette: Palette): void {
    this.#shown = { scene, palette };
    this.repaint();
  }

  overlay(overlay: Overlay): void {
    this.#overlay = overlay;
    this.#frame.request();
  }

  zoomTo(zoom: Zoom): void {
    const { k, x, y } = this.#viewport.zoom;
    if (zoom.k === k && zoom.x === x && zoom.y === y) return;
    this.#viewport = { ...this.#viewport, zoom };
    this.repaint();
  }

  resize(size: Size): void {
    this.#viewport = { ...this.#viewport, size };
    for (const { canvas } of [this.#base, this.#above]) setSize(canvas, size);
    this.repaint();
  }

  repaint(): void {
    this.#isBaseOld = true;
    this.#frame.request();
  }

  /** Where a point is in the canvas, in CSS pixels. */
  place(point: number): Place {
    return this.#shown === null ? { x: 0, y: 0 } : placeOf(this.#shown.scene, this.zoom, point);
  }

  /** What is in the picture, and where; it holds after the canvas has gone. */
  drawing(): Drawing | null {
    const scene = this.#shown?.scene;
    const { size, zoom } = this.#viewport;
    if (scene === undefined || scene.points.count === 0 || size.width < 1) return null;
    const { points, positions, marks, query } = scene;
    let pointOf: ReturnType<typeof pointFinder> | null = null;
    const images = new Map(
      marks.map(({ point: i }) => {
        const [id, rank] = [points.ids[i], points.ranks[i]];
        return [rowName(id, rank), this.#thumbnails.get(id, rank)];
      }),
    );
    return {
      canvas: this.#base.canvas,
      scene: positions,
      points,
      marks,
      dot: [dotRadius(points.count, size, zoom.k), dotOpacity(points.count)],
      query: query && { x: query.x * zoom.k + zoom.x, y: query.y * zoom.k + zoom.y },
      placeOf: ({ id, rank, copy }) => {
        pointOf ??= pointFinder(points);
        const place = this.place(pointOf(rank, id, copy));
        return Number.isFinite(place.x) ? place : null;
      },
      imageOf: (id, rank) => this.#thumbnails.get(id, rank) ?? images.get(rowName(id, rank)) ?? null,
    };
  }

  close(): void {
    this.#frame.cancel();
  }

  #draw(): undefined {
    if (this.#shown === null || !hasRoom(this.#viewport.size)) return;
    const { scene, palette } = this.#shown;
    if (this.#isBaseOld) {
      this.#paint(this.#base, scene, palette, this.#viewport, this.#thumbnails);
      mark("feder:points", scene.points.count);
    }
    this.#isBaseOld = false;
    paintOverlay(this.#above, scene, this.#overlay, palette, this.#viewport);
  }
}
