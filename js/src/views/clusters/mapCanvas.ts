import { css, type Palette, rankColour } from "../../look/palette";
import type { CellMap } from "../../model/mapCells";
import type { Probe } from "../../model/probe";
import type { Search } from "../../model/search";
import { box, circle, fill, font, picture, setSize, stroke } from "../draw";
import type { Zoom } from "../gestures";
import type { Place } from "../points/points";
import { type Drawing, placeIn } from "../transition/drawing";
import { type Camera, camera, type Size, sameCamera, toScreen } from "./camera";
import { CellLayer, cellRadius, tracePolygon } from "./cellLayer";
import type { Portraits } from "./portraits";
import { RasterLayer } from "./rasterLayer";
import type { Styles } from "./scene";

/** Milliseconds of painting per frame: half of one at 60 Hz, the rest is for everybody else. */
const BUDGET = 7;
/** Up to this many cells are painted anew at every frame of a gesture; more are shown scaled until it rests. */
const LIVE_CELLS = 600;
const REST = 90;
/** From this many cells in sight on, each is a few pixels: a picture is painted instead of polygons. */
const RASTER_CELLS = 12_000;
/** Labels in sight: more could not be read, and text is slow to draw. */
const LABEL_LIMIT = 250;
/** A cell shows its portrait from this inner radius on, in CSS pixels. */
const PORTRAIT_ROOM = 17;
/** And words on what was missed in it from this one on. */
const WORDS_ROOM = 34;
/** A cell with a smaller inner radius is a spot whose outline must not be drawn in. */
const SPOT = 4;
const MISSED_DASH = [4, 3];

type Layer = CellLayer | RasterLayer;

export interface Scene {
  readonly cells: CellMap;
  readonly styles: Styles;
  readonly palette: Palette;
  readonly search: Search | null;
  readonly probe: Probe;
  /** How many true neighbours were missed in each cluster. */
  readonly missed: ReadonlyMap<number, number>;
  readonly hovered: number | null;
  readonly pinned: number | null;
}

