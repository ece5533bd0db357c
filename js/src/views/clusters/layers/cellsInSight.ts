import type { CellMap, WholeMap } from "../../../model/mapCells";
import type { MapBox } from "../../../protocol/mapBox";
import type { Box } from "../../placer";
import { CellGrid } from "./cellGrid";

/** From this many cells in sight on, each is a few pixels: pixels are coloured instead of polygons. */
const RASTER_CELLS = 12_000;
/** Cells in sight from which on their list saves nothing: all cells are looked at. */
const MOST_LISTED = 200_000;

interface Scale {
  readonly sx: number;
  readonly sy: number;
}

/** The cells in sight, and how they are drawn. */
export interface Sight {
  /** Null for all cells of the map. */
  readonly cells: readonly number[] | null;
  /** Whether pixels are coloured instead of polygons. */
  readonly isRaster: boolean;
  /** Whether shapes are still to come, and squares stand for them. */
  readonly isProvisional: boolean;
}

/** Finds the cells in sight without a look at all of them. */
export class CellsInSight {
  readonly #grid: CellGrid | null;

  constructor(readonly cells: CellMap) {
    this.#grid = cells.shapes === null ? new CellGrid(cells as WholeMap) : null;
  }

  /** What touches a box of CSS pixels from the map's corner; asks for shapes that are not here. */
  touching(box: Box, scale: Scale): Sight {
    const { shapes } = this.cells;
    if (this.#grid !== null || shapes === null) {
      const cells = this.#grid?.touching(box, scale) ?? [];
      return { cells, isRaster: cells.length > RASTER_CELLS, isProvisional: false };
    }
    const { sx, sy } = scale;
    // Rows of the screen grow downwards, as y does in the map's own units.
    const wanted: MapBox = {
      left: box.left / sx,
      right: box.right / sx,
      bottom: box.top / sy,
      top: box.bottom / sy,
    };
    const count = shapes.count(wanted);
    if (count > MOST_LISTED) return { cells: null, isRaster: true, isProvisional: false };
    const known = shapes.touching(wanted);
    if (known === null) return { cells: shapes.near(wanted), isRaster: true, isProvisional: true };
    const cells = known.filter((cell) => touches(this.cells.corners(cell), wanted));
    return { cells, isRaster: cells.length > RASTER_CELLS, isProvisional: false };
  }
}

function touches(corners: Float32Array, { left, right, bottom, top }: MapBox): boolean {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < corners.length; i += 2) {
    x0 = Math.min(x0, corners[i]);
    x1 = Math.max(x1, corners[i]);
    y0 = Math.min(y0, corners[i + 1]);
    y1 = Math.max(y1, corners[i + 1]);
  }
  return x1 >= left && x0 <= right && y1 >= bottom && y0 <= top;
}
