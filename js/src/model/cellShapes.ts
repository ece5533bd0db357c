import type { MapBox } from "../protocol/mapBox";
import type { MapShapes, RequestName } from "../protocol/messages";

/** The shapes of a map's cells, of which those in sight come from the kernel. */
export interface CellShapes {
  /** Whether the shape of a cell is here; else it stands for a square of its area. */
  has(cell: number): boolean;
  /** Roughly how many cells touch a box. */
  count(box: MapBox): number;
  /** The cells that touch a box, roughly. */
  near(box: MapBox): readonly number[];
  /**
   * The cells that touch a box, whose shapes are all here. Null where they are not: then they are asked for, unless too
   * many touch the box.
   */
  touching(box: MapBox): readonly number[] | null;
}

/** Asks for the shapes in a box; returns the name of the request, or null where the kernel is gone. */
export type AskShapes = (box: MapBox) => RequestName | null;

/** The cells that touch a box, with their shapes by cell. */
interface Region {
  readonly box: MapBox;
  readonly cells: readonly number[];
}

/** Cells that touch a box at most, for their shapes to be asked for. */
const MOST_ASKED = 30_000;
/** Shapes kept at most. */
const MOST_KEPT = 120_000;
/** Boxes kept whose cells are known. */
const REGIONS = 6;

/** Keeps shapes that have come, by the boxes that were asked for. */
export class ShapeStore {
  readonly #shapes = new Map<number, Float32Array>();
  readonly #ask: AskShapes;
  #regions: Region[] = [];
  #asked: { readonly request: RequestName; readonly box: MapBox } | null = null;

  constructor(ask: AskShapes) {
    this.#ask = ask;
  }

  get(cell: number): Float32Array | undefined {
    return this.#shapes.get(cell);
  }

  /** The cells of a box that holds this one; null where none does: then, of few enough, they are asked for. */
  touching(box: MapBox, count: number): readonly number[] | null {
    const known = this.#regions.find((region) => holds(region.box, box));
    if (known !== undefined) return known.cells;
    // One at a time: whoever waits for shapes looks again when some have come.
    if (this.#asked === null && count <= MOST_ASKED) {
      const request = this.#ask(box);
      if (request !== null) this.#asked = { request, box };
    }
    return null;
  }

  /** Take in the answer, in parts, to what was asked for; returns whether it was. */
  take(parts: readonly MapShapes[]): boolean {
    if (this.#asked === null || parts[0].request !== this.#asked.request) return false;
    if (this.#shapes.size > MOST_KEPT) {
      this.#shapes.clear();
      this.#regions = [];
    }
    for (const { clusters, points, offsets } of parts) {
      clusters.forEach((cell, i) => {
        this.#shapes.set(cell, points.slice(2 * offsets[i], 2 * offsets[i + 1]));
      });
    }
    const cells = parts.flatMap(({ clusters }) => Array.from(clusters));
    this.#regions = [{ box: this.#asked.box, cells }, ...this.#regions].slice(0, REGIONS);
    this.#asked = null;
    return true;
  }

  /** Forget what a request asked for, or any for null: no answer will come. */
  lose(request: RequestName | null): void {
    if (request === null || request === this.#asked?.request) this.#asked = null;
  }
}

function holds(outer: MapBox, inner: MapBox): boolean {
  const isAcross = outer.left <= inner.left && outer.right >= inner.right;
  return isAcross && outer.bottom <= inner.bottom && outer.top >= inner.top;
}
