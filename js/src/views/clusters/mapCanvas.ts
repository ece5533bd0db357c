import type { Palette } from "../../look/palette";
import type { CellMap } from "../../model/mapCells";
import { clear, setSize } from "../draw";
import { Frame } from "../frame";
import type { Place } from "../points/points";
import { type Drawing, placeIn } from "../transition/drawing";
import { hasRoom, NO_SIZE, type Size, UNZOOMED, type Zoom } from "../viewport";
import { type Camera, camera, sameCamera } from "./camera";
import { type CellColours, cellColours } from "./cellColours";
import { CellLayer } from "./cellLayer";
import { cellCentre, cellRadius } from "./cellPath";
import type { CellTexts } from "./cellTexts";
import { paintAboveCells, portraitCells } from "./painter";
import type { Portraits } from "./portraits";
import { RasterLayer } from "./rasterLayer";
import type { ClusterScene } from "./scene";

/** Milliseconds of painting per frame: half of one at 60 Hz, so that the page has the rest. */
const BUDGET = 7;
/** Up to this many cells are painted anew at every frame of a gesture; more are shown scaled until it rests. */
const LIVE_CELLS = 600;
const REST = 90;
/** From this many cells in sight on, each is a few pixels: pixels are coloured instead of polygons. */
const RASTER_CELLS = 12_000;

type Layer = CellLayer | RasterLayer;

/** The canvas of the map. Cells may take several frames; portraits, ranks and outlines are drawn in each. */
export class MapCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #frame = new Frame(() => this.#draw());
  /** Portraits in the cells that have room; null where rows have no images. */
  readonly #portraits: Portraits | null;
  /** Labels in their place; null where rows have images, or no labels. */
  readonly #texts: CellTexts | null;
  #size: Size = NO_SIZE;
  #zoom: Zoom = UNZOOMED;
  #scene: ClusterScene | null = null;
  #palette: Palette | null = null;
  #colours: CellColours | null = null;
  /** The last layer that was whole, and the one that is being painted. */
  #front: Layer | null = null;
  #back: Layer | null = null;
  #moved = 0;
  #drawn: () => void;
  #announced: CellMap | null = null;

  /** @param drawn  called after the first frame that shows a map whole */
  constructor(
    canvas: HTMLCanvasElement,
    portraits: Portraits | null,
    texts: CellTexts | null,
    drawn: () => void,
  ) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d") as CanvasRenderingContext2D;
    this.#portraits = portraits;
    this.#texts = texts;
    this.#drawn = drawn;
  }

  get camera(): Camera {
    return camera(this.#size, this.#scene?.cells.aspect ?? 1, this.#zoom);
  }

  show(scene: ClusterScene, palette: Palette): void {
    const before = this.#scene;
    const isRecoloured =
      palette !== this.#palette ||
      scene.cells !== before?.cells ||
      scene.ranking !== before.ranking ||
      scene.labels !== before.labels ||
      scene.probe !== before.probe;
    this.#scene = scene;
    this.#palette = palette;
    if (isRecoloured) this.#colours = cellColours(scene, palette);
    this.#frame.request();
  }

  repaint(): void {
    this.#frame.request();
  }

  resize(size: Size): void {
    this.#size = size;
    setSize(this.#canvas, size);
    this.#frame.request();
  }

  zoomTo(zoom: Zoom): void {
    this.#zoom = zoom;
    this.#moved = performance.now();
    this.#frame.request();
  }

  /** Where the clusters of the search lie; it holds after the canvas has gone. */
  drawing(): Drawing | null {
    const scene = this.#scene;
    if (scene === null || scene.ranking === null || this.#size.width < 1) return null;
    const { cells, ranking } = scene;
    const view = this.camera;
    const placeOf = (rank: number, _id: bigint | null, turn: number): Place => {
      const cell = ranking.order[rank - 1];
      return placeIn(...cellCentre(cells, cell, view), cellRadius(cells, cell, view), turn);
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

  close(): void {
    this.#frame.cancel();
    this.#drawn = () => {};
  }

  #draw(): boolean {
    const [scene, palette, colours, size] = [this.#scene, this.#palette, this.#colours, this.#size];
    if (scene === null || palette === null || colours === null || !hasRoom(size)) return false;
    const { cells } = scene;
    const view = this.camera;
    const isMoving =
      cells.inradii.length > LIVE_CELLS &&
      this.#front?.cells === cells &&
      !sameCamera(view, this.#front.camera) &&
      performance.now() - this.#moved < REST;
    if (!isMoving && !fits(this.#back, cells, size, view, palette.background)) {
      const isCrowded = cells.inradii.length / this.#zoom.k ** 2 > RASTER_CELLS;
      const Kind = isCrowded ? RasterLayer : CellLayer;
      this.#back = new Kind(cells, size, view, palette.background);
    }
    const isComplete = !isMoving && (this.#back?.paint(colours, performance.now() + BUDGET) ?? false);
    if (isComplete) this.#front = this.#back;

    clear(this.#context, size);
    if (this.#front !== null && this.#front !== this.#back && this.#front.cells === cells) {
      this.#place(this.#front, view);
    }
    if (!isMoving && this.#back !== null) {
      this.#context.drawImage(this.#back.canvas, 0, 0, size.width, size.height);
    }
    const images = this.#portraits ?? { get: () => null };
    const texts = this.#texts;
    const hasPortraits = this.#portraits !== null || texts !== null;
    const portraits = hasPortraits ? portraitCells(scene, view, size, this.#zoom.k) : [];
    if (!isMoving) (this.#portraits ?? texts)?.need(portraits);
    paintAboveCells(this.#context, scene, palette, { size, camera: view, images, texts }, portraits);
    if (isComplete && this.#announced !== cells) {
      this.#announced = cells;
      this.#drawn();
    }
    return !isComplete;
  }

  /** Draws an older layer where its cells are now. */
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
}

/** Whether a layer shows these cells at this size and place. */
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