/** Paints scenes onto a canvas, a frame at a time. */
export class MapPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #size: Size = { width: 0, height: 0, ratio: 1 };
  #zoom: Zoom = { k: 1, x: 0, y: 0 };
  #scene: Scene | null = null;
  #front: Layer | null = null;
  #back: Layer | null = null;
  #frame = 0;
  #moved = 0;
  #drawn: (() => void) | null = null;
  #portraits: Portraits | null = null;
  #announced: CellMap | null = null;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d") as CanvasRenderingContext2D;
  }

  get camera(): Camera {
    return camera(this.#size, this.#scene?.cells.aspect ?? 1, this.#zoom);
  }

  /** Called after the first frame that shows a map whole. */
  onDrawn(listener: () => void): void {
    this.#drawn = listener;
  }

  /** Show pictures in the cells that have room for one. */
  showPortraits(portraits: Portraits): void {
    this.#portraits = portraits;
  }

  repaint(): void {
    this.#schedule();
  }

  show(scene: Scene): void {
    this.#scene = scene;
    this.#schedule();
  }

  resize(size: Size): void {
    this.#size = size;
    setSize(this.#canvas, size);
    this.#schedule();
  }

  zoomTo(zoom: Zoom): void {
    this.#zoom = zoom;
    this.#moved = performance.now();
    this.#schedule();
  }

  /** Where the clusters of the search lie; also after the picture's end. */
  drawing(): Drawing | null {
    const scene = this.#scene;
    if (scene === null || scene.search === null || this.#size.width < 1) return null;
    const { cells, search } = scene;
    const view = this.camera;
    const placeOf = (rank: number, _id: bigint | null, turn: number): Place => {
      const cell = search.order[rank - 1];
      const [x, y] = toScreen(view, cells.centres[2 * cell], cells.centres[2 * cell + 1]);
      return placeIn(x, y, cellRadius(cells, cell, view), turn);
    };
    return {
      canvas: this.#canvas,
      scene: this.#size,
      points: null,
      marks: [],
      dot: null,
      query: placeOf(1, null, 0),
      placeOf,
      imageOf: () => null,
    };
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#drawn = null;
  }

  #schedule(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #paint(): void {
    const scene = this.#scene;
    const size = this.#size;
    if (scene === null || size.width < 1 || size.height < 1) return;
    const view = this.camera;
    const { cells, styles, palette } = scene;
    const moving =
      cells.inradii.length > LIVE_CELLS &&
      this.#front !== null &&
      this.#front.cells === cells &&
      !sameCamera(view, this.#front.camera) &&
      performance.now() - this.#moved < REST;
    if (!moving && !fits(this.#back, cells, size, view, palette.background)) {
      const crowded = cells.inradii.length / this.#zoom.k ** 2 > RASTER_CELLS;
      const Kind = crowded ? RasterLayer : CellLayer;
      this.#back = new Kind(cells, size, view, palette.background);
    }
    const complete = !moving && (this.#back?.paint(styles, performance.now() + BUDGET) ?? false);
    if (complete) this.#front = this.#back;

    const context = this.#context;
    context.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    if (this.#front !== null && this.#front !== this.#back && this.#front.cells === cells) {
      this.#place(this.#front, view);
    }
    if (!moving && this.#back !== null) context.drawImage(this.#back.canvas, 0, 0, size.width, size.height);
    const roomy = this.#portraits === null ? [] : this.#roomy(cells, view);
    this.#faces(roomy, scene, view);
    if (!moving) this.#portraits?.need(roomy);
    this.#outline(scene, view);
    this.#labels(scene, view);
    this.#missed(scene, view);
    if (!complete) {
      this.#schedule();
    } else if (this.#announced !== cells) {
      this.#announced = cells;
      this.#drawn?.();
    }
  }

  /** An older picture of the cells where they are now. */
  #place(layer: Layer, view: Camera): void {
    const scaleX = view.sx / layer.camera.sx;
    const scaleY = view.sy / layer.camera.sy;
    this.#context.drawImage(
      layer.canvas,
      view.tx - layer.camera.tx * scaleX,
      view.ty - layer.camera.ty * scaleY,
      layer.size.width * scaleX,
      layer.size.height * scaleY,
    );
  }

  /** The cells in sight that are large enough for a picture; none where few are, which would look like results. */
  #roomy(cells: CellMap, view: Camera): number[] {
    const found: number[] = [];
    const { width, height } = this.#size;
    for (let cell = 0; cell < cells.inradii.length; cell++) {
      if (cellRadius(cells, cell, view) < PORTRAIT_ROOM) continue;
      const [x, y] = toScreen(view, cells.centres[2 * cell], cells.centres[2 * cell + 1]);
      if (x > -40 && y > -40 && x < width + 40 && y < height + 40) found.push(cell);
    }
    return found.length < cells.inradii.length / this.#zoom.k ** 2 / 4 ? [] : found;
  }

  #faces(roomy: readonly number[], { cells, search, probe }: Scene, view: Camera): void {
    const context = this.#context;
    for (const cell of roomy) {
      const image = this.#portraits?.get(cell) ?? null;
      if (image === null) continue;
      const [x, y] = toScreen(view, cells.centres[2 * cell], cells.centres[2 * cell + 1]);
      const side = portraitSide(cellRadius(cells, cell, view));
      const isProbed = search !== null && probe.has(search.rankOf[cell]);
      context.globalAlpha = search === null || isProbed ? 1 : 0.55;
      picture(context, image, x, y, side, Math.min(6, side / 6));
      context.globalAlpha = 1;
    }
  }

  #outline({ cells, palette, hovered, pinned }: Scene, view: Camera): void {
    const context = this.#context;
    context.lineJoin = "round";
    for (const [cell, width] of [
      [hovered, 1.5],
      [pinned, 2.5],
    ] as const) {
      if (cell === null || cell < 0) continue;
      context.beginPath();
      tracePolygon(context, cells, cell, view, 0, true);
      stroke(context, palette.text, width);
    }
  }

  #labels({ cells, palette, search, probe }: Scene, view: Camera): void {
    if (search === null) return;
    const context = this.#context;
    const { width, height: bottom } = this.#size;
    let drawn = 0;
    for (const rank of probe.ranks) {
      if (drawn >= LABEL_LIMIT) break;
      const cell = search.order[rank - 1];
      const radius = cellRadius(cells, cell, view);
      if (radius === 0) continue;
      const [x, y] = toScreen(view, cells.centres[2 * cell], cells.centres[2 * cell + 1]);
      if (x < 0 || y < 0 || x > width || y > bottom) continue;
      if (radius >= PORTRAIT_ROOM && this.#portraits?.get(cell)) {
        const side = portraitSide(radius);
        this.#badge(palette, rank, x - side / 2, y - side / 2);
        continue;
      }
      if (rank === 1) {
        this.#target(palette, x, y, Math.max(5, Math.min(9, radius * 0.5)));
        continue;
      }
      const text = String(rank);
      const height = Math.round(Math.min(14, radius * 0.95));
      if (radius < SPOT) {
        circle(context, x, y, 2.5);
        fill(context, css(rankColour(palette, rank)));
        stroke(context, palette.background, 1);
        drawn++;
      }
      if (height < 7 || text.length * height * 0.3 > radius) continue;
      font(context, height, 600);
      context.fillStyle = palette.text;
      context.fillText(text, x, y);
      drawn++;
    }
  }

  /** The clusters that hold missed neighbours: outlined, with how many if several, in words where there is room. */
  #missed({ cells, palette, search, missed }: Scene, view: Camera): void {
    const context = this.#context;
    context.lineJoin = "round";
    for (const [cell, count] of missed) {
      const radius = cellRadius(cells, cell, view);
      const [x, y] = toScreen(view, cells.centres[2 * cell], cells.centres[2 * cell + 1]);
      context.beginPath();
      tracePolygon(context, cells, cell, view, radius > SPOT ? 1.5 : 0, true);
      stroke(context, palette.danger, 2.5, MISSED_DASH);
      const isWide = radius > WORDS_ROOM;
      if (!isWide && count === 1) continue;
      const lines = isWide ? [`${count} missed`, `rank ${search?.rankOf[cell]}`] : [`×${count}`];
      font(context, 12);
      const width = Math.max(...lines.map((line) => context.measureText(line).width)) + 10;
      const height = 3 + 15 * lines.length;
      // Where a picture shows what is inside, below it.
      const top =
        y +
        (radius >= PORTRAIT_ROOM && this.#portraits?.get(cell) ? portraitSide(radius) / 2 - 6 : -height / 2);
      box(context, x, top + height / 2, width, height, 6);
      fill(context, palette.background);
      stroke(context, palette.danger, 1.25);
      lines.forEach((line, i) => {
        context.fillStyle = i === 0 ? palette.danger : palette.muted;
        context.fillText(line, x, top + 9.5 + 15 * i);
      });
    }
  }

  /** The rank at the corner of a portrait. */
  #badge(palette: Palette, rank: number, x: number, y: number): void {
    if (rank === 1) {
      this.#target(palette, x + 2, y + 2, 7);
      return;
    }
    const context = this.#context;
    const text = String(rank);
    font(context, 11);
    const width = Math.max(17, context.measureText(text).width + 9);
    box(context, x + 2, y + 2, width, 17, 8.5);
    fill(context, palette.background);
    stroke(context, css(rankColour(palette, rank)), 1.5);
    context.fillStyle = palette.text;
    context.fillText(text, x + 2, y + 2.5);
  }

  /** Marks the cell whose centroid is nearest to the query. */
  #target(palette: Palette, x: number, y: number, radius: number): void {
    const context = this.#context;
    const width = Math.max(2, radius * 0.42);
    circle(context, x, y, radius);
    fill(context, palette.background);
    stroke(context, palette.text, width);
    circle(context, x, y, radius + width / 2 + 1);
    stroke(context, css(rankColour(palette, 1)), 1);
  }
}

function portraitSide(radius: number): number {
  return Math.min(64, radius * 1.22);
}

/** Whether a layer shows these cells as they are to be seen now. */
function fits(layer: Layer | null, cells: CellMap, size: Size, view: Camera, background: string): boolean {
  return (
    layer !== null &&
    cells === layer.cells &&
    size.width === layer.size.width &&
    size.height === layer.size.height &&
    size.ratio === layer.size.ratio &&
    background === layer.background &&
    sameCamera(view, layer.camera)
  );
}
