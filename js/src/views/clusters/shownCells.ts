import type { Size } from "../viewport";
import type { Camera } from "./camera";
import type { CellLayer } from "./layers/cellLayer";
import type { MapContent } from "./mapContent";
import type { Tile } from "./mosaic/tile";
import type { CellLook } from "./rankLabels";

/** How many rows are in sight, of how many clusters. */
export interface InSight {
  readonly rows: number;
  readonly clusters: number;
}

const NO_LOOK: CellLook = { mosaic: null, top: 0, more: 0, morePlace: null, width: 0, height: 0 };

/** What the canvas shows of the cells that were drawn last, wherever they are now. */
export class ShownCells {
  /** The cells that are drawn as mosaics. */
  readonly mosaics: readonly number[];
  readonly #layer: CellLayer | null;
  readonly #content: MapContent | null;
  readonly #view: Camera;
  readonly #k: number;
  readonly #size: Size;

  /** @param k  how much larger than at first the map is shown */
  constructor(layer: CellLayer | null, content: MapContent | null, view: Camera, k: number, size: Size) {
    this.#layer = layer;
    this.#content = content;
    this.#view = view;
    this.#k = k;
    this.#size = size;
    this.mosaics = layer?.visible.filter((cell) => layer.drawnOf(cell).tiling !== null) ?? [];
  }

  /** The tiles of a cell that fulfil a condition, in the coordinates of the canvas. */
  tilesOf(cell: number, isWanted: (tile: Tile) => boolean = () => true): readonly Tile[] {
    if (this.#layer === null) return [];
    const { frame } = this.#layer;
    const { sx, sy, tx, ty } = this.#view;
    const [across, down] = [sx / frame.sx, sy / frame.sy];
    const { tiles } = this.#layer.drawnOf(cell);
    return tiles.filter(isWanted).map((tile) => ({
      ...tile,
      x: tile.x * across + tx,
      y: tile.y * down + ty,
      width: tile.width * across,
      height: tile.height * down,
    }));
  }

  lookOf(cell: number): CellLook {
    const layer = this.#layer;
    if (layer === null) return NO_LOOK;
    const { tiles, tiling } = layer.drawnOf(cell);
    if (tiling !== null) {
      const { top, more, morePlace } = tiling;
      const times = this.#k / tiling.scale;
      return {
        ...NO_LOOK,
        mosaic: this.#content?.outlineOf(cell, { ...layer.frame, k: this.#k }) ?? null,
        top: top * times,
        more,
        morePlace: morePlace && [morePlace[0] * times, morePlace[1] * times],
      };
    }
    if (tiles.length === 0) return NO_LOOK;
    const times = this.#k / layer.frame.k;
    return { ...NO_LOOK, width: tiles[0].width * times, height: tiles[0].height * times };
  }

  inSight(): InSight {
    const { width, height } = this.#size;
    const isInSight = ({ x, y }: Tile) => x >= 0 && y >= 0 && x <= width && y <= height;
    const counts = this.mosaics.map((cell) => this.tilesOf(cell).filter(isInSight).length);
    return {
      rows: counts.reduce((sum, count) => sum + count, 0),
      clusters: counts.filter((count) => count > 0).length,
    };
  }
}
