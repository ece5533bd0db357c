import type { CellMap } from "../../../model/mapCells";
import type { Camera } from "../camera";
import { areaOf, type Outline } from "./outline";
import { type Fit, fitOf, levelOf, type MosaicPlan, type Room, type Tiling, tile } from "./tiling";

/**
 * Diameters of circles as large as cells, in CSS pixels. Where the cells have so much on average, they are mosaics all at
 * once, so that large ones are none while others still show one picture; but for small ones, whose time comes later,
 * and very large ones, in which one picture would be lost.
 */
const MEAN_DIAMETER = 120;
const LEAST_DIAMETER = 84;
const MOST_DIAMETER = 240;
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
  readonly #meanArea: number;
  readonly #outlines = new Map<number, Outline>();
  readonly #leastScales = new Map<number, number>();
  readonly #kept = new Map<number, Kept>();

  /** @param unzoomed  how the map is drawn where it is not enlarged */
  constructor(cells: CellMap, unzoomed: Camera, room: Room) {
    this.#cells = cells;
    this.#sx = unzoomed.sx;
    this.#sy = unzoomed.sy;
    this.#room = room;
    const shown = cells.inradii.filter((radius) => radius > 0).length;
    this.#meanArea = (cells.aspect * unzoomed.sx * unzoomed.sy) / Math.max(1, shown);
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
    const area = areaOf(this.outline(cell));
    // A line of text has room in a cell of average size only.
    const least = this.#room.width > this.#room.height ? MEAN_DIAMETER : LEAST_DIAMETER;
    const scale = Math.min(
      scaleOf(MOST_DIAMETER, area),
      Math.max(scaleOf(MEAN_DIAMETER, this.#meanArea), scaleOf(least, area)),
    );
    keep(this.#leastScales, cell, scale);
    return scale;
  }
}

/** The enlargement at which a cell of this area is as large as a circle of a diameter. */
function scaleOf(diameter: number, area: number): number {
  return (diameter / 2) * Math.sqrt(Math.PI / area);
}

function keep<T>(kept: Map<number, T>, cell: number, value: T): void {
  if (kept.size >= KEPT) kept.clear();
  kept.set(cell, value);
}
