import { css, type Palette, rankColour } from "../../look/palette";
import type { Size } from "../clusters/camera";
import { box, circle, fill, setSize, stroke } from "../draw";
import type { Zoom } from "../gestures";
import type { Drawing } from "../transition/drawing";
import { paintCloud } from "./cloud";
import { paintMarks, paintQuery } from "./marks";
import {
  dotOpacity,
  dotRadius,
  type Mark,
  type Paint,
  type Place,
  type Points,
  type Positions,
  pointFinder,
} from "./points";
import type { Thumbnails } from "./thumbnails";

/** All that the picture is made of. */
export interface Scene {
  readonly points: Points;
  readonly positions: Positions;
  readonly marks: readonly Mark[];
  readonly query: Place | null;
  /** 1 for each selected point; null when none is. */
  readonly selected: Uint8Array | null;
  readonly emphasised: number | null;
  readonly background: Paint | undefined;
  readonly foreground: Paint | undefined;
  readonly palette: Palette;
}

/** What moves with the pointer, on a canvas of its own. */
export interface Overlay {
  /** The point with a halo, -1 for none. */
  readonly point: number;
  /** An outline being drawn, x y x y … in CSS pixels of the canvas. */
  readonly outline: readonly number[] | null;
}

/** Paints points on one canvas and what moves above them on another, at most once per frame. */
export class PointPainter {
  readonly #thumbnails: Thumbnails;
  readonly #base: CanvasRenderingContext2D;
  readonly #above: CanvasRenderingContext2D;
  #size: Size = { width: 0, height: 0, ratio: 1 };
  #zoom: Zoom = { k: 1, x: 0, y: 0 };
  #scene: Scene | null = null;
  #overlay: Overlay = { point: -1, outline: null };
  #frame = 0;
  #isBaseOld = false;

  constructor(base: HTMLCanvasElement, above: HTMLCanvasElement, thumbnails: Thumbnails) {
    this.#thumbnails = thumbnails;
    this.#base = base.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    this.#above = above.getContext("2d") as CanvasRenderingContext2D;
  }

  get size(): Size {
    return this.#size;
  }

  get zoom(): Zoom {
    return this.#zoom;
  }

  get scene(): Scene | null {
    return this.#scene;
  }

  show(scene: Scene): void {
    this.#scene = scene;
    this.repaint();
  }

  overlay(overlay: Overlay): void {
    this.#overlay = overlay;
    this.#schedule();
  }

  zoomTo(zoom: Zoom): void {
    if (zoom.k === this.#zoom.k && zoom.x === this.#zoom.x && zoom.y === this.#zoom.y) return;
    this.#zoom = zoom;
    this.repaint();
  }

  resize(size: Size): void {
    this.#size = size;
    for (const { canvas } of [this.#base, this.#above]) setSize(canvas, size);
    this.repaint();
  }

  repaint(): void {
    this.#isBaseOld = true;
    this.#schedule();
  }

  /** Where a point is in the canvas, in CSS pixels. */
  place(point: number): Place {
    const positions = this.#scene?.positions;
    if (positions === undefined) return { x: 0, y: 0 };
    const { k, x, y } = this.#zoom;
    return { x: positions[2 * point] * k + x, y: positions[2 * point + 1] * k + y };
  }

  /** What is in the picture, and where; also after its end. */
  drawing(): Drawing | null {
    const scene = this.#scene;
    if (scene === null || scene.points.count === 0 || this.#size.width < 1) return null;
    const { points, positions, marks, query } = scene;
    const { k, x, y } = this.#zoom;
    let pointOf: ReturnType<typeof pointFinder> | null = null;
    const images = new Map(marks.map(({ point: i }) => [points.ids[i], this.#thumbnails.get(points.ids[i])]));
    return {
      canvas: this.#base.canvas,
      scene: positions,
      points,
      marks,
      dot: [dotRadius(points.count, this.#size, k), dotOpacity(points.count)],
      query: query && { x: query.x * k + x, y: query.y * k + y },
      placeOf: (rank, id) => {
        pointOf ??= pointFinder(points);
        const place = this.place(pointOf(rank, id));
        return Number.isFinite(place.x) ? place : null;
      },
      imageOf: (id) => this.#thumbnails.get(id) ?? images.get(id) ?? null,
    };
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
  }

  #schedule(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#scene === null || this.#size.width < 1 || this.#size.height < 1) return;
      if (this.#isBaseOld) this.#paint(this.#scene);
      this.#isBaseOld = false;
      this.#paintAbove(this.#scene);
    });
  }

  #paint(scene: Scene): void {
    const context = this.#base;
    const { palette, points, marks, emphasised, query } = scene;
    const { width, height, ratio } = this.#size;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = palette.background;
    context.fillRect(0, 0, width, height);
    scene.background?.(context, this.#size, palette, emphasised, this.#zoom);
    const hidden = new Uint8Array(points.count);
    for (const mark of marks) hidden[mark.point] = 1;
    paintCloud(context, this.#size, this.#zoom, palette, { ...scene, hidden });
    scene.foreground?.(context, this.#size, palette, emphasised, this.#zoom);
    paintMarks(context, scene, (point) => this.place(point), this.#thumbnails);
    if (query !== null) {
      const { k, x, y } = this.#zoom;
      paintQuery(context, palette, query.x * k + x, query.y * k + y);
    }
    performance.clearMarks("feder:points");
    performance.mark("feder:points", { detail: points.count });
  }

  #paintAbove({ points, positions, marks, palette }: Scene): void {
    const context = this.#above;
    const { width, height, ratio } = this.#size;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const { point, outline } = this.#overlay;
    if (point >= 0 && point < points.count && Number.isFinite(positions[2 * point])) {
      const mark = marks.find((one) => one.point === point);
      const { x, y } = this.place(point);
      if (mark !== undefined && mark.side > 0) frame(context, palette, x + mark.dx, y + mark.dy, mark.side);
      else {
        const radius = dotRadius(points.count, this.#size, this.#zoom.k);
        halo(context, palette, points.ranks[point], x, y, Math.max(radius, 3));
      }
    }
    if (outline !== null && outline.length >= 4) {
      context.beginPath();
      for (let i = 0; i < outline.length; i += 2) context.lineTo(outline[i], outline[i + 1]);
      context.closePath();
      context.globalAlpha = 0.12;
      fill(context, palette.accent);
      context.globalAlpha = 1;
      stroke(context, palette.accent, 1.25, [4, 3]);
    }
  }
}

function halo(
  context: CanvasRenderingContext2D,
  palette: Palette,
  rank: number,
  x: number,
  y: number,
  radius: number,
): void {
  circle(context, x, y, radius + 4.5);
  fill(context, palette.background);
  stroke(context, palette.text, 2);
  circle(context, x, y, radius + 1);
  fill(context, css(rankColour(palette, rank)));
}

function frame(
  context: CanvasRenderingContext2D,
  palette: Palette,
  x: number,
  y: number,
  side: number,
): void {
  box(context, x, y, side + 8, side + 8, 7);
  stroke(context, palette.text, 2);
}
