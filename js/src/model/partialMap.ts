import { MAP_UNITS, type MapBox } from "../protocol/mapBox";
import type { MapCentres, MapShapes, RequestName } from "../protocol/messages";
import { type AskShapes, type CellShapes, ShapeStore } from "./cellShapes";
import { CentreGrid } from "./centreGrid";
import { type CellMap, depthIn } from "./mapCells";

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
  /** The side from which on a cell is large. */
  readonly #limit: number;
  readonly #large: number[] = [];

  #received = 0;

  /** @param sizes  vectors in each cluster, in proportion to which cells are large */
  constructor({ aspect, rows }: MapCentres, sizes: Int32Array, ask: AskShapes) {
    this.aspect = aspect;
    this.centres = new Float32Array(2 * rows);
    this.inradii = new Float32Array(rows);
    this.#sizes = sizes;
    let total = 0;
    for (let cell = 0; cell < rows; cell++) total += sizes[cell];
    this.#perVector = aspect / Math.max(1, total);
    this.#limit = LARGE * Math.sqrt(aspect / rows);
    this.#grid = new CentreGrid(rows, aspect);
    this.#store = new ShapeStore(ask);
  }

  /** Take in the centres of the next cells; a part out of order is ignored. Returns whether all are here now. */
  add({ offset, centres }: MapCentres): boolean {
    if (offset !== this.#received) return false;
    const count = centres.length / 2;
    for (let i = 0; i < count; i++) {
      const cell = offset + i;
      this.centres[2 * cell] = ((centres[2 * i] + 0.5) / MAP_UNITS) * this.aspect;
      this.centres[2 * cell + 1] = (centres[2 * i + 1] + 0.5) / MAP_UNITS;
      this.inradii[cell] = this.#half(cell);
      if (2 * this.inradii[cell] > this.#limit) this.#large.push(cell);
    }
    this.#grid.add(this.centres, offset, offset + count);
    this.#received += count;
    const isWhole = this.#received === this.inradii.length;
    if (isWhole) this.#grid.finish();
    return isWhole;
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

  /** Take in the shapes that a request asked for, in parts; those of a map before are ignored. */
  take(parts: readonly MapShapes[]): void {
    if (!this.#store.take(parts)) return;
    for (const { clusters, centres, inradii } of parts) {
      clusters.forEach((cell, i) => {
        this.centres[2 * cell] = centres[2 * i];
        this.centres[2 * cell + 1] = centres[2 * i + 1];
        this.inradii[cell] = inradii[i];
      });
    }
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
    const reach = REACH * this.#limit;
    return { left: left - reach, right: right + reach, bottom: bottom - reach, top: top + reach };
  }
}
