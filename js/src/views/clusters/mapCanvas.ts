import type { Palette } from "../../look/palette";
import type { CellMap } from "../../model/mapCells";
import { clear, setSize } from "../draw";
import { Frame } from "../frame";
import type { Place } from "../points/points";
import { type Drawing, placeIn } from "../transition/drawing";
import { hasRoom, NO_SIZE, type Size, UNZOOMED, type Zoom } from "../viewport";
import { type Camera, camera, toMap } from "./camera";
import { type CellColours, cellColours } from "./cellColours";
import { cellCentre, cellRadius } from "./cellPath";
import { paintLabels } from "./labelPainter";
import { frameOf } from "./layers/layer";
import { Layers } from "./layers/layers";
import { MapContent, type RowSources } from "./mapContent";
import type { Tile } from "./mosaic/tile";
import { paintOutlines, paintTileMarks } from "./painter";
import { mapLabels } from "./rankLabels";
import { type ClusterScene, coloursMeanRanks } from "./scene";
import { type InSight, ShownCells } from "./shownCells";

/** Milliseconds of painting per frame: half of one at 60 Hz, so that the page has the rest. */
const BUDGET = 7;
/** Milliseconds without a gesture after which the map rests. */
const REST = 90;

interface Listeners {
  /** Called after the first frame that shows a map whole. */
  drawn(): void;
  /** Called after a frame that shows pictures which have come. */
  pictured(): void;
  /** Called when the map rests. */
  rested(inSight: InSight): void;
}

/** The canvas of the map. Cells may take several frames; outlines, ranks and marks are drawn in each. */
export class MapCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #frame = new Frame((now) => this.#draw(now));
  readonly #sources: RowSources;
  #size: Size = NO_SIZE;
  #zoom: Zoom = UNZOOMED;
  #scene: ClusterScene | null = null;
  #palette: Palette | null = null;
  #colours: CellColours | null = null;
  #content: MapContent | null = null;
  #layers: Layers | null = null;
  #movedAt = 0;
  /** Whether pictures have come since the last frame. */
  #isFresh = false;
  #listeners: Listeners | null;
  #announced: CellMap | null = null;

  constructor(canvas: HTMLCanvasElement, sources: RowSources, listeners: Listeners) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d") as CanvasRenderingContext2D;
    this.#sources = sources;
    this.#listeners = listeners;
  }

  get camera(): Camera {
    return camera(this.#size, this.#scene?.cells.aspect ?? 1, this.#zoom);
  }

  get zoom(): Zoom {
    return this.#zoom;
  }

  get size(): Size {
    return this.#size;
  }

  show(scene: ClusterScene, palette: Palette): void {
    const before = this.#scene;
    const isRecoloured =
      palette !== this.#palette ||
      scene.cells !== before?.cells ||
      scene.ranking !== before.ranking ||
      scene.labels !== before.labels ||
      scene.recall !== before.recall ||
      scene.scale !== before.scale ||
      scene.probe !== before.probe;
    this.#scene = scene;
    this.#palette = palette;
    if (isRecoloured) this.#colours = cellColours(scene, palette);
    if (this.#content === null) {
      this.#content = new MapContent(this.#sources, scene, palette);
      this.#layers = new Layers(this.#content);
    }
    this.#content.show(scene, palette);
    this.#frame.request();
  }

  /** More rows are known, or other ones. */
  renew(): void {
    this.#content?.renew();
    this.#frame.request();
  }

  /** Shapes of cells have come. */
  reshape(): void {
    this.#layers?.reshape();
    this.#content?.renew();
    this.#frame.request();
  }

  /** Pictures or labels have come. */
  repaint(): void {
    this.#isFresh = true;
    this.#layers?.invalidate();
    this.#frame.request();
  }

  resize(size: Size): void {
    this.#size = size;
    setSize(this.#canvas, size);
    this.#frame.request();
  }

  zoomTo(zoom: Zoom): void {
    this.#zoom = zoom;
    this.#movedAt = performance.now();
    this.#frame.request();
  }

  /** The cluster at a place in the canvas; null for none. */
  cellAt(x: number, y: number): number | null {
    const cell = this.#scene?.cells.find(...toMap(this.camera, x, y)) ?? -1;
    return cell < 0 ? null : cell;
  }

  /** The member of a cluster whose tile is at a place in the canvas; null where there is none. */
  tileAt(cell: number, x: number, y: number): Tile | null {
    const inside = (tile: Tile) =>
      Math.abs(x - tile.x) * 2 <= tile.width && Math.abs(y - tile.y) * 2 <= tile.height;
    return (
      this.#shown()
        .tilesOf(cell)
        .find((tile) => tile.index >= 0 && inside(tile)) ?? null
    );
  }

  /** Where the clusters of the search lie; it holds after the canvas has gone. */
  drawing(): Drawing | null {
    const scene = this.#scene;
    if (scene === null || scene.ranking === null || this.#size.width < 1) return null;
    const { cells, ranking } = scene;
    const view = this.camera;
    const placeOf = (rank: number, turn: number): Place => {
      const cell = ranking.order[rank - 1];
      return placeIn(...cellCentre(cells, cell, view), cellRadius(cells, cell, view), turn);
    };
    return {
      canvas: this.#canvas,
      scene: this.#size,
      points: null,
      marks: [],
      dot: null,
      query: placeOf(1, 0),
      placeOf: ({ rank }, turn) => placeOf(rank, turn),
      imageOf: () => null,
    };
  }

  close(): void {
    this.#frame.cancel();
    this.#listeners = null;
  }

  #draw(now: number): boolean {
    const [scene, palette, colours, size] = [this.#scene, this.#palette, this.#colours, this.#size];
    const layers = this.#layers;
    if (scene === null || palette === null || colours === null || layers === null || !hasRoom(size)) {
      return false;
    }
    const { cells } = scene;
    const view = this.camera;
    const frame = frameOf(cells, size, view, this.#zoom.k, palette.background);
    const isMoving = performance.now() - this.#movedAt < REST;
    clear(this.#context, size);
    const deadline = performance.now() + BUDGET;
    const isComplete = layers.draw(this.#context, frame, colours, isMoving, now, deadline);
    this.#paintAbove(scene, palette, view);
    if (isComplete && this.#announced !== cells) {
      this.#announced = cells;
      this.#listeners?.drawn();
    }
    if (this.#isFresh) this.#listeners?.pictured();
    this.#isFresh = false;
    if (isComplete && !isMoving) this.#listeners?.rested(this.#shown().inSight());
    return !isComplete || isMoving;
  }

  /** Draws what is above the layers: outlines, marks of rows, ranks. */
  #paintAbove(scene: ClusterScene, palette: Palette, view: Camera): void {
    const shown = this.#shown();
    paintOutlines(this.#context, scene, palette, { size: this.#size, camera: view });
    const isMarked = ({ mark, isQuery, id }: Tile) =>
      mark !== null || isQuery || id === scene.hoveredRow || scene.selected.has(id);
    const tiles = shown.mosaics.flatMap((cell) => shown.tilesOf(cell, isMarked));
    paintTileMarks(this.#context, tiles, scene, palette);
    const lookOf = (cell: number) => shown.lookOf(cell);
    const labels = mapLabels(scene, { size: this.#size, camera: view }, lookOf, shown.mosaics);
    paintLabels(this.#context, labels, palette, !coloursMeanRanks(scene));
  }

  #shown(): ShownCells {
    return new ShownCells(this.#layers?.front ?? null, this.#content, this.camera, this.#zoom.k, this.#size);
  }
}
