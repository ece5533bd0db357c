import type { MapCentres, MapShapes, RequestName } from "../protocol/messages";
import { type AskShapes, type CellShapes, ShapeStore } from "./cellShapes";
import { CentreGrid, type MapBox } from "./centreGrid";
import { type CellMap, depthIn } from "./mapCells";

/** Centres come in these parts of the map's width and height. */
export const MAP_UNITS = 65_536;

/** Times its own side that a cell may reach beyond its centre: bisected cells are elongated. */
const REACH = 2;
/** Times the mean side from which on a cell is large: a look at those near a box looks at all of these. */
const LARGE = 6;

/** The map of very many clusters: centres of all cells, and shapes of those that were in sight. */
export class PartialMap implements CellMap, CellShapes {
  readonly aspect: number;
  readonly centres: Float32Array;
  readonly inradii: Float32Array;
  readonly shapes: CellShapes = this;
  readonly #grid: CentreGrid;
  readonly #store: ShapeStore;
  readonly #sizes: Int32Array;
  readonly #perVector: number;
  /** How far cells reach that are not large. */
  readonly #reach: number;
  readonly #large: readonly number[];

  /** @param sizes  vectors in each cluster, in proportion to which cells are large */
  constructor(parts: readonly MapCentres[], sizes: Int32Array, ask: AskShapes) {
    const { aspect, rows } = parts[0];
    this.aspect = aspect;
    this.centres = new Float32Array(2 * rows);
    for (const { offset, centres } of parts) {
      for (let i = 0; i < centres.length; i += 2) {
        this.centres[2 * offset + i] = ((centres[i] + 0.5) / MAP_UNITS) * aspect;
        this.centres[2 * offset + i + 1] = (centres[i + 1] + 0.5) / MAP_UNITS;
      }
    }
    this.#sizes = sizes;
    this.#perVector =
      aspect /
      Math.max(
        1,
        sizes.reduce((sum, size) => sum + size, 0),
      );
    this.inradii = new Float32Array(rows);
    const limit = LARGE * Math.sqrt(aspect / rows);
    const large: number[] = [];
    for (let cell = 0; cell < rows; cell++) {
      this.inradii[cell] = this.#half(cell);
      if (2 * this.inradii[cell] > limit) large.push(cell);
    }
    this.#large = large;
    this.#reach = REACH * limit;
    this.#grid = new CentreGrid(this.centres, aspect);
    this.#store = new ShapeStore(ask);
  }

  corners(cell: number): Float32Array {
    const shape = this.#store.get(cell);
    if (shape !== undefined) return shape;
    const half = this.#half(cell);
    if (half === 0) return new Float32Array(0);
    const x = this.centres[2 * cell];
    const y = this.centres[2 * cell + 1];
    return Float32Array.of(x - half, y - half, x + half, y - half, x + half, y + half, x - half, y + half);
  }

  has(cell: number): boolean {
    return this.#store.get(cell) !== undefined;
  }

  count(box: MapBox): number {
    return this.#grid.count(this.#around(box));
  }

  near(box: MapBox): readonly number[] {
    const found = this.#grid.near(this.#around(box)).filter((cell) => this.inradii[cell] > 0);
    if (this.#large.length === 0) return found;
    const others = new Set(found);
    for (const cell of this.#large) if (this.#touches(cell, box)) others.add(cell);
    return [...others];
  }

  touching(box: MapBox): readonly number[] | null {
    return this.#store.touching(box, this.count(box));
  }

  /** Take in the shapes that a request asked for, in parts. */
  take(parts: readonly MapShapes[]): void {
    for (const { clusters, centres, inradii } of parts) {
      clusters.forEach((cell, i) => {
        this.centres[2 * cell] = centres[2 * i];
        this.centres[2 * cell + 1] = centres[2 * i + 1];
        this.inradii[cell] = inradii[i];
      });
    }
    this.#store.take(parts);
  }

  /** Forget what a request asked for, or any for null: no answer will come. */
  lose(request: RequestName | null): void {
    this.#store.lose(request);
  }

  /** Exactly where shapes are here; else the cell whose square is nearest. */
  find(x: number, y: number): number {
    if (!(x >= 0 && x <= this.aspect && y >= 0 && y <= 1)) return -1;
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (const cell of this.near({ left: x, right: x, bottom: y, top: y })) {
      const shape = this.#store.get(cell);
      if (shape !== undefined && depthIn(shape, x, y) >= 0) return cell;
      const dx = Math.abs(x - this.centres[2 * cell]);
      const dy = Math.abs(y - this.centres[2 * cell + 1]);
      const away = Math.max(dx, dy) / this.inradii[cell];
      if (away < least) {
        least = away;
        best = cell;
      }
    }
    return best;
  }

  /** Half of the side of a square of the cell's area. */
  #half(cell: number): number {
    return Math.sqrt(this.#sizes[cell] * this.#perVector) / 2;
  }

  #touches(cell: number, { left, right, bottom, top }: MapBox): boolean {
    const reach = 2 * REACH * this.#half(cell);
    const x = this.centres[2 * cell];
    const y = this.centres[2 * cell + 1];
    return x + reach >= left && x - reach <= right && y + reach >= bottom && y - reach <= top;
  }

  #around({ left, right, bottom, top }: MapBox): MapBox {
    const reach = this.#reach;
    return { left: left - reach, right: right + reach, bottom: bottom - reach, top: top + reach };
  }
}
