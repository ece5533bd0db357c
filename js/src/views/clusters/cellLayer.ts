import type { Palette } from "../../look/palette";
import type { CellMap } from "../../model/mapCells";
import type { Camera } from "./camera";
import { type CellColours, unpack } from "./cellColours";
import { cellRadius, tracePolygon } from "./cellPath";
import { type Layer, type LayerFrame, layerCanvas } from "./layer";
import type { Tiling } from "./mosaic";
import { isSamePlace, paintTile, sameTile, type Tile } from "./tile";
import type { TileImage } from "./tileImages";

/** Half of the gap between two cells, in CSS pixels. */
const GAP = 0.9;
/** Corners are rounded where fewer cells than this are in sight. */
const ROUND_LIMIT = 3000;
const NOTHING = 0;
/** Cells painted in one frame at most: the cost of filling a path falls due only when the layer is drawn. */
const MOST = 600;
/** Tiles painted in one frame at most. */
const MOST_TILES = 260;

/** What the cells of a layer hold. */
export interface LayerContent {
  /** Grows whenever cells may hold other tiles. */
  readonly version: number;
  readonly palette: Palette;
  contentOf(cell: number, frame: LayerFrame): CellContent;
  imageOf(tile: Tile): TileImage | null;
}

/** What a cell shows. */
export interface CellContent {
  /** The tiles that reach into the layer, in the coordinates of its camera. */
  readonly tiles: readonly Tile[];
  /** Where the members lie; null where one row stands for the cluster, or nothing is shown. */
  readonly tiling: Tiling | null;
}

/** What was drawn of a cell. */
interface DrawnCell {
  readonly content: CellContent;
  /** By tile; undefined where it was not drawn. */
  readonly images: (TileImage | null | undefined)[];
}

const NOTHING_DRAWN: CellContent = { tiles: [], tiling: null };

/**
 * The painted cells with their tiles, kept between frames. Only what has changed is painted again, within the frame's
 * budget: the rest follows in the next frame.
 */
export class CellLayer implements Layer {
  readonly frame: LayerFrame;
  readonly canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #content: LayerContent;
  readonly #fill: Uint32Array;
  readonly #edge: Uint32Array;
  readonly #drawn = new Map<number, DrawnCell>();
  readonly #isRound: boolean;
  /** The cells in sight, in the order to paint in. */
  readonly #visible: number[];
  #next = 0;
  #colours: CellColours | null = null;
  #version = -1;
  /** Whether images may have come since the last pass began. */
  #isDirty = false;

  constructor(
    frame: LayerFrame,
    visible: readonly number[],
    content: LayerContent,
    readonly isQuick = true,
  ) {
    const nlist = frame.cells.inradii.length;
    this.frame = frame;
    this.canvas = layerCanvas(frame);
    this.#context = this.canvas.getContext("2d") as CanvasRenderingContext2D;
    this.#context.scale(frame.size.ratio, frame.size.ratio);
    this.#context.translate(frame.margin, frame.margin);
    this.#context.lineJoin = "round";
    this.#context.imageSmoothingQuality = "high";
    this.#content = content;
    this.#fill = new Uint32Array(nlist).fill(NOTHING);
    this.#edge = new Uint32Array(nlist);
    this.#visible = [...visible];
    this.#isRound = visible.length <= ROUND_LIMIT;
  }

  get visible(): readonly number[] {
    return this.#visible;
  }

  /** What is drawn of a cell. */
  drawnOf(cell: number): CellContent {
    return this.#drawn.get(cell)?.content ?? NOTHING_DRAWN;
  }

  /** Has the next `paint` look for images that have come. */
  invalidate(): void {
    this.#isDirty = true;
  }

  paint(colours: CellColours, deadline: number): boolean {
    const { version } = this.#content;
    if (colours !== this.#colours || version !== this.#version || this.#isDirty) {
      if (colours !== this.#colours) this.#order(colours);
      this.#colours = colours;
      this.#version = version;
      this.#isDirty = false;
      this.#next = 0;
    }
    const { fill, edge } = colours;
    let cells = 0;
    let tiles = 0;
    const isLate = () => cells > MOST || tiles > MOST_TILES || performance.now() > deadline;
    for (; this.#next < this.#visible.length; this.#next++) {
      const cell = this.#visible[this.#next];
      if (this.#fill[cell] !== fill[cell] || this.#edge[cell] !== edge[cell]) {
        if ((++cells & 15) === 0 && isLate()) return false;
        this.#cell(cell, fill[cell], edge[cell]);
      }
      const before = this.#drawn.get(cell);
      const drawn = this.#contentOf(cell);
      const { content, images } = drawn;
      // Members have been laid out.
      if (drawn !== before && content.tiling !== null && isLate()) return false;
      for (let i = 0; i < images.length; i++) {
        const tile = content.tiles[i];
        const image = this.#content.imageOf(tile);
        if (images[i] === image) continue;
        if ((++tiles & 7) === 0 && isLate()) return false;
        paintTile(this.#context, tile, image, { palette: this.#content.palette, ground: unpack(fill[cell]) });
        images[i] = image;
      }
    }
    return true;
  }

  /** Clusters near the query are painted first. */
  #order({ rankOf }: CellColours): void {
    if (rankOf !== null) this.#visible.sort((left, right) => rankOf[left] - rankOf[right]);
  }

  /** What a cell is to show, with what was drawn of it. */
  #contentOf(cell: number): DrawnCell {
    const content = this.#content.contentOf(cell, this.frame);
    const before = this.#drawn.get(cell);
    if (before?.content === content) return before;
    const { tiles } = content;
    const images: DrawnCell["images"] = new Array(tiles.length).fill(undefined);
    if (before !== undefined) {
      const isInPlace = (tile: Tile, i: number) => i < tiles.length && isSamePlace(tile, tiles[i]);
      if (before.content.tiles.every(isInPlace)) {
        before.content.tiles.forEach((tile, i) => {
          if (sameTile(tile, tiles[i])) images[i] = before.images[i];
        });
      } else {
        this.#cell(cell, this.#fill[cell], this.#edge[cell]);
      }
    }
    const drawn = { content, images };
    this.#drawn.set(cell, drawn);
    return drawn;
  }

  #cell(cell: number, fill: number, edge: number): void {
    const context = this.#context;
    const { cells, camera, background } = this.frame;
    if (this.#fill[cell] !== NOTHING) {
      context.fillStyle = background;
      context.beginPath();
      tracePolygon(context, cells, cell, camera, 0, false);
      context.fill();
    }
    this.#drawn.delete(cell);
    context.beginPath();
    tracePolygon(context, cells, cell, camera, GAP, this.#isRound);
    context.fillStyle = unpack(fill);
    context.fill();
    if (edge !== NOTHING) {
      const width = edgeWidth(cells, cell, camera);
      context.beginPath();
      tracePolygon(context, cells, cell, camera, GAP + width / 2, this.#isRound);
      context.strokeStyle = unpack(edge);
      context.lineWidth = width;
      context.stroke();
    }
    this.#fill[cell] = fill;
    this.#edge[cell] = edge;
  }
}

function edgeWidth(cells: CellMap, cell: number, camera: Camera): number {
  return Math.min(2, Math.max(0.75, cellRadius(cells, cell, camera) / 6));
}
