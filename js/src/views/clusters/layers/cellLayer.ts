import type { Palette } from "../../../look/palette";
import type { CellMap } from "../../../model/mapCells";
import type { Box } from "../../placer";
import type { Camera } from "../camera";
import { type CellColours, unpack } from "../cellColours";
import { cellRadius, tracePolygon } from "../cellPath";
import { isSamePlace, paintTile, sameTile, type Tile, tileBox } from "../mosaic/tile";
import type { TileImage } from "../mosaic/tileImages";
import type { Tiling } from "../mosaic/tiling";
import { cellBox, type Layer, type LayerFrame, layerCamera, roomAround, sizeCanvas, touches } from "./layer";

/** Half of the gap between two cells, in CSS pixels. */
const GAP = 0.9;
/** Corners are rounded where fewer cells than this are in sight. */
const ROUND_LIMIT = 3000;
const NOTHING = 0;
/** Cells and tiles painted in one frame at most: much of their cost falls due only when the layer is drawn. */
const MOST = 600;
const MOST_TILES = 140;

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
  /** The tiles that reach into the layer. */
  readonly tiles: readonly Tile[];
  /** Where the members lie; null where one row stands for the cluster, or nothing is shown. */
  readonly tiling: Tiling | null;
}

/** What was drawn of a cell. */
interface DrawnCell {
  readonly fill: number;
  readonly edge: number;
  content: CellContent;
  /** By tile; undefined where it was not drawn. */
  images: (TileImage | null | undefined)[];
}

const NO_CONTENT: CellContent = { tiles: [], tiling: null };

/**
 * The painted cells with their tiles, kept between frames. Only what has changed is painted again, within the frame's
 * budget: the rest follows in the next frame.
 */
export class CellLayer implements Layer {
  readonly isExpired = false;
  readonly frame: LayerFrame;
  readonly canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #camera: Camera;
  readonly #content: LayerContent;
  readonly #drawn = new Map<number, DrawnCell>();
  readonly #isRound: boolean;
  /** The cells in sight, in the order to paint in. */
  readonly #visible: number[];
  #next = 0;
  #colours: CellColours | null = null;
  #version = -1;
  /** Whether images may have come since the last pass began. */
  #isDirty = false;

  /** @param source  a layer that is alike, whose picture is taken over where the boxes overlap */
  constructor(
    canvas: HTMLCanvasElement,
    frame: LayerFrame,
    visible: readonly number[],
    content: LayerContent,
    readonly isQuick = true,
    source: CellLayer | null = null,
  ) {
    sizeCanvas(canvas, frame);
    this.frame = frame;
    this.canvas = canvas;
    this.#context = canvas.getContext("2d") as CanvasRenderingContext2D;
    this.#camera = layerCamera(frame);
    this.#content = content;
    this.#visible = [...visible];
    this.#isRound = visible.length <= ROUND_LIMIT;
    const { ratio } = frame.size;
    if (source !== null) {
      const x = Math.round((source.frame.left - frame.left) * ratio);
      const y = Math.round((source.frame.top - frame.top) * ratio);
      this.#context.drawImage(source.canvas, x, y);
    }
    this.#context.scale(ratio, ratio);
    this.#context.lineJoin = "round";
    this.#context.imageSmoothingQuality = "high";
    if (source !== null) {
      this.#colours = source.#colours;
      this.#version = source.#version;
      for (const cell of visible) this.#takeOver(cell, source);
    }
  }

  get visible(): readonly number[] {
    return this.#visible;
  }

