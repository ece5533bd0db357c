import type { CellMap } from "../../../model/mapCells";
import type { Camera } from "../camera";
import { areaOf, type Outline } from "./outline";
import { type Fit, fitOf, levelOf, type MosaicPlan, type Room, type Tiling, tile } from "./tiling";

/** Diameter of the circle as large as a cell from which on the cell is a mosaic, in CSS pixels. */
const LEAST_DIAMETER = 120;
/** Cells whose tilings are kept. */
const KEPT = 2000;

interface Kept {
  readonly plan: MosaicPlan;
  readonly fit: Fit;
  readonly tilings: Map<number, Tiling>;
}

/** The tilings of a map's cells, each made when it is needed and kept while the map has its size. */
export class Tilings {
  readonly #cells: CellMap;
  readonly #sx: number;
  readonly #sy: number;
  readonly #room: Room;
  readonly #outlines = new Map<number, Outline>();
  readonly #leastScales = new Map<number, number>();
  readonly #kept = new Map<number, Kept>();

  /** @param unzoomed  how the map is drawn where it is not enlarged */
  constructor(cells: CellMap, unzoomed: Camera, room: Room) {
    this.#cells = cells;
    this.#sx = unzoomed.sx;
    this.#sy = unzoomed.sy;
    this.#room = room;
  }

  isFor(cells: CellMap, { sx, sy }: Camera, room: Room): boolean {
    return this.#cells === cells && this.#sx === sx && this.#sy === sy && this.#room === room;
  }

  /** The cell's corners from its centre, where the map is not enlarged. */
  outline(cell: number): Outline {
    const known = this.#outlines.get(cell);
    if (known !== undefined) return known;
    const { centres } = this.#cells;
    const outline = this.#cells.corners(cell).slice();
    for (let i = 0; i < outline.length; i += 2) {
      outline[i] = (outline[i] - centres[2 * cell]) * this.#sx;
      outline[i + 1] = (outline[i + 1] - centres[2 * cell + 1]) * this.#sy;
    }
    keep(this.#outlines, cell, outline);
    return outline;
  }

  /** Whether a cell is large enough for a mosaic where the map is enlarged `k` times. */
  isLarge(cell: number, k: number): boolean {
    return k >= this.#leastScale(cell);
  }

  /** Where the members of a cell lie; `title` is as wide as in `MosaicPlan`. */
  tiling(cell: number, k: number, count: number, title: number): Tiling {
    const kept = this.#planned(cell, count, title);
    const key = k >= kept.fit.scale ? 0 : levelOf(k);
    const known = kept.tilings.get(key);
    if (known !== undefined) return known;
    const tiling = tile(kept.plan, k, kept.fit);
    kept.tilings.set(key, tiling);
    return tiling;
  }

  #planned(cell: number, count: number, title: number): Kept {
    const kept = this.#kept.get(cell);
    if (kept?.plan.count === count && kept.plan.title === title) return kept;
    const plan = {
      outline: this.outline(cell),
      count,
      room: this.#room,
      isFirstLarge: this.#room.width === this.#room.height,
      title,
    };
    const made = { plan, fit: fitOf(plan, this.#leastScale(cell)), tilings: new Map() };
    keep(this.#kept, cell, made);
    return made;
  }

  #leastScale(cell: number): number {
    const known = this.#leastScales.get(cell);
    if (known !== undefined) return known;
    const scale = (LEAST_DIAMETER / 2) * Math.sqrt(Math.PI / areaOf(this.outline(cell)));
    keep(this.#leastScales, cell, scale);
    return scale;
  }
}

function keep<T>(kept: Map<number, T>, cell: number, value: T): void {
  if (kept.size >= KEPT) kept.clear();
  kept.set(cell, value);
}
