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
import type { CellLayer } from "./layers/cellLayer";
import { frameOf } from "./layers/layer";
import { Layers } from "./layers/layers";
import { MapContent, type RowSources } from "./mapContent";
import type { Tile } from "./mosaic/tile";
import { paintOutlines, paintTileMarks } from "./painter";
import { type CellLook, mapLabels } from "./rankLabels";
import type { ClusterScene } from "./scene";

/** Milliseconds of painting per frame: half of one at 60 Hz, so that the page has the rest. */
const BUDGET = 7;
/** Milliseconds without a gesture after which the map rests. */
const REST = 90;

const NO_LOOK: CellLook = { mosaic: null, top: 0, more: 0, morePlace: null, width: 0, height: 0 };

interface Listeners {
  /** Called after the first frame that shows a map whole. */
  drawn(): void;
  /** Called when the map rests after other tiles have come into sight. */
  rested(tiles: number, mosaics: number): void;
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

  /** Pictures or labels have come. */
  repaint(): void {
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
    return this.#tilesOf(cell).find((tile) => tile.index >= 0 && inside(tile)) ?? null;
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
    if (isComplete && !isMoving) this.#count();
    return !isComplete || isMoving;
  }

  /** Draws what is above the layers: outlines, marks of rows, ranks. */
  #paintAbove(scene: ClusterScene, palette: Palette, view: Camera): void {
    const front = this.#layers?.front ?? null;
    paintOutlines(this.#context, scene, palette, view);
    const mosaics = (front?.visible ?? []).filter((cell) => front?.drawnOf(cell).tiling !== null);
    const isMarked = ({ mark, isQuery, id }: Tile) =>
      mark !== null || isQuery || id === scene.hoveredRow || scene.selected.has(id);
    const tiles = mosaics.flatMap((cell) => this.#tilesOf(cell, isMarked));
    paintTileMarks(this.#context, tiles, scene, palette);
    const lookOf = (cell: number) => this.#lookOf(cell, front);
    paintLabels(
      this.#context,
      mapLabels(scene, { size: this.#size, camera: view }, lookOf, mosaics),
      palette,
      Boolean(scene.labels),
    );
  }

  /** The tiles of a cell that fulfil a condition, where they are in the canvas. */
  #tilesOf(cell: number, isWanted: (tile: Tile) => boolean = () => true): readonly Tile[] {
    const front = this.#layers?.front ?? null;
    if (front === null) return [];
    const view = this.camera;
    const [across, down] = [view.sx / front.frame.sx, view.sy / front.frame.sy];
    const { tiles } = front.drawnOf(cell);
    return tiles.filter(isWanted).map((tile) => ({
      ...tile,
      x: tile.x * across + view.tx,
      y: tile.y * down + view.ty,
      width: tile.width * across,
      height: tile.height * down,
    }));
  }

  #lookOf(cell: number, front: CellLayer | null): CellLook {
    const drawn = front?.drawnOf(cell);
    if (front === null || drawn === undefined || drawn.tiles.length === 0) return NO_LOOK;
    const { k } = this.#zoom;
    if (drawn.tiling !== null) {
      const { more, morePlace, scale } = drawn.tiling;
      return {
        ...NO_LOOK,
        mosaic: this.#content?.outlineOf(cell, { ...front.frame, k }) ?? null,
        top: (drawn.tiling.top * k) / scale,
        more,
        morePlace: morePlace && [(morePlace[0] * k) / scale, (morePlace[1] * k) / scale],
      };
    }
    const times = k / front.frame.k;
    const [{ width, height }] = drawn.tiles;
    return { ...NO_LOOK, width: width * times, height: height * times };
  }

  /** Tells how many rows are in sight, once the map rests. */
  #count(): void {
    const front = this.#layers?.front ?? null;
    const { width, height } = this.#size;
    const isInSight = ({ x, y }: Tile) => x >= 0 && y >= 0 && x <= width && y <= height;
    let rows = 0;
    let mosaics = 0;
    for (const cell of front?.visible ?? []) {
      if (front?.drawnOf(cell).tiling === null) continue;
      const shown = this.#tilesOf(cell).filter(isInSight).length;
      rows += shown;
      mosaics += Number(shown > 0);
    }
    this.#listeners?.rested(rows, mosaics);
  }
}