  /** What is drawn of a cell. */
  drawnOf(cell: number): CellContent {
    return this.#drawn.get(cell)?.content ?? NO_CONTENT;
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
      const before = this.#drawn.get(cell);
      if (before?.fill !== fill[cell] || before.edge !== edge[cell]) {
        if ((++cells & 15) === 0 && isLate()) return false;
        this.#cell(cell, fill[cell], edge[cell]);
      }
      const drawn = this.#refreshed(cell);
      // Members have been laid out.
      if (drawn.content !== before?.content && drawn.content.tiling !== null && isLate()) return false;
      for (let i = 0; i < drawn.images.length; i++) {
        const tile = drawn.content.tiles[i];
        const image = this.#content.imageOf(tile);
        if (drawn.images[i] === image) continue;
        if ((++tiles & 7) === 0 && isLate()) return false;
        this.#tile(tile, image, fill[cell]);
        drawn.images[i] = image;
      }
    }
    return true;
  }

  /** Clusters near the query are painted first. */
  #order({ rankOf }: CellColours): void {
    if (rankOf === null) return;
    // Those of unknown rank are far.
    const rank = (cell: number) => rankOf[cell] || Number.POSITIVE_INFINITY;
    this.#visible.sort((left, right) => (rank(left) < rank(right) ? -1 : Number(rank(left) > rank(right))));
  }

  /** Keeps what was copied of a cell: the tiles that lay in the other layer, and the part of the cell that did. */
  #takeOver(cell: number, source: CellLayer): void {
    const drawn = source.#drawn.get(cell);
    if (drawn === undefined) return;
    const isCopied = (box: Box) => roomAround(box, source.frame) >= 0;
    const images = drawn.content.tiles.map((tile, i) =>
      isCopied(tileBox(tile)) ? drawn.images[i] : undefined,
    );
    this.#drawn.set(cell, { ...drawn, images });
    if (!isCopied(cellBox(this.frame, cell))) this.#fillCell(cell, drawn.fill, drawn.edge, source.frame);
  }

  /** What a cell is to show, with what was drawn of it. */
  #refreshed(cell: number): DrawnCell {
    const drawn = this.#drawn.get(cell) as DrawnCell;
    const content = this.#content.contentOf(cell, this.frame);
    if (drawn.content === content) return drawn;
    const before = new Map(
      drawn.content.tiles.map((tile, i) => [tile.index, { tile, image: drawn.images[i] }]),
    );
    const images: DrawnCell["images"] = content.tiles.map((tile) => {
      const old = before.get(tile.index);
      before.delete(tile.index);
      if (old === undefined || sameTile(old.tile, tile)) return old?.image;
      if (!isSamePlace(old.tile, tile)) before.set(-2, old);
      return undefined;
    });
    // What lies elsewhere now has to be wiped out.
    const isLeft = [...before.values()].some(
      ({ tile, image }) => image !== undefined && touches(tileBox(tile), this.frame),
    );
    if (isLeft) this.#cell(cell, drawn.fill, drawn.edge);
    const now = this.#drawn.get(cell) as DrawnCell;
    now.content = content;
    now.images = isLeft ? new Array(content.tiles.length).fill(undefined) : images;
    return now;
  }

  #tile(tile: Tile, image: TileImage | null, fill: number): void {
    const { left, top } = this.frame;
    const here = { ...tile, x: tile.x - left, y: tile.y - top };
    paintTile(this.#context, here, image, { palette: this.#content.palette, ground: unpack(fill) });
  }

  #cell(cell: number, fill: number, edge: number): void {
    const context = this.#context;
    const { cells, background } = this.frame;
    if (this.#drawn.has(cell)) {
      context.fillStyle = background;
      context.beginPath();
      tracePolygon(context, cells, cell, this.#camera, 0, false);
      context.fill();
    }
    this.#fillCell(cell, fill, edge, null);
    this.#drawn.set(cell, { fill, edge, content: NO_CONTENT, images: [] });
  }

  /** @param except  a box that is left as it is */
  #fillCell(cell: number, fill: number, edge: number, except: Box | null): void {
    const context = this.#context;
    const { cells, left, top, right, bottom } = this.frame;
    context.save();
    if (except !== null) {
      context.beginPath();
      context.rect(0, 0, right - left, bottom - top);
      context.rect(
        except.left - left,
        except.top - top,
        except.right - except.left,
        except.bottom - except.top,
      );
      context.clip("evenodd");
    }
    context.beginPath();
    tracePolygon(context, cells, cell, this.#camera, GAP, this.#isRound);
    context.fillStyle = unpack(fill);
    context.fill();
    if (edge !== NOTHING) {
      const width = edgeWidth(cells, cell, this.#camera);
      context.beginPath();
      tracePolygon(context, cells, cell, this.#camera, GAP + width / 2, this.#isRound);
      context.strokeStyle = unpack(edge);
      context.lineWidth = width;
      context.stroke();
    }
    context.restore();
  }
}

function edgeWidth(cells: CellMap, cell: number, camera: Camera): number {
  return Math.min(2, Math.max(0.75, cellRadius(cells, cell, camera) / 6));
}
